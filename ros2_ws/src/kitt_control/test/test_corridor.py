"""The free way against plain geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt_control.corridor import STEP, Shape, allowed_speed, free_way, path_speed, scan_points, stopping_distance
from kitt_control.world import Scan

SHAPE = Shape(front=0.5, rear=0.2, width=0.4, side_margin=0.1)


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, dtype=float).reshape(-1, 2)


@pytest.mark.parametrize(
    ("linear", "point", "free"),
    [
        (1.0, (2.0, 0.0), 1.5),
        (1.0, (2.0, 0.3), 1.5),
        (1.0, (2.0, -0.3), 1.5),
        (1.0, (2.0, 0.301), math.inf),
        (1.0, (-2.0, 0.0), math.inf),
        (-1.0, (-2.0, 0.0), 1.8),
        (-1.0, (2.0, 0.0), math.inf),
        (1.0, (3.5, 0.0), 3.0),
        (1.0, (3.6, 0.0), math.inf),  # beyond the horizon
        (1.0, (0.3, 0.25), math.inf),  # beside the car, within the margin: it may drive past
        (1.0, (0.6, 0.25), 0.1),
        (1.0, (0.4, 0.1), 0.0),  # touching its front half
        (-1.0, (0.4, 0.1), math.inf),
        (-1.0, (-0.1, 0.1), 0.0),
        (1.0, (-0.1, 0.1), math.inf),
        (0.0, (1.0, 0.0), math.inf),
    ],
)
def test_straight(linear, point, free):
    assert free_way(points(point), linear, 0.0, SHAPE, 3.0) == pytest.approx(free)


def test_nothing_near_is_free():
    assert free_way(points(), 1.0, 0.0, SHAPE, 3.0) == math.inf
    assert free_way(points((9.0, 9.0)), 1.0, 0.5, SHAPE, 3.0) == math.inf


@settings(max_examples=100, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(-math.pi, math.pi), st.floats(-1.0, 1.0), st.floats(-2.0, 2.0))
def test_arc_agrees_with_driving_it_in_small_steps(distance, bearing, linear, angular):
    point = points((distance * math.cos(bearing), distance * math.sin(bearing)))
    inside = -0.2 <= point[0, 0] <= 0.5 and abs(point[0, 1]) <= 0.3
    speed = path_speed(linear, angular, SHAPE)
    if inside or speed < 0.05:
        return
    got = free_way(point, linear, angular, SHAPE, 2.0)
    truth, fine = math.inf, 0.002
    x = y = yaw = 0.0
    for step in range(round(2.0 / fine)):
        dx, dy = point[0, 0] - x, point[0, 1] - y
        bx, by = math.cos(yaw) * dx + math.sin(yaw) * dy, -math.sin(yaw) * dx + math.cos(yaw) * dy
        if -0.2 <= bx <= 0.5 and abs(by) <= 0.3:
            truth = step * fine
            break
        dt = fine / speed
        middle = yaw + angular * dt / 2
        x, y, yaw = x + linear * dt * math.cos(middle), y + linear * dt * math.sin(middle), yaw + angular * dt
    # grazing contacts shorter than a step may be missed by either; solid ones may not
    if math.isfinite(truth):
        assert got <= truth + 2 * STEP or (math.isinf(got) and _grazes(point[0], linear, angular))
        assert got >= truth - 2 * STEP or math.isinf(truth)


def _grazes(point: np.ndarray, linear: float, angular: float) -> bool:
    """With a margin 2 cm smaller there would be no contact at all."""
    thin = Shape(SHAPE.front - 0.02, SHAPE.rear - 0.02, SHAPE.width - 0.04, SHAPE.side_margin)
    return math.isinf(free_way(point.reshape(1, 2), linear, angular, thin, 2.0))


@given(st.floats(0.0, 5.0), st.floats(0.1, 10.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_allowed_speed_is_the_inverse_of_the_stopping_distance(speed, deceleration, reaction, margin):
    free = stopping_distance(speed, deceleration, reaction, margin)
    assert allowed_speed(free, deceleration, reaction, margin) == pytest.approx(speed, abs=1e-6)


def test_stopping_distance_by_hand():
    assert stopping_distance(2.0, 2.0, 0.5, 0.25) == 1.0 + 1.0 + 0.25
    assert allowed_speed(0.25, 2.0, 0.5, 0.25) == 0.0
    assert allowed_speed(math.inf, 2.0, 0.5, 0.25) == math.inf


def test_scan_points_in_base_link():
    scan = Scan(1.0, 0.0, math.pi / 2, 0.1, 10.0, np.array([1.0, 2.0, np.inf, np.nan, 0.0, -np.inf]))
    got = scan_points(scan, 0.5, 0.0)
    assert got is not None
    assert got.points == pytest.approx(np.array([[1.5, 0.0], [0.5, 2.0], [0.5, 0.1]]), abs=1e-9)
    assert got.valid_share == pytest.approx(4 / 6)
    turned = scan_points(scan, 0.5, math.pi / 2)
    assert turned is not None
    assert turned.points[0] == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize(
    "change",
    [{"angle_increment": 0.0}, {"angle_min": math.nan}, {"range_min": -1.0}, {"range_max": 0.05}, {"stamp": math.inf}],
)
def test_unusable_headers(change):
    good = {"stamp": 1.0, "angle_min": 0.0, "angle_increment": 0.1, "range_min": 0.05, "range_max": 10.0}
    assert scan_points(Scan(**good, ranges=np.ones(5)), 0.0, 0.0) is not None
    assert scan_points(Scan(**(good | change), ranges=np.ones(5)), 0.0, 0.0) is None


def test_what_a_scan_covers():
    half = scan_points(Scan(1.0, -math.pi / 2, math.pi / 180, 0.05, 20.0, np.ones(181)), 0.0, 0.0)
    full = scan_points(Scan(1.0, math.pi, -2 * math.pi / 360, 0.05, 20.0, np.ones(360)), 0.0, 0.0)
    assert half is not None
    assert full is not None
    assert half.covers(0.0)
    assert half.covers(1.5)
    assert not half.covers(math.pi)
    assert full.covers(math.pi)
