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
