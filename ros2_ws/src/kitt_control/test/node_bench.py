"""Gate and controller as processes over real DDS, and the rest of the car, for the tests of the nodes."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

rclpy = pytest.importorskip("rclpy")

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
                     "/emergency_stop", "/cmd_vel_desired", "/kitt/cause", "/cmd_vel_manual", "/bumper",
                     "/battery_state"):  # fmt: skip
            row = topic(name)
            self.types[name] = message_type(row.type)
            self.publishers[name] = self.node.create_publisher(self.types[name], graph_name(name), qos_of(row))
        for name in ("/cmd_vel", "/kitt/gate", "/kitt/state", "/kitt/trace", "/say", "/lights"):
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
        self.sensed = stamp = self.node.get_clock().now().to_msg()
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


_STARTED: list[int] = []


@contextmanager
def running_car() -> Iterator[Car]:
    """Gate and controller, ready, in a domain of their own."""
    _STARTED.append(1)
    car = Car(60 + (os.getpid() * 7 + len(_STARTED)) % 40)
    car.start("safety_gate")
    car.start("controller")
    try:
        car.ready()
        yield car
    finally:
        car.close()
