"""The controller's further inputs over real DDS: the stick, lights, bumper, battery."""

from __future__ import annotations

import time

import pytest
from node_bench import STANDING, running_car

pytestmark = pytest.mark.ros
pytest.importorskip("kitt_interfaces.msg")


@pytest.fixture
def car():
    with running_car() as car:
        yield car


def push(car, seconds: float, linear: float) -> None:
    """Hold the stick, which sends at 20 Hz."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = car.types["/cmd_vel_manual"]()
        message.header.stamp = car.node.get_clock().now().to_msg()
        message.twist.linear.x = linear
        car.publishers["/cmd_vel_manual"].publish(message)
        car.run(0.05)


def test_the_stick_drives_the_deadman_stops_and_a_typed_stop_wins(car):
    push(car, 4.0, 0.6)
    assert car.velocity()[0] == pytest.approx(0.6, abs=0.05)
    state, trace = car.heard["/kitt/state"][-1], car.heard["/kitt/trace"][-1]
    assert (state.state, state.driver, trace.command_source) == ("manual", "joystick", "joystick")
    assert 0.0 <= trace.command_age < 0.5
    assert car.stops_within(1.5) < 1.5
    assert car.run(2.0, lambda: car.heard["/kitt/state"][-1].driver == "none")
    push(car, 2.0, 0.6)
    car.say("stop")
    push(car, 1.5, 0.6)
    assert car.velocity() == STANDING


def test_lights_bumper_and_battery(car):
    assert car.run(5.0, lambda: bool(car.heard["/lights"]))
    assert not car.heard["/lights"][-1].data
    car.say("lights on")
    assert car.run(5.0, lambda: car.heard["/lights"][-1].data)
    car.publishers["/battery_state"].publish(car.types["/battery_state"](percentage=0.15))
    faults = lambda: [fault.event for fault in car.heard["/kitt/state"][-1].faults]  # noqa: E731
    assert car.run(5.0, lambda: faults() == ["battery_low"])
    car.say("go")
    assert car.run(5.0, lambda: any("battery is low" in said.text for said in car.heard["/say"]))
    assert car.velocity() == STANDING
    car.publishers["/battery_state"].publish(car.types["/battery_state"](percentage=0.9))
    assert car.run(5.0, lambda: faults() == [])
    car.drive()
    car.publishers["/bumper"].publish(car.types["/bumper"](data=True))
    assert car.stops_within(1.0) < 1.0
    assert car.run(3.0, lambda: car.state() == "faulted")
