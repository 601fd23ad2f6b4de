"""The built-in simulator's IMU: what a car that stands, turns, speeds up and brakes feels; its noise."""

import math
from dataclasses import replace

import numpy as np
import pytest

from kitt_core.geometry import Twist2D
from kitt_sim.imu import GRAVITY, Averager, ImuReading, ImuSpec
from kitt_sim.simulator import Simulator

NOISELESS = ImuSpec(gyro_noise=0.0, gyro_bias=0.0, accel_noise=0.0, accel_bias=0.0)
EXACT = replace(NOISELESS, x=0.5, y=0.2)


def drive(simulator, seconds, speed=0.0, omega=0.0):
    readings = []
    for _ in range(round(seconds / 0.02)):
        simulator.command(Twist2D(speed, omega))
        simulator.step(0.02)
        readings.append(simulator.imu())
    return readings


def test_a_standing_car_feels_gravity_alone_also_before_its_first_step():
    simulator = Simulator("calibration", imu=EXACT)
    for reading in (simulator.imu(), drive(simulator, 0.1)[-1]):
        assert reading.linear_acceleration == (0.0, 0.0, GRAVITY)
        assert reading.angular_velocity == (0.0, 0.0, 0.0)
        assert reading.orientation == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("omega", [0.4, -0.4])
def test_a_turning_car_shows_its_rate_and_the_pull_towards_the_middle(omega):
    simulator = Simulator("calibration", imu=EXACT)
    reading = drive(simulator, 4.0, 1.5, omega)[-1]
    assert reading.angular_velocity == pytest.approx((0.0, 0.0, omega))
    ax, ay, _ = reading.linear_acceleration
    assert (ax, ay) == pytest.approx((-(omega**2) * EXACT.x, 1.5 * omega - omega**2 * EXACT.y))
    yaw = 2 * math.atan2(reading.orientation[2], reading.orientation[3])
    assert yaw == pytest.approx(simulator.odom().pose.yaw)
    assert math.copysign(1.0, yaw) == math.copysign(1.0, omega)


def test_speeding_up_pushes_forwards_braking_backwards():
    simulator = Simulator("calibration", imu=EXACT)
    spec = simulator.vehicle.spec
    assert drive(simulator, 0.5, 2.0)[-1].linear_acceleration[0] == pytest.approx(spec.max_accel)
    drive(simulator, 2.0, 2.0)
    assert drive(simulator, 0.2, 0.0)[-1].linear_acceleration[0] == pytest.approx(-spec.max_brake)


def test_the_readings_integrate_to_the_pose():
    simulator = Simulator("calibration", imu=replace(NOISELESS, x=0.0))
    readings = drive(simulator, 3.0, 1.5, 0.3)
    speed = sum(r.linear_acceleration[0] for r in readings) * 0.02
    turned = sum(r.angular_velocity[2] for r in readings) * 0.02
    assert speed == pytest.approx(simulator.state.speed)
    assert turned == pytest.approx(simulator.odom().pose.yaw, rel=0.02)


def test_noise_repeats_with_the_seed_and_is_what_the_covariance_says():
    def take(seed):
        return np.array([(*r.angular_velocity, *r.linear_acceleration) for r in drive(Simulator("empty", seed), 10.0)])

    first, spec = take(1), ImuSpec()
    assert np.array_equal(first, take(1))
    assert not np.array_equal(first, take(2))
    assert first.std(axis=0) == pytest.approx([spec.gyro_noise] * 3 + [spec.accel_noise] * 3, rel=0.15)
    errors = np.array([take(seed)[0] for seed in range(60)]) - [0, 0, 0, 0, 0, GRAVITY]
    variance = (errors**2).reshape(60, 2, 3).mean(axis=(0, 2))
    assert variance == pytest.approx([spec.gyro_variance, spec.accel_variance], rel=0.35)


def test_a_reset_gives_the_same_readings_again():
    simulator = Simulator("empty", seed=5)
    first = drive(simulator, 0.5, 1.0)
    simulator.reset()
    assert drive(simulator, 0.5, 1.0) == first


def test_readings_at_each_physics_step_become_means_of_a_period():
    averager, got = Averager(0.02), []
    for i in range(16):
        turn = (0.0, 0.0, i / 100, 1.0)
        got.append(averager.add(ImuReading(i * 0.004, turn, (0.0, 0.0, float(i)), (float(i), 0.0, 9.8))))
    assert [r.time for r in got if r] == pytest.approx([0.02, 0.04, 0.06])
    assert [r.linear_acceleration[0] for r in got if r] == pytest.approx([2.5, 8.0, 13.0])
    assert got[10].orientation == (0.0, 0.0, 0.1, 1.0)
