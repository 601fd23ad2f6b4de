"""A 2-D laser scanner: rays against rectangles and circles, exact, in numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D


@dataclass(frozen=True)
class ScanSpec:
    """The scanner and its place in base_link [m]."""

    rays: int = 360
    range_min: float = 0.1
    range_max: float = 20.0
    rate_hz: float = 10.0
    x: float = 1.4
    y: float = 0.0
    z: float = 0.5


@dataclass(frozen=True)
class Scan:
    """As sensor_msgs/LaserScan: angles [rad] counter-clockwise from straight ahead, ranges [m], inf: no return."""

    time: float
    angle_min: float
    angle_max: float
    angle_increment: float
    range_min: float
    range_max: float
    ranges: NDArray[np.float32]


def cast(
    origin: tuple[float, float],
    angles: NDArray[np.float64],
    rectangles: NDArray[np.float64],
    circles: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Distance [m] along each ray to the nearest body, inf where there is none, 0 inside one.

    Args:
        origin: where the rays start.
        angles: (N,) world headings.
        rectangles: (R, 5) centre x, y, yaw, length, width (slab method in each rectangle's own frame).
        circles: (C, 3) centre x, y, radius.
    """
    best = np.full(len(angles), math.inf)
    if len(rectangles):
        yaw = rectangles[:, 2]
        dx, dy = origin[0] - rectangles[:, 0], origin[1] - rectangles[:, 1]
        c, s = np.cos(yaw), np.sin(yaw)
        start = np.stack([c * dx + s * dy, -s * dx + c * dy])[:, None, :]
        relative = angles[:, None] - yaw[None, :]
        direction = np.stack([np.cos(relative), np.sin(relative)])
        half = rectangles[:, 3:5].T[:, None, :] / 2
        direction = np.where(np.abs(direction) < 1e-12, 1e-12, direction)
        t1, t2 = (-half - start) / direction, (half - start) / direction
        enter, leave = np.minimum(t1, t2).max(axis=0), np.maximum(t1, t2).min(axis=0)
        hit = (leave >= enter) & (leave >= 0)
        best = np.minimum(best, np.where(hit, np.maximum(enter, 0.0), math.inf).min(axis=1))
    if len(circles):
        d = circles[:, :2] - np.array(origin)
        along = np.cos(angles)[:, None] * d[:, 0] + np.sin(angles)[:, None] * d[:, 1]
        inside = circles[:, 2] ** 2 - ((d**2).sum(axis=1) - along**2)
        depth = np.sqrt(np.maximum(inside, 0.0))
        hit = (inside >= 0) & (along + depth >= 0)
        best = np.minimum(best, np.where(hit, np.maximum(along - depth, 0.0), math.inf).min(axis=1))
    return best


def scan(
    spec: ScanSpec, car: Pose2D, time: float, rectangles: NDArray[np.float64], circles: NDArray[np.float64]
) -> Scan:
    """A whole turn taken at one moment from a car at `car`; what is out of range reads inf."""
    step = 2 * math.pi / spec.rays
    angles = -math.pi + step * np.arange(spec.rays, dtype=np.float64)
    c, s = math.cos(car.yaw), math.sin(car.yaw)
    origin = (car.x + c * spec.x - s * spec.y, car.y + s * spec.x + c * spec.y)
    ranges = cast(origin, angles + car.yaw, rectangles, circles)
    ranges[(ranges > spec.range_max) | (ranges < spec.range_min)] = math.inf
    return Scan(
        time, -math.pi, math.pi - step, step, spec.range_min, spec.range_max, ranges.astype(np.float32)
    )  # fmt: skip
