"""The bicycle model against circles and braking distances known in closed form."""

import math

import pytest

from kitt_core.geometry import Pose2D, Twist2D
from kitt_sim.vehicle import Vehicle, VehicleSpec, VehicleState, advance


def drive(vehicle, twist, seconds, dt=0.01):
    for _ in range(round(seconds / dt)):
        vehicle.command(twist)
        vehicle.step(dt)


def test_a_full_circle_ends_where_it_began():
    pose = Pose2D(3.0, -2.0, 0.7)
    for _ in range(100):
        pose = advance(pose, 2 * math.pi * 2.5 / 100, 1 / 2.5)
    assert (pose.x, pose.y) == pytest.approx((3.0, -2.0), abs=1e-9)
    assert math.cos(pose.yaw - 0.7) == pytest.approx(1.0)


@pytest.mark.parametrize(("distance", "curvature"), [(2.0, 0.5), (-1.0, 0.5), (3.0, -0.2)])
def test_an_arc_is_exact_in_one_step(distance, curvature):
    pose, turn = advance(Pose2D(), distance, curvature), distance * curvature
    assert (pose.x, pose.y, pose.yaw) == pytest.approx(
        (math.sin(turn) / curvature, (1 - math.cos(turn)) / curvature, turn)
    )


def test_almost_straight_agrees_with_straight():
    assert advance(Pose2D(), 1.0, 1e-9).x == pytest.approx(1.0)
    assert advance(Pose2D(), 1.0, 1e-9).y == pytest.approx(0.5e-9)


def test_the_rear_axle_runs_on_the_commanded_circle():
    vehicle = Vehicle(Pose2D())
    drive(vehicle, Twist2D(1.0, 0.4), 2.0)  # steering and speed have settled
    centre_x = vehicle.state.pose.x - 2.5 * math.sin(vehicle.state.pose.yaw)
    centre_y = vehicle.state.pose.y + 2.5 * math.cos(vehicle.state.pose.yaw)
    for _ in range(300):
        drive(vehicle, Twist2D(1.0, 0.4), 0.01)
        radius = math.hypot(vehicle.state.pose.x - centre_x, vehicle.state.pose.y - centre_y)
        assert radius == pytest.approx(2.5, abs=1e-9)
    assert vehicle.state.yaw_rate == pytest.approx(0.4)


def test_the_steering_lock_limits_the_curve():
    vehicle = Vehicle(Pose2D())
    drive(vehicle, Twist2D(0.5, 3.0), 3.0)
    assert vehicle.state.yaw_rate == pytest.approx(0.5 * math.tan(0.6) / 1.2)


def test_speed_and_acceleration_are_limited():
    vehicle = Vehicle(Pose2D(), VehicleSpec(max_speed=2.0, max_accel=1.0))
    drive(vehicle, Twist2D(9.0, 0.0), 1.0)
    assert vehicle.state.speed == pytest.approx(1.0)
    assert vehicle.state.pose.x == pytest.approx(0.5)  # a t^2 / 2
    drive(vehicle, Twist2D(9.0, 0.0), 3.0)
    assert vehicle.state.speed == pytest.approx(2.0)


@pytest.mark.parametrize("dt", [0.01, 0.037, 1.0])
def test_the_braking_distance_does_not_depend_on_the_step(dt):
    vehicle = Vehicle(Pose2D())
    vehicle.state = VehicleState(Pose2D(), 2.0)
    for _ in range(math.ceil(1.0 / dt)):
        vehicle.command(Twist2D(0.0, 0.0))
        vehicle.step(dt)
    assert vehicle.state.speed == 0.0
    assert vehicle.state.pose.x == pytest.approx(2.0**2 / (2 * 4.0))


def test_it_brakes_to_zero_before_it_reverses():
    vehicle = Vehicle(Pose2D())
    vehicle.state = VehicleState(Pose2D(), 1.0)
    vehicle.command(Twist2D(-1.0, 0.0))
    vehicle.step(0.2499)
    assert 0.0 < vehicle.state.speed < 1e-3
    drive(vehicle, Twist2D(-1.0, 0.0), 2.0)
    assert vehicle.state.speed == -1.0


def test_it_brakes_when_commands_stop():
    vehicle = Vehicle(Pose2D())
    drive(vehicle, Twist2D(1.0, 0.0), 2.0)
    for _ in range(23):
        vehicle.step(0.01)
    assert vehicle.state.speed == 1.0  # 0.24 s: still obeyed
    for _ in range(2 + 25):
        vehicle.step(0.01)
    assert vehicle.state.speed == 0.0
    assert vehicle.timed_out


def test_what_is_not_a_number_is_no_command():
    vehicle = Vehicle(Pose2D())
    vehicle.command(Twist2D(math.nan, 0.0))
    vehicle.command(Twist2D(1.0, math.inf))
    vehicle.step(0.1)
    assert vehicle.state.speed == 0.0


def test_a_car_does_not_turn_on_the_spot():
    vehicle = Vehicle(Pose2D())
    drive(vehicle, Twist2D(0.0, 1.0), 1.0)
    assert vehicle.state.pose == Pose2D()
