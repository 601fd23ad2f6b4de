"""An inertial measurement unit fixed to the car: gyroscope, accelerometer and the orientation, with noise.

Axes and units are REP 103's, frame and conventions REP 145's: x forward, y left, z up; at rest z shows +9.8 m/s2; the
orientation is that of imu_link in odom. Noise model: white noise and a bias that stays what it was when the unit was
switched on, as SDF's gaussian noise. The figures are those of a Bosch BMI160 (datasheet: 0.007 degrees/s/sqrt(Hz),
180 ug/sqrt(Hz)) read at 50 Hz, its offsets calibrated to 0.1 degrees/s and 5 mg.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt_core.geometry import quaternion_from_yaw
from kitt_sim.vehicle import VehicleState

GRAVITY = 9.81
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class ImuSpec:
    """Its place in base_link [m]; standard deviations of noise and bias in rad/s and m/s2."""

    x: float = 0.6
    y: float = 0.0
    z: float = 0.3
    rate_hz: float = 50.0
    gyro_noise: float = 6.1e-4
    gyro_bias: float = 1.7e-3
    accel_noise: float = 8.8e-3
    accel_bias: float = 0.05

    @property
    def gyro_variance(self) -> float:
        """Of an axis, of noise and bias together [(rad/s)^2]."""
        return self.gyro_noise**2 + self.gyro_bias**2

    @property
    def accel_variance(self) -> float:
        """Of an axis, of noise and bias together [(m/s2)^2]."""
        return self.accel_noise**2 + self.accel_bias**2


@dataclass(frozen=True)
class ImuReading:
    """As sensor_msgs/Imu: time [s], quaternion (x, y, z, w), rad/s, m/s2 with gravity."""

    time: float
    orientation: tuple[float, float, float, float]
    angular_velocity: Vector
    linear_acceleration: Vector


class Imu:
    """Measures a car on level ground. The same seed and the same calls give the same readings."""

    def __init__(self, spec: ImuSpec, seed: int) -> None:
        self.spec = spec
        self._rng = np.random.default_rng((seed, 145))
        self._bias = self._rng.standard_normal(6) * ([spec.gyro_bias] * 3 + [spec.accel_bias] * 3)
        self._noise = np.array([spec.gyro_noise] * 3 + [spec.accel_noise] * 3)

    def measure(self, time: float, yaw: float, before: VehicleState, now: VehicleState, dt: float) -> ImuReading:
        """The reading after a step of `dt` [s] from one state to the next; `yaw` [rad] is that of the orientation."""
        spec = self.spec
        rate = now.yaw_rate
        forward, turning = (now.speed - before.speed) / dt, (rate - before.yaw_rate) / dt
        # acceleration of a point of a rigid body: base_link's own, Euler's and the centripetal one
        true = (
            0.0, 0.0, rate,
            forward - turning * spec.y - rate * rate * spec.x,
            now.speed * rate + turning * spec.x - rate * rate * spec.y,
            GRAVITY,
        )  # fmt: skip
        wx, wy, wz, ax, ay, az = (true + self._bias + self._noise * self._rng.standard_normal(6)).tolist()
        return ImuReading(time, quaternion_from_yaw(yaw), (wx, wy, wz), (ax, ay, az))


class Averager:
    """Makes one reading of all those of a period [s], as the low-pass filter of a real unit does."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._since: float | None = None
        self._sum, self._count = np.zeros(6), 0

    def add(self, reading: ImuReading) -> ImuReading | None:
        """The means, with time and orientation of the newest reading, once a period is over."""
        self._sum += (*reading.angular_velocity, *reading.linear_acceleration)
        self._count += 1
        if self._since is None:
            self._since = reading.time
        if reading.time - self._since < self._period - 1e-6:
            return None
        wx, wy, wz, ax, ay, az = (self._sum / self._count).tolist()
        self._since, self._sum, self._count = reading.time, np.zeros(6), 0
        return ImuReading(reading.time, reading.orientation, (wx, wy, wz), (ax, ay, az))
