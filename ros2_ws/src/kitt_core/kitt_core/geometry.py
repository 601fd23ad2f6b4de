"""Small geometric values that packages pass to each other (REP 103: metres, radians, x forward, y left, z up)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Twist2D:
    """A planar velocity: ``linear`` in m/s along x, ``angular`` in rad/s about z, counter-clockwise positive."""

    linear: float = 0.0
    angular: float = 0.0

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.linear) and math.isfinite(self.angular)

    @property
    def is_zero(self) -> bool:
        return self.linear == 0.0 and self.angular == 0.0


@dataclass(frozen=True, slots=True)
class Pose2D:
    """A planar pose in m and rad."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0

    def to_local(self, x: float, y: float) -> tuple[float, float]:
        """Express the point (x, y) of the parent frame in this pose's own frame."""
        dx, dy = x - self.x, y - self.y
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return c * dx + s * dy, -s * dx + c * dy

    def to_parent(self, x: float, y: float) -> tuple[float, float]:
        """Express the point (x, y) of this pose's own frame in the parent frame."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.x + c * x - s * y, self.y + s * x + c * y


def wrap_angle(angle: float) -> float:
    """Wrap an angle in rad to [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


def quaternion_from_yaw(yaw: float) -> tuple[float, float, float, float]:
    """The quaternion (x, y, z, w) of a turn about z by ``yaw`` rad."""
    return 0.0, 0.0, math.sin(yaw / 2.0), math.cos(yaw / 2.0)


def yaw_from_quaternion(x: float, y: float, z: float, w: float) -> float:
    """The turn about z in rad of a quaternion."""
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
