"""Gate and controller as processes over real DDS: start, kill, silence, garbage, NaN, emergency stop, shutdown."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.ros
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg")

STANDING = (0.0, 0.0)


class Car:
    """The rest of the car: publishes senses at 20 Hz and records what the nodes publish."""

    def __init__(self, domain: int) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.middleware import prepare_environment
        from kitt_core.ports import message_type, qos_of

        prepare_environment()
        self.domain = domain
        self.context = rclpy.Context()
        self.context.init(domain_id=domain)
        self.node = rclpy.create_node("car", context=self.context)
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.heard: dict[str, list] = {}
        self.times: list[float] = []
        self.types, self.publishers = {}, {}
        for name in ("/scan", "/tracks", "/camera/camera_info", "/odom", "/text/input", "/voice/command",
                     "/emergency_stop", "/cmd_vel_desired"):  # fmt: skip
            row = topic(name)
            self.types[name] = message_type(row.type)
            self.publishers[name] = self.node.create_publisher(self.types[name], graph_name(name), qos_of(row))
        for name in ("/cmd_vel", "/kitt/gate", "/kitt/state", "/kitt/trace", "/say"):
            self.heard[name] = []
            row = topic(name)
            self.node.create_subscription(
                message_type(row.type), graph_name(name), lambda m, n=name: self.hear(n, m), qos_of(row)
            )
        self.senses = {"/scan", "/tracks", "/camera/camera_info", "/odom"}
        self.wall = 15.0
        self.processes: dict[str, subprocess.Popen] = {}

    def hear(self, name, message) -> None:
        self.heard[name].append(message)
        if name == "/cmd_vel":
            self.times.append(time.monotonic())

    def start(self, name: str) -> None:
        code = f"from kitt_control.nodes.{name}_node import main; main()"
        environment = os.environ | {"ROS_DOMAIN_ID": str(self.domain), "PYTHONUNBUFFERED": "1"}
        self.processes[name] = subprocess.Popen([sys.executable, "-c", code], env=environment)

    def sense(self) -> None:
        stamp = self.node.get_clock().now().to_msg()
        for name in self.senses:
            message = self.types[name]()
            message.header.stamp = stamp
            if name == "/scan":
                message.angle_min, message.angle_increment = -math.pi, math.pi / 90
                message.range_min, message.range_max = 0.05, 20.0
                message.ranges = [
                    self.wall / math.cos(a) if math.cos(a) > 0.5 else math.inf
                    for a in (-math.pi + i * math.pi / 90 for i in range(180))
                ]
            elif name == "/camera/camera_info":
                message.width, message.height = 640, 480
                message.k = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]
            elif name == "/odom":
                message.pose.pose.orientation.w = 1.0
            self.publishers[name].publish(message)

    def run(self, seconds: float, until=None) -> bool:
        end, following = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            if time.monotonic() >= following:
                following = time.monotonic() + 0.05
                self.sense()
            self.executor.spin_once(timeout_sec=0.01)
            if until is not None and until():
                return True
        return until is None

    def say(self, text: str) -> None:
        message = self.types["/text/input"](text=text, language="en", source="test")
        message.header.stamp = self.node.get_clock().now().to_msg()
        self.publishers["/text/input"].publish(message)

    def speak(self, command: str, text: str, age_s: float, confidence: float = 0.9) -> None:
        """A command as the recogniser sends it, whose last word was said `age_s` [s] ago."""
        message = self.types["/voice/command"](command=command, text=text, language="en", source="speech")
        message.confidence = confidence
        ended = self.node.get_clock().now().nanoseconds - round(age_s * 1e9)
        for stamp, at in ((message.end, ended), (message.begin, ended - 500_000_000)):
            stamp.sec, stamp.nanosec = divmod(at, 1_000_000_000)
        message.header.stamp = message.end
        self.publishers["/voice/command"].publish(message)

    def velocity(self) -> tuple[float, float]:
        twist = self.heard["/cmd_vel"][-1].twist
        return twist.linear.x, twist.angular.z

    def reason(self) -> str:
        return self.heard["/kitt/gate"][-1].reason if self.heard["/kitt/gate"] else ""

    def state(self) -> str:
        return self.heard["/kitt/state"][-1].state if self.heard["/kitt/state"] else ""

    def ready(self) -> None:
        assert self.run(20.0, lambda: self.reason() == "standing" and self.state() == "stopped"), self.reason()
        assert self.run(20.0, lambda: self.publishers["/text/input"].get_subscription_count() > 0)
        self.run(0.5)

    def drive(self) -> None:
        # A controller that was just started anew may not have found our publisher yet: what is said then is not heard.
        for _ in range(8):
            self.say("go")
            if self.run(1.5, lambda: self.velocity()[0] > 0.3):
                return
        raise AssertionError((self.state(), self.reason()))

    def stops_within(self, seconds: float) -> float:
        """Seconds until /cmd_vel was zero, which must be before `seconds`."""
        start = time.monotonic()
        assert self.run(seconds, lambda: self.velocity() == STANDING), (self.velocity(), self.reason())
        return time.monotonic() - start

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes.values():
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.shutdown()


@pytest.fixture
def car(worker_domain=[0]):  # noqa: B006 - counts up over the tests
    worker_domain[0] += 1
    car = Car(60 + (os.getpid() * 7 + worker_domain[0]) % 40)
    car.start("safety_gate")
    car.start("controller")
    try:
        car.ready()
        yield car
    finally:
        car.close()


def test_drive_stop_garbage_and_emergency(car):
    from std_srvs.srv import Trigger

    assert all(m.twist.linear.x == 0.0 for m in car.heard["/cmd_vel"])
    car.drive()
    trace = car.heard["/kitt/trace"][-1]
    assert trace.command == "go"
    assert 0.0 <= trace.frame_age < 0.5
    car.say("stop")
    assert car.stops_within(0.5) < 0.5
    assert car.run(2.0, lambda: car.state() == "stopped")

    for text in ("x" * 1_000_000, "\x00", "🙂" * 1000, "go forward nan meters"):
        car.say(text)
    car.run(1.0)
    assert car.velocity() == STANDING
    assert car.state() == "stopped"
    assert car.heard["/say"]

    car.times.clear()
    car.run(2.0)
    assert 15.0 <= (len(car.times) - 1) / (car.times[-1] - car.times[0]) <= 25.0

    car.drive()
    car.publishers["/emergency_stop"].publish(car.types["/emergency_stop"](data=True))
    car.stops_within(0.5)
    assert car.run(2.0, lambda: car.state() == "emergency")
    car.publishers["/emergency_stop"].publish(car.types["/emergency_stop"](data=False))
    car.say("go")
    car.run(0.5)
    assert car.velocity() == STANDING
    client = car.node.create_client(Trigger, "safety_gate/release_emergency_stop")
    assert client.wait_for_service(5.0)
    future = client.call_async(Trigger.Request())
    assert car.run(3.0, future.done)
    assert future.result().success
    car.run(1.0)
    assert car.velocity() == STANDING
    assert car.state() == "stopped"
    car.drive()


def test_spoken_commands_move_the_car_only_while_they_are_fresh(car):
    assert car.run(10.0, lambda: car.publishers["/voice/command"].get_subscription_count() > 0)
    for age_s, confidence, words in ((3.0, 0.9, "old"), (-3.0, 0.9, "from the future"), (0.3, 0.2, "uncertain")):
        car.speak("go", "start driving", age_s, confidence)
        car.run(1.0)
        assert car.velocity() == STANDING, words
        assert car.state() == "stopped", words
    for _ in range(8):
        car.speak("go", "start driving", 0.3)
        if car.run(1.5, lambda: car.velocity()[0] > 0.3):
            break
    assert car.velocity()[0] > 0.3
    assert car.heard["/kitt/trace"][-1].command_source == "speech"
    car.speak("stop", "stop", 3.0)  # no stop is too old
    car.stops_within(0.5)


@pytest.mark.parametrize("sense", ["/scan", "/tracks"])
def test_a_silent_sense_stops_the_car(car, sense):
    car.drive()
    car.senses.discard(sense)
    car.stops_within(0.6)
    assert car.run(1.0, lambda: car.reason() == sense[1:] + "_stale")
    assert car.run(3.0, lambda: car.state() == "faulted")
    car.senses.add(sense)
    assert car.run(3.0, lambda: car.state() == "stopped")
    assert car.velocity() == STANDING


def test_a_wall_stops_the_car(car):
    car.drive()
    car.wall = 0.5
    car.stops_within(0.5)
    assert car.run(1.0, lambda: car.reason() == "obstacle")


def test_killed_controller(car):
    car.drive()
    car.processes["controller"].kill()
    assert car.stops_within(0.5) < 0.5
    assert car.run(1.0, lambda: car.reason() == "command_stale")
    car.start("controller")
    assert car.run(10.0, lambda: car.reason() == "standing")
    car.run(0.5)
    assert car.velocity() == STANDING
    car.drive()


def test_killed_gate_comes_back_standing(car):
    car.drive()
    car.processes["safety_gate"].kill()
    car.run(0.3)
    before = len(car.heard["/cmd_vel"])
    car.start("safety_gate")
    assert car.run(10.0, lambda: len(car.heard["/cmd_vel"]) > before + 20)
    assert all(m.twist.linear.x == 0.0 for m in car.heard["/cmd_vel"][before:])
    assert car.run(5.0, lambda: car.state() in ("stopped", "faulted") and car.reason() == "standing")


@pytest.mark.parametrize("name", ["safety_gate", "controller"])
def test_shutdown_says_zero_first(car, name):
    car.drive()
    process = car.processes[name]
    process.send_signal(signal.SIGINT)
    car.stops_within(0.5)
    assert process.wait(5.0) == 0


def test_a_rogue_wish_is_refused():
    car = Car(60 + (os.getpid() * 7 + 39) % 40)
    car.start("safety_gate")
    try:
        assert car.run(20.0, lambda: car.reason() == "no_command")
        reasons = set()
        for linear, sideways in ((math.nan, 0.0), (1e6, 0.0), (0.5, 0.5), (math.inf, 0.0), (0.0, 0.0)):
            for _ in range(6):
                wish = car.types["/cmd_vel_desired"]()
                wish.header.stamp = car.node.get_clock().now().to_msg()
                wish.twist.linear.x, wish.twist.linear.y = linear, sideways
                car.publishers["/cmd_vel_desired"].publish(wish)
                car.run(0.05)
            reasons.add(car.reason())
            assert car.velocity() == STANDING
        assert reasons == {"command_invalid", "command_out_of_range", "standing"}
    finally:
        car.close()
