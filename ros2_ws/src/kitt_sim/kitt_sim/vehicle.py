"""A kinematic bicycle model with the limits of a small car and a base's command interface.

Method: kinematic bicycle, reference point at the rear axle (Rajamani, Vehicle Dynamics and Control, 2012, section 2.2,
with zero slip at the rear axle). Frames: base_link lies at the rear axle on the ground (REP 105).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_core.geometry import Pose2D, Twist2D, wrap_angle


@dataclass(frozen=True)
class VehicleSpec:
    """Sizes [m] and limits of the car; `front` and `rear` are the footprint's ends seen from the rear axle."""

    wheelbase: float = 1.2
    front: float = 1.5
    rear: float = -0.3
    width: float = 1.0
    height: float = 1.0
    max_steer: float = 0.6
    max_steer_rate: float = 2.0
    max_speed: float = 5.0
    max_reverse: float = 1.5
    max_accel: float = 1.5
    max_brake: float = 4.0
    command_timeout: float = 0.25


@dataclass(frozen=True)
class VehicleState:
    """Pose of the rear axle in the world, speed [m/s], steering angle [rad] and yaw rate [rad/s]."""

    pose: Pose2D
    speed: float = 0.0
    steer: float = 0.0
    yaw_rate: float = 0.0


def advance(pose: Pose2D, distance: float, curvature: float) -> Pose2D:
    """The pose after `distance` [m] along an arc of `curvature` [1/m]: exact, also for the straight line."""
    turn = distance * curvature
    # sin(x)/x and (1-cos(x))/x without loss near zero
    s, c = (math.sin(turn) / turn, (1 - math.cos(turn)) / turn) if abs(turn) > 1e-6 else (1 - turn * turn / 6, turn / 2)
    dx, dy = distance * s, distance * c
    cy, sy = math.cos(pose.yaw), math.sin(pose.yaw)
    return Pose2D(pose.x + cy * dx - sy * dy, pose.y + sy * dx + cy * dy, wrap_angle(pose.yaw + turn))


class Vehicle:
    """Takes velocity commands as a base does, and brakes when they stop coming."""

    def __init__(self, spawn: Pose2D, spec: VehicleSpec | None = None) -> None:
        self.spec = spec or VehicleSpec()
        self.spawn = spawn
        self.reset()

    def reset(self) -> None:
        """Back to the start, at rest, without a command."""
        self.state = VehicleState(self.spawn)
        self.odometer = 0.0
        self._command = Twist2D(0.0, 0.0)
        self._command_age = math.inf

    def command(self, twist: Twist2D) -> None:
        """Sets the wanted velocity; it holds for `command_timeout`. What is not a number counts as no command."""
        if math.isfinite(twist.linear) and math.isfinite(twist.angular):
            self._command = twist
            self._command_age = 0.0

    @property
    def timed_out(self) -> bool:
        """Whether the last command is too old to be obeyed."""
        return self._command_age > self.spec.command_timeout

    def stop(self) -> None:
        """Standstill at once, as after hitting something solid."""
        self.state = VehicleState(self.state.pose, 0.0, self.state.steer)

    def step(self, dt: float) -> None:
        """Moves on by `dt` [s]; exact for a steering angle that is constant within the step."""
        spec, state = self.spec, self.state
        self._command_age += dt
        target = Twist2D(0.0, 0.0) if self.timed_out else self._command
        wanted = min(max(target.linear, -spec.max_reverse), spec.max_speed)
        steer = self._steer(target, wanted, dt)
        speed, distance = self._ramp(state.speed, wanted, dt)
        curvature = math.tan(steer) / spec.wheelbase
        self.odometer += abs(distance)
        self.state = VehicleState(advance(state.pose, distance, curvature), speed, steer, speed * curvature)

    def _steer(self, target: Twist2D, wanted: float, dt: float) -> float:
        spec, steer = self.spec, self.state.steer
        if abs(wanted) < 1e-3:
            return steer  # a car-like base cannot turn on the spot: it holds its wheels
        aim = math.atan(spec.wheelbase * target.angular / wanted)
        aim = min(max(aim, -spec.max_steer), spec.max_steer)
        change = spec.max_steer_rate * dt
        return steer + min(max(aim - steer, -change), change)

    def _ramp(self, speed: float, wanted: float, dt: float) -> tuple[float, float]:
        """Speed after dt and the distance; the ramp may end within the step, and reversing brakes to zero first."""
        distance, left = 0.0, dt
        if speed * wanted < 0:
            until_zero = abs(speed) / self.spec.max_brake
            part = min(left, until_zero)
            after = speed - math.copysign(self.spec.max_brake * part, speed)
            distance += (speed + after) / 2 * part
            speed, left = (0.0 if part == until_zero else after), left - part
        rate = self.spec.max_accel if abs(wanted) > abs(speed) else self.spec.max_brake
        need = abs(wanted - speed) / rate
        part = min(left, need)
        after = wanted if part == need else speed + math.copysign(rate * part, wanted - speed)
        distance += (speed + after) / 2 * part + after * (left - part)
        return after, distance
