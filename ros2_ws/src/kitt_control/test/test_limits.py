"""The gate's limits at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gate_bench import CAMERA, QUIET, person

from kitt_control.limits import Barrier, clamp, grow, living_points, ramp, scaled
from kitt_control.world import Track
from kitt_core.geometry import Twist2D

P = QUIET  # 1.5 m/s ahead, 0.5 back, 1.5 rad/s


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((1.5, 1.5), (1.5, 1.5)),
        ((3.0, 1.0), (1.5, 0.5)),
        ((-1.0, 1.0), (-0.5, 0.5)),
        ((0.0, 3.0), (0.0, 1.5)),
        ((0.0, -3.0), (0.0, -1.5)),
        ((1.0, 3.0), (0.5, 1.5)),
        ((3.0, 12.0), (0.375, 1.5)),
        ((-0.5, 0.0), (-0.5, 0.0)),
        ((0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_clamp_keeps_the_arc(asked, given):
    out = clamp(Twist2D(*asked), P)
    assert (out.linear, out.angular) == pytest.approx(given)


def test_scaled_keeps_the_arc():
    assert scaled(Twist2D(2.0, -1.0), 0.5) == Twist2D(1.0, -0.5)
    twist = Twist2D(2.0, -1.0)
    assert scaled(twist, 1.0) is twist


@pytest.mark.parametrize(
    ("last", "target", "most", "out"),
    [(1.0, 2.0, 0.3, 1.3), (1.0, 1.2, 0.3, 1.2), (1.0, 0.2, 0.3, 0.2), (-1.0, -2.0, 0.3, -1.3), (1.0, -2.0, 0.3, -0.3),
     (-1.0, 2.0, 0.3, 0.3), (0.0, 2.0, 0.3, 0.3), (1.0, 0.0, 0.3, 0.0), (0.5, 2.0, 0.0, 0.5)],
)  # fmt: skip
def test_growth_is_limited_and_braking_is_not(last, target, most, out):
    assert grow(last, target, most) == pytest.approx(out)


def test_a_zero_is_a_plain_zero():
    assert math.copysign(1.0, grow(1.0, -0.0, 0.3)) == 1.0


def test_ramp_grows_with_limited_acceleration_and_jerk():
    import dataclasses

    p = dataclasses.replace(P, max_acceleration=1.0, max_jerk=5.0, max_angular_acceleration=4.0)
    twist, acceleration = ramp(Twist2D(0.0, 0.0), Twist2D(1.0, 0.5), 0.0, 0.1, p)
    assert twist.linear == pytest.approx(0.05)  # jerk: 0.5 m/s^2 after 0.1 s
    assert acceleration == pytest.approx(0.5)
    assert twist.angular == pytest.approx(0.025)  # the wished arc
    twist, acceleration = ramp(twist, Twist2D(1.0, 0.5), acceleration, 0.1, p)
    assert (twist.linear, acceleration) == (pytest.approx(0.15), pytest.approx(1.0))
    twist, acceleration = ramp(twist, Twist2D(1.0, 0.5), acceleration, 0.1, p)
    assert (twist.linear, acceleration) == (pytest.approx(0.25), pytest.approx(1.0))  # no more than that
    twist, acceleration = ramp(Twist2D(0.5, 0.0), Twist2D(0.2, 0.0), 1.0, 0.1, p)
    assert (twist.linear, acceleration) == (0.2, 0.0)
    twist, acceleration = ramp(Twist2D(-0.5, 0.0), Twist2D(0.5, 0.0), 1.0, 0.1, p)
    assert (twist.linear, acceleration) == (pytest.approx(0.1), pytest.approx(1.0))
    twist, acceleration = ramp(Twist2D(0.3, 0.0), Twist2D(0.5, 0.0), 1.0, 0.0, p)
    assert (twist.linear, acceleration) == (0.3, 0.0)


def test_ramp_turns_in_place_by_its_own_limit_and_on_an_arc_no_tighter_than_wished():
    import dataclasses

    p = dataclasses.replace(P, max_angular_acceleration=4.0)
    assert ramp(Twist2D(0.0, 0.0), Twist2D(0.0, 1.0), 0.0, 0.1, p)[0] == Twist2D(0.0, pytest.approx(0.4))
    assert ramp(Twist2D(0.0, 0.0), Twist2D(0.0, -1.0), 0.0, 0.1, p)[0] == Twist2D(0.0, pytest.approx(-0.4))
    fast = ramp(Twist2D(1.0, 0.0), Twist2D(1.0, -1.0), 0.0, 0.1, p)[0]
    assert (fast.linear, fast.angular) == (1.0, pytest.approx(-0.4))


def test_points_of_somebody_lie_along_their_near_side_with_a_margin():
    points = living_points(person(3.4, 1.0), CAMERA, P)
    assert points.shape[1] == 2
    assert points[:, 0] == pytest.approx(3.4)
    assert points[:, 1].min() == pytest.approx(0.75 - P.person_margin)
    assert points[:, 1].max() == pytest.approx(1.25 + P.person_margin)
    assert np.diff(points[:, 1]).max() <= 0.1 + 1e-9
    assert len(points) == 12


def test_who_is_too_near_for_the_camera_is_at_the_bumper():
    cut = Track("1", "person", 0.9, 320.0, 280.0, 150.0, 400.0)
    assert living_points(cut, CAMERA, P)[:, 0].max() <= P.front
    inside = Track("1", "person", 0.9, 320.0, 278.0 - 0.5, 150.0, 400.0)  # lower edge at 477.5: still in the picture
    assert living_points(inside, CAMERA, P)[:, 0] == pytest.approx(P.camera_x + 0.5 * 500.0 / 237.5)


def test_who_has_no_place_is_at_the_bumper_and_who_is_not_alive_or_doubtful_or_unseen_is_nowhere():
    flat = Track("1", "bird", 0.9, 320.0, 100.0, 10.0, 1e-320)  # a box so thin that its distance is infinite
    assert living_points(flat, CAMERA, P).tolist() == [[P.front, 0.0]]
    for track, camera in (
        (Track("1", "car", 0.9, 320.0, 280.0, 50.0, 100.0), CAMERA),
        (Track("1", "person", P.track_min_score - 0.01, 320.0, 280.0, 50.0, 100.0), CAMERA),
        (Track("1", "person", 0.9, 320.0, 280.0, 50.0, 100.0), None),
    ):
        assert living_points(track, camera, P).shape == (0, 2)
    assert len(living_points(Track("1", "person", P.track_min_score, 320.0, 280.0, 50.0, 100.0), CAMERA, P)) >= 2


def test_a_wide_thing_has_at_most_a_hundred_points():
    herd = Track("1", "sheep", 0.9, 320.0, 250.0, 640.0, 20.0)
    assert len(living_points(herd, CAMERA, P)) == 100


class TestBarrier:
    """p.creep_speed 0.05, stop_margin 0.35, obstacle_hysteresis 0.15, clear_time 0.3, overspeed_tolerance 0.3."""

    def barrier(self) -> Barrier:
        import dataclasses

        return Barrier(dataclasses.replace(P, clear_time=0.3))

    def test_rises_below_creep_speed_and_not_at_it(self):
        assert not self.barrier().bars(1.0, P.creep_speed, Twist2D(1.0, 0.0), 0.0, 0.0)
        assert self.barrier().bars(1.0, P.creep_speed - 0.001, Twist2D(1.0, 0.0), 0.0, 0.0)

    def test_rises_when_the_car_is_much_too_fast(self):
        assert not self.barrier().bars(1.0, 0.5, Twist2D(1.0, 0.0), 0.8, 0.0)
        assert self.barrier().bars(1.0, 0.5, Twist2D(1.0, 0.0), 0.81, 0.0)
        assert self.barrier().bars(1.0, 0.5, Twist2D(-1.0, 0.0), -0.81, 0.0)
        assert not self.barrier().bars(1.0, 0.5, Twist2D(-1.0, 0.0), 0.81, 0.0)
        assert not self.barrier().bars(1.0, 0.5, Twist2D(0.0, 1.0), 9.9, 0.0)

    def test_falls_after_the_way_was_clear_for_long_enough(self):
        barrier, ahead = self.barrier(), Twist2D(1.0, 0.0)
        assert barrier.bars(0.3, 0.0, ahead, 0.0, 0.0)
        assert barrier.bars(0.49, 1.0, ahead, 0.0, 0.1)  # less than margin and hysteresis
        assert barrier.bars(0.5, 1.0, ahead, 0.0, 1.0)
        assert barrier.bars(0.5, 1.0, ahead, 0.0, 1.25)
        assert barrier.bars(0.49, 1.0, ahead, 0.0, 1.26)  # not clear: the time begins anew
        assert barrier.bars(0.5, 1.0, ahead, 0.0, 2.0)
        assert barrier.bars(0.5, 1.0, ahead, 0.0, 2.25)
        assert not barrier.bars(0.5, 1.0, ahead, 0.0, 2.3125)
        assert not barrier.bars(0.5, 1.0, ahead, 0.0, 2.35)
        assert barrier.bars(0.5, 0.0, ahead, 0.0, 2.4)
        assert barrier.bars(0.5, 1.0, ahead, 0.0, 2.5)

    def test_time_that_is_just_enough_is_enough(self):
        import dataclasses

        barrier, ahead = Barrier(dataclasses.replace(P, clear_time=0.25)), Twist2D(1.0, 0.0)
        assert barrier.bars(0.3, 0.0, ahead, 0.0, 0.0)
        assert barrier.bars(1.0, 1.0, ahead, 0.0, 1.0)
        assert not barrier.bars(1.0, 1.0, ahead, 0.0, 1.25)

    def test_another_direction_is_judged_anew(self):
        barrier = self.barrier()
        assert barrier.bars(0.3, 0.0, Twist2D(1.0, 0.0), 0.0, 0.0)
        assert not barrier.bars(5.0, 1.0, Twist2D(-1.0, 0.0), 0.0, 0.1)
        assert not barrier.bars(5.0, 1.0, Twist2D(1.0, 0.0), 0.0, 0.2)
        for twist in (Twist2D(-1.0, 0.0), Twist2D(0.0, 1.0), Twist2D(0.0, -1.0)):
            assert barrier.bars(0.3, 0.0, twist, 0.0, 0.3)
        assert barrier.bars(5.0, 1.0, Twist2D(0.0, 1.0), 0.0, 0.4)  # turning either way is one direction


def test_who_is_too_near_for_the_camera_is_where_the_laser_feels_them():
    cut = Track("1", "person", 0.9, 320.0, 280.0, 150.0, 400.0)
    legs = np.array([[1.2, 0.05], [1.25, -0.05], [1.3, 1.5]])  # the last one stands beside the box
    assert living_points(cut, CAMERA, P, legs)[:, 0] == pytest.approx(1.2)
    assert living_points(cut, CAMERA, P, legs[2:])[:, 0].max() <= P.front
    assert living_points(cut, CAMERA, P, np.zeros((0, 2)))[:, 0].max() <= P.front
    close = np.array([[0.7, 0.0]])  # much nearer than the box says, which tells little without its feet
    assert living_points(cut, CAMERA, P, close)[:, 0] == pytest.approx(0.7)
    behind = np.array([[9.0, 0.0]])  # a wall farther away than the box can be
    assert living_points(cut, CAMERA, P, behind)[:, 0].max() <= P.front
    whole = Track("1", "person", 0.9, 320.0, 270.0, 150.0, 380.0)  # feet in the picture: sight tells
    assert living_points(whole, CAMERA, P, legs) == pytest.approx(living_points(whole, CAMERA, P))
