"""The car's geometry and links, from which its URDF and its SDF for Gazebo are written.

Frames as in REP 105 and REP 103: base_footprint and base_link on the ground below the middle of the rear axle,
camera_link and camera_optical_frame, laser, imu_link.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kitt_sim.camera import CameraModel
from kitt_sim.imu import ImuSpec
from kitt_sim.scan import ScanSpec
from kitt_sim.vehicle import VehicleSpec


@dataclass(frozen=True)
class Ackermann:
    """Wheels [m]: both tracks are `track` wide; the front ones are steered."""

    wheelbase: float
    track: float
    radius: float
    width: float
    max_steer: float

    def front_angles(self, steer: float) -> tuple[float, float]:
        """Angles [rad] of the left and right front wheel for the bicycle model's `steer`.

        All four wheels then roll about one point (Ackermann steering geometry; Rajamani 2012, section 2.4).
        """
        if abs(steer) < 1e-6:
            return steer, steer
        radius = self.wheelbase / math.tan(steer)  # of the rear axle's middle, left is positive
        # atan keeps the sign; the wheels never stand across, since the radius is greater than half the track
        return math.atan(self.wheelbase / (radius - self.track / 2)), math.atan(
            self.wheelbase / (radius + self.track / 2)
        )

    def rear_speeds(self, speed: float, steer: float) -> tuple[float, float]:
        """Angular velocities [rad/s] of the left and right rear wheel at `speed` [m/s] of the rear axle's middle."""
        curvature = math.tan(steer) / self.wheelbase
        return (
            speed * (1 - curvature * self.track / 2) / self.radius,
            speed * (1 + curvature * self.track / 2) / self.radius,
        )


@dataclass(frozen=True)
class Part:
    """A box of the body: its middle and size in base_link [m], its mass [kg] and colour (RGB 0..1)."""

    name: str
    middle: tuple[float, float, float]
    size: tuple[float, float, float]
    mass: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Car:
    """The whole car: limits, sensors, wheels and body."""

    vehicle: VehicleSpec = field(default_factory=VehicleSpec)
    camera: CameraModel = field(default_factory=CameraModel)
    scanner: ScanSpec = field(default_factory=ScanSpec)
    imu: ImuSpec = field(default_factory=ImuSpec)
    wheel_radius: float = 0.2
    wheel_width: float = 0.12
    wheel_mass: float = 4.0

    @property
    def wheels(self) -> Ackermann:
        """The wheels within the footprint."""
        spec = self.vehicle
        return Ackermann(
            spec.wheelbase, spec.width - self.wheel_width, self.wheel_radius, self.wheel_width, spec.max_steer
        )

    @property
    def body(self) -> Part:
        """The solid body: the footprint, lower than the laser so that the laser sees over it."""
        spec, low, high = self.vehicle, 0.12, self.scanner.z - 0.06
        size = (spec.front - spec.rear, spec.width, high - low)
        return Part("body", ((spec.front + spec.rear) / 2, 0.0, (low + high) / 2), size, 60.0, (0.06, 0.06, 0.07))

    @property
    def mast(self) -> Part:
        """What carries the camera; nothing touches it."""
        height = self.camera.z - self.body.size[2] - 0.12
        return Part("mast", (self.camera.x - 0.12, 0.0, self.camera.z - height / 2), (0.06, 0.06, height), 1.0,
                    (0.5, 0.5, 0.52))  # fmt: skip


def box_inertia(mass: float, size: tuple[float, float, float]) -> tuple[float, float, float]:
    """Moments of inertia [kg m2] about the middle of a solid box."""
    x, y, z = size
    return mass / 12 * (y * y + z * z), mass / 12 * (x * x + z * z), mass / 12 * (x * x + y * y)


def wheel_inertia(mass: float, radius: float, width: float) -> tuple[float, float, float]:
    """Moments of inertia [kg m2] of a solid wheel that turns about y."""
    across = mass * (3 * radius * radius + width * width) / 12
    return across, mass * radius * radius / 2, across
