"""The projection, and that the renderer's pixels lie where it says."""

import math
from dataclasses import replace

import numpy as np
import pytest

from kitt_core.geometry import Pose2D
from kitt_sim.bodies import EDGES, Body
from kitt_sim.camera import CameraModel
from kitt_sim.simulator import Simulator
from kitt_sim.world import StopSign
from kitt_sim.worlds import empty


def test_a_point_straight_ahead_is_the_principal_point():
    camera = CameraModel()
    ahead = np.array([[11.3, 0.0, 1.1]])
    assert camera.project(Pose2D(), ahead)[0] == pytest.approx((319.5, 239.5))
    assert camera.k[0, 0] == pytest.approx(320 / math.tan(math.radians(35)))


def test_left_is_left_and_up_is_up():
    camera = CameraModel()
    u, v = camera.project(Pose2D(2.0, 3.0, 0.5), np.array([[2.0 + 9 * math.cos(0.6), 3.0 + 9 * math.sin(0.6), 2.0]]))[0]
    assert u < 319.5
    assert v < 239.5


def test_the_edge_of_the_view_is_the_edge_of_the_picture():
    camera = CameraModel()
    side = 10.0 * math.tan(camera.hfov / 2)
    assert camera.project(Pose2D(), np.array([[11.3, -side, 1.1]]))[0, 0] == pytest.approx(639.5)


def test_a_box_across_the_near_plane_is_cut_there():
    camera = CameraModel()
    beside = Body("b", "car", Pose2D(1.3, -1.5), (4.0, 1.0, 1.5))
    x0, _, x1, y1 = camera.box(Pose2D(), beside.corners(), EDGES)
    assert (x1, y1) == (640.0, 480.0)
    assert 319.5 < x0 < 640.0
    behind = Body("b", "car", Pose2D(-9.0, 0.0), (4.0, 1.0, 1.5))
    assert camera.box(Pose2D(), behind.corners(), EDGES) is None


@pytest.mark.parametrize(("x", "y", "height"), [(6.0, 0.9, 1.6), (9.0, -3.0, 2.6), (14.0, 4.0, 0.9)])
def test_pixels_lie_where_the_intrinsics_say(x, y, height):
    """A plate with and without: the pixels that change must be those of its projection."""
    world = empty(0)
    bare = Simulator(replace(world, spawn=Pose2D(0.0, 0.0)))
    sign = StopSign("s", Pose2D(x, y, math.pi), height)
    with_sign = Simulator(replace(world, spawn=Pose2D(0.0, 0.0), signs=(sign,)))
    red = with_sign.render().astype(int)
    changed = (np.abs(red - bare.render().astype(int)).max(axis=2) > 25) & (red[:, :, 2] - red[:, :, 1] > 60)
    rows, columns = np.nonzero(changed)
    centre = np.array([[x - 0.045, y, height]])
    u, v = bare.camera.project(Pose2D(), centre)[0]
    half = 0.94 * sign.width / 2 * bare.camera.fx / (x - 0.045 - bare.camera.x)  # the red part, within the border
    assert (columns.min() + columns.max()) / 2 == pytest.approx(u, abs=0.75)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(v, abs=0.75)
    assert columns.max() - columns.min() == pytest.approx(2 * half, abs=2.0)
