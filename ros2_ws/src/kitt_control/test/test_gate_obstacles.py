"""What is in the way: the gate's rules of obstacles and people, at their boundaries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gate_bench import SMALL, Bench, person

from kitt_control.parameters import GateParameters
from kitt_control.reasons import Reason
from kitt_control.world import Scan, Track


def test_stops_before_a_wall_from_which_it_can_stop():
    """A car that follows the gate's speed exactly ends stop_margin from the wall, and never closer."""
    bench = Bench(GateParameters(**SMALL, recovery_time=0.0))
    bench.step(0.0)
    gap, speeds = 4.0, []
    for _ in range(400):
        bench.wall = gap + 0.1  # the laser stands 0.1 m behind the bumper
        output = bench.step(1.5)
        speeds.append(output.twist.linear)
        gap -= output.twist.linear * 0.05
    assert max(speeds) > 1.2
    assert 0.35 - 1e-6 <= gap <= 0.35 + 0.15
    assert output.reason is Reason.OBSTACLE
    assert output.details["free"] == pytest.approx(gap, abs=0.01)
    assert -np.diff(speeds).min() / 0.05 <= 1.5 + 0.3  # the allowed speed alone brakes about as the model says


def test_hysteresis_before_it_goes_on():
    bench = Bench(clear_time=0.3)
    bench.ready()
    bench.wall = 0.1 + 0.35
    assert bench.step(1.0).reason is Reason.OBSTACLE
    bench.wall = 0.1 + 0.35 + 0.14
    assert bench.run(1.0).reason is Reason.OBSTACLE
    bench.wall = 0.1 + 0.35 + 0.16
    reasons = [bench.step(1.0).reason for _ in range(8)]
    assert reasons[:6] == [Reason.OBSTACLE] * 6
    assert reasons[7] is Reason.SLOWED


def test_obstacle_ahead_does_not_bar_the_way_back():
    bench = Bench()
    bench.wall = 0.2
    assert bench.ready(1.0).reason is Reason.OBSTACLE
    assert bench.run(-0.4, steps=3).twist.linear == -0.4
    bench.step(0.0)
    assert bench.step(1.0).reason is Reason.OBSTACLE


def test_measured_speed_too_high_for_the_way_stops_at_once():
    bench = Bench()
    bench.speed = 1.5
    bench.ready(1.5)
    bench.wall = 0.1 + 1.0
    output = bench.step(1.5)
    assert output.reason is Reason.OBSTACLE
    assert output.twist.linear == 0.0


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        (np.full(720, np.nan), Reason.SCAN_INVALID),
        (np.zeros(720), Reason.SCAN_INVALID),
        (np.full(720, np.inf), Reason.OK),
        (np.full(720, -np.inf), Reason.OBSTACLE),
        (np.full(720, 0.3), Reason.OBSTACLE),
        (np.full(720, 19.0), Reason.OK),
        (np.array([1.0]), Reason.SCAN_INVALID),
    ],
)
def test_readings_as_rep_117_has_them(ranges, reason):
    bench = Bench()
    bench.ready()
    bench.feed.discard("scan")
    bench.steady += 0.05
    bench.ros += 0.05
    bench.gate.on_scan(Scan(bench.ros, -np.pi, 2 * np.pi / 720, 0.05, 20.0, ranges), bench.steady, bench.ros)
    bench.inputs(1.0)
    assert bench.gate.step(bench.steady, bench.ros).reason is reason


def test_no_way_back_where_the_laser_cannot_see():
    for blind_speed, reason in ((0.0, Reason.BLIND), (0.2, Reason.LIMITED)):
        bench = Bench(blind_speed=blind_speed)
        bench.ready()
        bench.feed.discard("scan")
        half = Scan(bench.ros, -np.pi / 2, np.pi / 180, 0.05, 20.0, np.full(181, np.inf))
        bench.gate.on_scan(half, bench.steady, bench.ros)
        assert bench.run(1.0, steps=2).reason is Reason.OK
        output = bench.run(-0.4, steps=2)
        assert output.reason is reason
        assert output.twist.linear == pytest.approx(-blind_speed)


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        (1.0, 0.0, Reason.PERSON),
        (1.0, 0.7, Reason.PERSON),  # 0.2 car + 0.1 side + 0.3 person + 0.25 half a person's width = 0.85
        (1.0, 0.9, Reason.OK),
        (1.0, -0.9, Reason.OK),
        (2.0, 0.0, Reason.SLOWED),
        (9.0, 0.0, Reason.OK),
    ],
)
def test_a_person_in_the_way_by_sight_alone(x, y, reason):
    bench = Bench(max_acceleration=20.0)
    bench.tracks = (person(x, y),)
    assert bench.ready(1.5, steps=3).reason is reason


def test_who_is_near_but_weakly_seen_or_no_living_thing_does_not_stop_the_car():
    near = person(1.0, 0.0)
    for track in (
        Track("1", "person", 0.34, near.x, near.y, near.w, near.h),
        Track("1", "car", 0.9, near.x, near.y, near.w, near.h),
    ):
        bench = Bench()
        bench.tracks = (track,)
        assert bench.ready().reason is Reason.OK


def test_feet_below_the_image_are_at_the_bumper():
    bench = Bench()
    bench.tracks = (Track("1", "person", 0.9, 320.0, 240.0, 200.0, 480.0),)
    output = bench.ready()
    assert output.reason is Reason.PERSON
    assert output.details["free"] == pytest.approx(0.0, abs=1e-9)


def test_feet_below_the_image_are_where_the_laser_feels_them():
    bench = Bench()
    bench.tracks = (Track("1", "person", 0.9, 320.0, 240.0, 200.0, 480.0),)
    bench.wall = 0.9  # from the laser
    output = bench.ready()
    assert output.reason is Reason.SLOWED
    assert output.details["free"] == pytest.approx(0.8, abs=0.01)


def test_boxes_that_are_no_boxes_are_no_sight():
    bench = Bench()
    bench.ready()
    for box in ((math.nan, 1.0, 5.0, 5.0), (1.0, 1.0, 0.0, 5.0), (1.0, 1.0, 5.0, -5.0)):
        bench.tracks = (Track("1", "person", 0.9, *box),)
        assert bench.step(1.0).reason is Reason.TRACKS_INVALID


def test_turning_in_place_beside_a_post_is_refused_and_towards_free_space_is_not():
    bench = Bench()
    bench.ready(0.0, 1.0)
    bench.feed.discard("scan")
    ranges = np.full(720, np.inf)
    ranges[530:538] = 0.36  # left of the laser, beside the nose, where the corner sweeps
    for turn, reason in ((1.0, Reason.OBSTACLE), (-1.0, Reason.OK)):
        bench.steady += 0.05
        bench.ros += 0.05
        bench.gate.on_scan(Scan(bench.ros, -np.pi, 2 * np.pi / 720, 0.05, 20.0, ranges), bench.steady, bench.ros)
        bench.inputs(0.0, turn)
        bench.gate._barrier._direction = None
        assert bench.gate.step(bench.steady, bench.ros).reason is reason
