"""The scanner against geometry known in closed form."""

import math

import numpy as np
import pytest

from kitt_core.geometry import Pose2D
from kitt_sim.scan import ScanSpec, cast, scan

NONE = np.zeros((0, 5)), np.zeros((0, 3))


def test_a_wall_ahead_has_the_shape_of_a_wall():
    angles = np.radians(np.arange(-40.0, 41.0))
    ranges = cast((0.0, 0.0), angles, np.array([[6.0, 0.0, 0.0, 2.0, 100.0]]), NONE[1])
    assert ranges == pytest.approx(5.0 / np.cos(angles))


def test_a_turned_box_shows_its_corner():
    # a square turned by 45 degrees: its corner points at the scanner
    ranges = cast((0.0, 0.0), np.array([0.0]), np.array([[5.0, 0.0, math.pi / 4, 2.0, 2.0]]), NONE[1])
    assert ranges[0] == pytest.approx(5.0 - math.sqrt(2))


def test_a_circle_is_round():
    offset = np.array([0.0, 0.3, -0.3])
    angles = np.arcsin(offset / 4.0)
    ranges = cast((0.0, 0.0), angles, NONE[0], np.array([[4.0, 0.0, 0.5]]))
    assert ranges == pytest.approx(4.0 * np.cos(angles) - np.sqrt(0.25 - offset**2))


def test_the_nearest_hides_the_rest_and_what_is_behind_is_not_ahead():
    boxes = np.array([[9.0, 0.0, 0.0, 2.0, 2.0], [-3.0, 0.0, 0.0, 2.0, 2.0]])
    ranges = cast((0.0, 0.0), np.array([0.0, math.pi, math.pi / 2]), boxes, np.array([[5.0, 0.0, 1.0]]))
    assert ranges == pytest.approx([4.0, 2.0, math.inf])


def test_within_a_body_the_distance_is_zero():
    assert cast((0.0, 0.0), np.array([1.0]), np.array([[0.0, 0.0, 0.3, 2.0, 2.0]]), NONE[1])[0] == 0.0


def test_a_scan_has_the_messages_layout_and_moves_with_the_car():
    spec = ScanSpec(x=1.0, range_max=10.0)
    circles = np.array([[5.0, 8.0, 0.5], [0.0, 40.0, 1.0]])
    result = scan(spec, Pose2D(5.0, 2.0, math.pi / 2), 1.5, NONE[0], circles)
    assert result.ranges.dtype == np.float32
    assert result.ranges.shape == (360,)
    ahead = round((0.0 - result.angle_min) / result.angle_increment)
    assert result.angle_min + ahead * result.angle_increment == pytest.approx(0.0)
    assert result.angle_max == pytest.approx(result.angle_min + 359 * result.angle_increment)
    assert result.ranges[ahead] == pytest.approx(8.0 - 0.5 - (2.0 + 1.0))
    assert np.isinf(result.ranges[ahead + 90])  # the far one is out of range
