import math

import pytest

from kitt_core.geometry import Pose2D, Twist2D, quaternion_from_yaw, wrap_angle, yaw_from_quaternion


@pytest.mark.parametrize("yaw", [-3.0, -1.0, 0.0, 0.5, 3.1])
def test_yaw_survives_the_quaternion(yaw):
    assert yaw_from_quaternion(*quaternion_from_yaw(yaw)) == pytest.approx(yaw)


def test_local_and_parent_are_inverse():
    pose = Pose2D(2.0, -1.0, 0.7)
    assert pose.to_parent(*pose.to_local(5.0, 3.0)) == pytest.approx((5.0, 3.0))
    assert Pose2D(0, 0, math.pi / 2).to_local(0.0, 1.0) == pytest.approx((1.0, 0.0))


def test_angles_wrap_to_a_half_open_circle():
    assert wrap_angle(math.pi) == pytest.approx(-math.pi)
    assert wrap_angle(-3.5 * math.pi) == pytest.approx(0.5 * math.pi)


def test_twist_knows_nan():
    assert not Twist2D(math.nan, 0.0).is_finite
    assert Twist2D().is_zero and not Twist2D(0.0, 0.1).is_zero
