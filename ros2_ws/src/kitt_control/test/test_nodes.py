"""Gate and controller as processes over real DDS: start, kill, silence, garbage, NaN, emergency stop, shutdown."""

from __future__ import annotations

import math
import os
import signal

import pytest
from node_bench import STANDING, Car, running_car

pytestmark = pytest.mark.ros
pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg")


@pytest.fixture
def car():
    with running_car() as car:
        yield car


def test_drive_stop_garbage_and_emergency(car):
    from std_srvs.srv import Trigger

    assert all(m.twist.linear.x == 0.0 for m in car.heard["/cmd_vel"])
    car.drive()
    trace = car.heard["/kitt/trace"][-1]
    assert (trace.behaviour, trace.command, trace.command_source) == ("driving", "go", "text")
    assert 0.0 <= trace.frame_age < 0.5
    assert 0.0 <= trace.scan_age < 0.5
    assert trace.command_age > 0.0
    assert trace.twist in [m.twist for m in car.heard["/cmd_vel"] if m.header.stamp == trace.header.stamp]
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
        for linear, sideways in ((0.5, 0.0), (math.nan, 0.0), (1e6, 0.0), (0.5, 0.5), (math.inf, 0.0), (0.0, 0.0)):
            for _ in range(6):
                wish = car.types["/cmd_vel_desired"]()
                wish.header.stamp = car.node.get_clock().now().to_msg()
                wish.twist.linear.x, wish.twist.linear.y = linear, sideways
                car.publishers["/cmd_vel_desired"].publish(wish)
                car.run(0.05)
            reasons.add(car.reason())
            assert car.velocity() == STANDING
        assert reasons == {"cause_missing", "command_invalid", "command_out_of_range", "standing"}
    finally:
        car.close()


def test_no_motion_without_its_cause():
    """The bench wishes in the controller's place: with a sound cause, with none, and with broken ones."""
    car = Car(60 + (os.getpid() * 7 + 38) % 40)
    car.start("safety_gate")

    def wish(linear: float, **changes: object) -> None:
        car.run(0.05)  # what was sensed is on its way before the wish that rests on it
        message = car.types["/cmd_vel_desired"]()
        message.header.stamp = car.node.get_clock().now().to_msg()
        message.twist.linear.x = linear
        if changes.pop("told", True):
            cause = car.types["/kitt/cause"](behaviour="driving", command="go", command_source="text")
            cause.header.stamp, cause.twist = message.header.stamp, message.twist
            cause.command_begin = cause.command_end = car.sensed
            cause.frame_stamp = cause.scan_stamp = car.sensed
            for name, value in changes.items():
                setattr(cause, name, value)
            car.publishers["/kitt/cause"].publish(cause)
        car.publishers["/cmd_vel_desired"].publish(message)

    def wishing(linear: float, times: int = 15, **changes: object) -> tuple[float, str]:
        for _ in range(times):
            wish(linear, **changes)
        car.run(0.06)
        return car.velocity()[0], car.reason()

    try:
        assert car.run(20.0, lambda: car.reason() == "no_command")
        assert wishing(0.0, told=False) == (0.0, "standing")
        assert wishing(0.5, told=False) == (0.0, "cause_missing")
        assert wishing(0.5)[0] > 0.3
        trace = car.heard["/kitt/trace"][-1]
        assert (trace.behaviour, trace.command, trace.command_source) == ("driving", "go", "text")
        assert 0.0 <= trace.wish_age <= trace.frame_age < 0.4
        long_ago = car.types["/cmd_vel_desired"]().header.stamp
        long_ago.sec = car.sensed.sec - 600
        ahead = car.types["/cmd_vel_desired"]().header.stamp
        ahead.sec = car.sensed.sec + 600
        for changes, reason in (
            ({"told": False}, "cause_missing"), ({"command": ""}, "cause_broken"),
            ({"behaviour": "following"}, "cause_broken"), ({"track_id": "nobody"}, "cause_missing"),
            ({"frame_stamp": long_ago}, "cause_stale"), ({"scan_stamp": long_ago}, "cause_stale"),
            ({"command_end": ahead}, "cause_future"), ({"behaviour": "x" * 1_000_000}, ""),
        ):  # fmt: skip
            speed, said = wishing(0.5, **changes)
            assert (speed > 0.3, said if reason else "") == (not reason, reason), changes
            assert wishing(0.5)[0] > 0.3, changes  # and it recovers
    finally:
        car.close()
