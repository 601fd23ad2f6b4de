"""What the gate and the controller know of the world: plain data, SI units, REP 103 axes (x forward, y left)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: image size and intrinsics in pixels; the mounting lies in the parameters."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def valid(self) -> bool:
        """True when every number can be used for ranging."""
        numbers = (self.fx, self.fy, self.cx, self.cy)
        return self.width > 0 and self.height > 0 and bool(np.isfinite(numbers).all()) and self.fx > 0 and self.fy > 0


@dataclass(frozen=True)
class Track:
    """One tracked object: class name, score in [0, 1], box centre (x, y) and size (w, h) in pixels."""

    id: str
    label: str
    score: float
    x: float
    y: float
    w: float
    h: float
    color: str = ""  # of a traffic light: red, amber or green where the picture told

    def valid(self) -> bool:
        """True when the box is finite and not empty."""
        return bool(np.isfinite((self.score, self.x, self.y, self.w, self.h)).all()) and self.w > 0 and self.h > 0


@dataclass(frozen=True)
class TrackFrame:
    """All tracks of one image; `stamp` is the image's ROS time [s]."""

    stamp: float
    tracks: tuple[Track, ...] = ()


@dataclass(frozen=True)
class Scan:
    """A laser scan in its own frame (x forward); `ranges` shape (N,) [m], `stamp` ROS time [s]."""

    stamp: float
    angle_min: float
    angle_increment: float
    range_min: float
    range_max: float
    ranges: FloatArray = field(repr=False)


@dataclass(frozen=True)
class Odom:
    """Planar odometry: pose in the odom frame [m, rad], speeds [m/s, rad/s], ROS time [s]."""

    stamp: float
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    linear: float = 0.0
    angular: float = 0.0

    def valid(self) -> bool:
        """True when all numbers are finite."""
        return bool(np.isfinite((self.stamp, self.x, self.y, self.yaw, self.linear, self.angular)).all())
