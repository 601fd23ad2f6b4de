"""Parking by camera and laser, past the gate, in a world with noise; and what the laser alone tells."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from road import Road, room_to
from street import Street, Thing

from kitt_control.alongside import Feeler, direction, near_side, pose_at, rear_end, room
from kitt_control.state_machine import State
from kitt_control.world import Odom
from kitt_core.geometry import Pose2D

SEEDS = range(3)


def noisy(seed: int, **changes: object) -> Road:
    """Boxes that are wrong by a pixel, a laser that is wrong by 2 cm, deaf in a fifth of its rays, sees rain."""
    road = Road(**changes)
    road.rng, road.chance = random.Random(seed), np.random.default_rng(seed)
    road.laser_noise, road.laser_deaf, road.laser_stray = 0.02, 0.2, 0.003
    return road


def begin(road: Road, *things: Thing, order: str = "park") -> None:
    """Begin to park among things."""
    road.things = list(things)
    road.go(1.0)
    assert road.say(order) == ""


def park(road: Road, *things: Thing, order: str = "park", seconds: float = 60.0) -> float:
    """Park among things; the least room [m] to any of them on the way."""
    begin(road, *things, order=order)
    least = math.inf
    while seconds > 0.0 and road.c.state in (State.PARKING, State.FOR_PERSON):
        road.go(0.5)
        seconds -= 0.5
        least = min([least, *(room_to(road, thing) for thing in road.things)])
    road.go(1.0)
    return least


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("seed", "size"), [(0, "small car"), (1, "car"), (2, "jeep")])
def test_parks_along_a_vehicle_of_any_size_that_stands_aslant_to_it(seed, side, size):
    chance = random.Random(seed)
    # As narrow or wide as it is, the box alone would have it elsewhere.
    vehicle = Thing("car", chance.uniform(8.0, 13.0), side * chance.uniform(1.9, 3.0), "c",
                    size=size, yaw=chance.uniform(-0.12, 0.12))  # fmt: skip
    road = noisy(seed)
    assert park(road, vehicle) > 0.45
    assert road.states == [State.STOPPED, State.PARKING, State.STOPPED]
    assert "Parked." in road.said
    assert room_to(road, vehicle) == pytest.approx(road.c.p.park_side_gap, abs=0.12)
    assert road.yaw == pytest.approx(vehicle.yaw, abs=0.06)
    assert "obstacle" not in road.gate_codes


@pytest.mark.parametrize("seed", SEEDS)
def test_parks_behind_a_vehicle_at_the_set_gap(seed):
    chance = random.Random(seed)
    vehicle = Thing("car", chance.uniform(8.0, 14.0), chance.uniform(-0.6, 0.6), "c", height=chance.uniform(1.3, 1.7))
    road = noisy(seed)
    park(road, vehicle)
    assert road.states == [State.STOPPED, State.PARKING, State.STOPPED]
    assert room_to(road, vehicle) == pytest.approx(road.c.p.park_gap, abs=0.12)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_row_of_vehicles_and_a_walker_between_do_not_lead_astray(side):
    road = noisy(1)
    row = [Thing("car", x, side * y, i) for x, y, i in ((9.0, 2.2, "a"), (14.2, 2.4, "b"), (19.5, 2.0, "c"))]
    walker = Thing("person", 13.7, side * 6.0, "p")  # comes through between them and crosses the road
    road.things = [*row, walker]
    road.go(1.0)
    assert road.say("park") == ""
    for step in range(800):
        walker.y -= side * 0.06 if step < 200 else 0.0
        road.go(0.05)
        if road.c.state is State.STOPPED:
            break
    assert State.STOPPED in road.states[1:]
    assert road.c.reason == "parked"
    assert room_to(road, row[0]) == pytest.approx(road.c.p.park_side_gap, abs=0.15)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("between", "gap"), [(1.9, 0.45), (2.6, 0.6)])
def test_between_a_vehicle_and_a_wall_it_takes_the_middle_where_there_is_little_room(side, between, gap):
    road = noisy(2)
    vehicle = Thing("car", 10.0, side * 1.9, "c")
    wall = side * (1.9 - 0.9 - between)
    road.walls = [(9.0, wall, 16.0, wall)]
    assert park(road, vehicle) > 0.3
    assert road.c.reason == "parked"
    assert room_to(road, vehicle) == pytest.approx(gap, abs=0.1)


def test_what_is_put_in_its_way_makes_it_back_up_and_go_round():
    road = noisy(3)
    vehicle = Thing("car", 10.0, 2.4, "c")
    begin(road, vehicle)
    while road.x < 6.5:
        road.go(0.05)
    road.posts = [(road.x + 2.8, road.y + 0.45)]  # within reach, so that it cannot steer round it any more
    farthest = road.x
    backs = 0.0
    for _ in range(1600):
        road.go(0.05)
        if road.c.state is State.STOPPED:
            break
        farthest = max(farthest, road.x)
        backs = max(backs, farthest - road.x if road.c.state is State.PARKING else 0.0)
    assert backs > 1.0
    assert road.c.reason == "parked"
    assert road.least_gap > 0.1


def test_where_the_way_stays_barred_it_says_that_it_stands_as_near_as_it_can():
    road = noisy(4)
    vehicle = Thing("car", 10.0, 2.4, "c")
    road.posts = [(12.4, y) for y in np.arange(-3.0, 1.3, 0.3)]
    assert park(road, vehicle, order="gare-toi") > 0.2
    assert road.states == [State.STOPPED, State.PARKING, State.STOPPED]
    assert road.c.reason == "as near as it can"
    assert "Quelque chose me gêne. Je suis garé aussi près que possible." in road.said
    assert road.v == 0.0


def test_what_bars_the_way_for_a_moment_is_waited_for():
    road = noisy(7)
    vehicle = Thing("car", 8.0, 0.0, "c")
    begin(road, vehicle)
    road.go(4.0)
    road.posts = [(road.x + 2.3, 0.0)]
    road.go(4.0)
    assert (road.c.state, road.v) == (State.PARKING, pytest.approx(0.0, abs=1e-6))
    road.posts = []
    road.go(20.0)
    assert road.c.reason == "parked"
    assert room_to(road, vehicle) == pytest.approx(road.c.p.park_gap, abs=0.12)


def test_what_the_laser_does_not_see_behind_is_not_backed_into():
    street = Street()
    street.things = [Thing("car", 9.0, 2.4, "c")]
    street.run(0.2)
    street.say("park")
    assert street.run(12.0).desired.linear > 0.0
    street.gate = "obstacle"
    assert street.run(2.0).desired.linear < 0.0
    street.gate = "blind"
    assert street.run(0.1).desired.linear > 0.0
    street.gate = "obstacle"
    for _ in range(40):
        assert street.run(0.1).desired.linear >= 0.0
    street.gate = "ok"
    street.run(20.0)
    assert street.c.reason == "parked"


def test_far_from_its_place_a_barred_way_is_no_parking():
    road = noisy(5, blocked_time=4.0)
    road.posts = [(6.0, y) for y in np.arange(-3.0, 3.1, 0.3)]
    park(road, Thing("car", 14.0, 2.4, "c"))
    assert road.c.state is State.STOPPED
    assert road.c.reason == "blocked too long"


def test_a_gap_smaller_than_the_gate_allows_ends_as_near_as_it_can():
    road = noisy(6, park_gap=0.3)
    vehicle = Thing("car", 10.0, 0.0, "c")
    park(road, vehicle)
    assert road.c.reason in ("parked", "as near as it can")
    assert 0.3 <= room_to(road, vehicle) <= 0.8


def test_the_place_of_the_car_at_a_scan_is_reckoned_back_along_its_arc():
    odom = Odom(10.0, 4.0, 1.0, 0.3, 0.8, 0.4)
    assert pose_at(odom, 10.0) == Pose2D(4.0, 1.0, 0.3)
    back = pose_at(odom, 9.8)
    assert (back.x, back.y, back.yaw) == pytest.approx(
        (4.0 - 0.16 * math.cos(0.26), 1.0 - 0.16 * math.sin(0.26), 0.22), abs=1e-6
    )
    assert pose_at(odom, 0.0) == pose_at(odom, 9.5)  # a stamp from another time is none


def test_a_rear_end_is_where_several_hits_lie():
    rear = [(8.0 + 0.01 * i, y) for i, y in enumerate(np.linspace(1.0, 2.8, 8))]
    stray, behind = [(6.0, 1.5)], [(14.0, 1.2), (14.0, 1.3), (14.0, 1.4)]
    found = rear_end(np.array(stray + rear + behind), 4.2)
    assert found == pytest.approx((8.0, 1.0, 2.8), abs=1e-9)
    assert rear_end(np.array(rear[:2]), 4.2) is None
    assert rear_end(np.zeros((0, 2)), 4.2) is None
    assert rear_end(np.array([(6.0, 1.0), (7.0, 1.0), (8.0, 1.0)]), 4.2) is None


def test_the_near_side_is_felt_by_most_scans():
    side = np.column_stack((np.linspace(8.0, 12.0, 12), np.full(12, 1.5)))
    beyond = np.array([(10.0, 3.9), (5.0, 1.2), (14.0, 1.2), (10.0, 0.5)])  # of the row behind, outside the window
    scans = [np.concatenate((side, beyond))] * 4
    assert near_side(scans, 8.0, 1.7, (4.2, 1.8)) == pytest.approx(1.5)
    rain = np.concatenate((side, [(9.0, 1.25)]))
    assert near_side([*scans, rain, rain], 8.0, 1.7, (4.2, 1.8)) == pytest.approx(1.5)
    nothing = np.zeros((0, 2))
    assert near_side([*scans[:3], nothing, nothing], 8.0, 1.7, (4.2, 1.8)) == pytest.approx(1.5)
    assert near_side([*scans[:2], nothing], 8.0, 1.7, (4.2, 1.8)) is None
    assert near_side([], 8.0, 1.7, (4.2, 1.8)) is None


@pytest.mark.parametrize("angle", [-0.2, 0.0, 0.1])
def test_the_direction_of_the_near_side(angle):
    x = np.linspace(8.0, 12.0, 30)
    side = np.column_stack((x, 1.5 + math.tan(angle) * (x - 10.0)))
    rear = np.column_stack((np.full(6, 8.0), np.linspace(1.5, 3.3, 6)))
    mirror = np.array([(10.0, 1.1), (10.1, 1.1), (10.2, 1.1)])
    assert direction([side, rear, mirror], 8.0, 1.5, 4.2) == pytest.approx(angle, abs=0.02)
    assert direction([rear], 8.0, 1.5, 4.2) is None
    assert direction([side[8:14]], 8.0, 1.5, 4.2) is None  # too short
    assert direction([side[[8, 15, 22]]], 8.0, 1.5, 4.2) is None  # too few


def test_the_room_across_is_what_most_scans_show():
    wall = np.column_stack((np.linspace(8.0, 12.0, 9), np.full(9, -1.0)))
    nothing = np.array([(10.0, 1.5), (6.0, -0.5), (14.0, -0.5)])
    assert room([wall, wall, wall], 8.0, 12.0, 1.5, 1.0) == pytest.approx(2.5)
    assert room([wall, nothing, nothing], 8.0, 12.0, 1.5, 1.0) == math.inf
    assert room([], 8.0, 12.0, 1.5, 1.0) == math.inf


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_scans_are_remembered_in_the_odometry_frame_and_each_only_once(side):
    feeler = Feeler()
    points = np.array([(3.0, side * 1.0)])
    odom = Odom(10.0, 2.0, 1.0, math.pi / 2)
    assert feeler.take(points, 10.0, odom)
    assert not feeler.take(points, 10.0, odom)
    assert not feeler.take(None, 10.1, odom)
    assert not feeler.take(points, None, odom)
    line = Pose2D(2.0, 1.0, math.pi / 2)
    assert [hits.tolist()[0] for hits in feeler.along(line, side)] == [pytest.approx((3.0, 1.0))]
    assert [hits.tolist()[0] for hits in feeler.along(Pose2D(), side)] == [
        pytest.approx((2.0 - side * 1.0, side * 4.0))
    ]
    for i in range(30):
        assert feeler.take(points, 11.0 + i, odom)
    assert len(feeler.along(line, side)) == 10
