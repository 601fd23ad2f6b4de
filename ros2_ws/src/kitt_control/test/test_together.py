"""Controller and gate in one loop with a car that has inertia, a laser and a camera: all of driving, without ROS."""

from __future__ import annotations

import math

import numpy as np
import pytest
from road import Road
from street import Thing

from kitt_control.state_machine import State
from kitt_core.geometry import Twist2D


@pytest.fixture
def road() -> Road:
    road = Road()
    road.go(1.0)
    assert road.say("go") == ""
    return road


def test_a_free_street_is_driven_without_a_refusal(road):
    road.posts = [(x, y) for x in np.arange(5.0, 40.0, 0.5) for y in (1.2, -1.2)]  # parked cars, 0.5 m of room
    road.go(20.0)
    assert road.states == [State.STOPPED, State.DRIVING]
    assert road.x > 25.0
    assert "obstacle" not in road.gate_codes
    assert road.least_gap > 0.4


def test_stop_sign(road):
    road.things = [Thing("stop sign", 20.0, -2.5)]
    road.posts = [(20.1, -2.5)]
    road.go(30.0)
    assert road.states == [State.STOPPED, State.DRIVING, State.AT_SIGN, State.DRIVING]
    assert road.x > 25.0


def test_the_place_of_the_stop(road):
    road.things = [Thing("stop sign", 20.0, -2.5)]
    while road.c.state is not State.AT_SIGN:
        road.go(0.05)
    road.go(1.0)
    assert road.v == 0.0
    assert 2.0 <= 20.0 - road.x - 1.5 <= 4.0


@pytest.mark.parametrize("distance", [2.2, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("speed", [1.5, 2.5])
def test_a_pedestrian_who_steps_out_is_not_hit(road, distance, side, speed):
    road.c.speed = speed
    road.go(6.0)
    walker = Thing("person", road.x + 1.5 + distance, side * 2.5, "5")
    road.things = [walker]
    for _ in range(300):
        beside = -0.8 < walker.x - road.x < 2.0 and abs(walker.y - road.y) < 1.0
        if not beside:  # nobody walks into the side of a car
            walker.y -= side * 1.2 * 0.05
        road.go(0.05)
    assert road.least_gap > 0.1
    assert abs(walker.y) > 5.0
    assert road.c.state is State.DRIVING  # and on it goes
    assert road.v > 1.0


def test_a_person_who_stays_is_waited_for(road):
    road.go(4.0)
    road.things = [Thing("person", road.x + 6.0, 0.2, "5")]
    road.go(10.0)
    assert road.c.state is State.FOR_PERSON
    assert road.v == 0.0
    assert road.least_gap > 0.3


def test_an_obstacle_that_only_the_laser_sees(road):
    road.go(4.0)
    road.posts = [(road.x + 7.0, 0.0)]
    road.go(10.0)
    assert road.v == pytest.approx(0.0, abs=1e-6)
    assert 0.3 <= road.least_gap <= 0.9
    assert "obstacle" in road.gate_codes
    road.posts = []
    road.go(3.0)
    assert road.v > 0.5


def test_turning_left_round_a_corner(road):
    road.go(2.0)
    assert road.say("turn left") == ""
    road.go(12.0)
    assert road.yaw == pytest.approx(math.pi / 2, abs=0.1)
    assert road.c.state is State.DRIVING


def test_following_a_walker():
    road = Road()
    road.things = [Thing("person", 6.0, 0.5, "5")]
    road.go(1.0)
    assert road.say("follow me") == ""
    gaps = []
    for step in range(600):
        road.things[0].x += 0.9 * 0.05
        road.things[0].y += 0.2 * math.sin(step / 60) * 0.05
        road.go(0.05)
        gaps.append(road.things[0].x - road.x - 1.5)
    assert road.c.state is State.FOLLOWING
    assert min(gaps[200:]) > 1.0
    assert max(gaps[200:]) < 3.5


def test_emergency_stop_while_driving(road):
    road.go(4.0)
    road.g.emergency_stop()
    road.go(2.0)
    assert road.v == 0.0
    assert road.c.state is State.EMERGENCY
    road.g.release()
    road.go(3.0)
    assert (road.v, road.c.state) == (0.0, State.STOPPED)
    assert road.say("go") == ""
    road.go(3.0)
    assert road.v > 1.0


@pytest.mark.parametrize(("aside", "order"), [(0.0, "park"), (2.6, "aparca"), (-2.6, "gare-toi")])
def test_parking_behind_and_beside_a_car_that_the_laser_sees_too(aside, order):
    road = Road()
    car = Thing("car", 12.0, aside, "c")
    road.things = [car]
    rear = [(car.x, aside + y) for y in np.arange(-0.7, 0.71, 0.2)]
    sides = [(x, aside + y) for x in np.arange(car.x, car.x + 4.2, 0.3) for y in (-0.7, 0.7)]
    road.posts = rear + sides  # posts of 0.2 m radius just within its outline
    road.go(1.0)
    assert road.say(order) == ""
    road.go(40.0)
    assert road.states == [State.STOPPED, State.PARKING, State.STOPPED]
    assert road.least_gap > 0.25
    if aside == 0.0:
        assert 0.7 <= car.x - road.x - 1.5 <= 1.4
    else:
        assert road.x + 0.6 == pytest.approx(car.x + 2.1, abs=0.7)


def test_looking_around_drives_a_circle_past_the_gate_and_comes_back():
    road = Road()
    road.things = [Thing("person", -6.0, 4.0, "p")]
    road.go(1.0)
    assert road.say("look around") == ""
    road.go(40.0)
    assert road.states == [State.STOPPED, State.LOOKING, State.STOPPED]
    assert math.hypot(road.x, road.y) < 1.5


def test_steering_by_hand_past_the_gate():
    from kitt_control.arbitration import Stick
    from kitt_control.decision import World as Known

    class Stuck(Road):
        """The stick is held forward after a second."""

        def world(self) -> Known:
            import dataclasses

            held = 1.0 if self.now > 101.0 else 0.0  # the gate wants a stick at rest first
            return dataclasses.replace(super().world(), stick=Stick(Twist2D(held, 0.0), self.ros, self.now))

    road = Stuck()
    road.posts = [(10.0, 0.0)]
    road.go(20.0)
    assert road.c.state is State.MANUAL
    assert road.v == pytest.approx(0.0, abs=1e-6)
    assert 0.3 <= road.least_gap <= 0.9  # the gate stops the hand, too
