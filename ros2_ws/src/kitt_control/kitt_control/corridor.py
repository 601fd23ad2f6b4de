"""How far the car may go: the area that it sweeps on its arc against points, and the stopping distance.

The car is a rectangle; its path for a constant twist is a circular arc. Points are in base_link, shape (N, 2) [m].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kitt_control.world import FloatArray, Scan

STEP = 0.04  # [m] between poses along the arc; the free way is rounded down to it
STRAIGHT = 1e-3  # [1/m] curvature below which the arc is a line


@dataclass(frozen=True)
class Shape:
    """The car's rectangle around base_link and the side margin [m]."""

    front: float
    rear: float
    width: float
    side_margin: float

    @property
    def radius(self) -> float:
        """Distance of the farthest corner, margin included."""
        return math.hypot(max(self.front, self.rear), self.width / 2 + self.side_margin)


def stopping_distance(speed: float, deceleration: float, reaction: float, margin: float) -> float:
    """v^2 / (2 a) + v t + margin [m]."""
    return speed * speed / (2.0 * deceleration) + speed * reaction + margin


def allowed_speed(free: float, deceleration: float, reaction: float, margin: float) -> float:
    """The greatest speed [m/s] whose stopping distance fits into `free` [m]; inverse of `stopping_distance`."""
    room = free - margin
    if room <= 0.0:
        return 0.0
    if math.isinf(room):
        return math.inf
    return deceleration * (math.sqrt(reaction * reaction + 2.0 * room / deceleration) - reaction)


def path_speed(linear: float, angular: float, shape: Shape) -> float:
    """Speed of the fastest point of the body [m/s]: the measure of the way along an arc, also when turning in place."""
    return max(abs(linear), abs(angular) * shape.radius)


def _inside(x: FloatArray, y: FloatArray, shape: Shape, side: float) -> npt.NDArray[np.bool_]:
    return (x >= -shape.rear) & (x <= shape.front) & (np.abs(y) <= shape.width / 2 + side)


def free_way(points: FloatArray, linear: float, angular: float, shape: Shape, horizon: float) -> float:
    """Way [m] of the body's fastest point until it touches one of `points`, inf when nothing lies within `horizon`.

    A point already within the side margin counts only when the car itself would touch it, so that a car which
    stands beside a wall can drive away. A point within the body counts against moving towards its end of the car.
    """
    speed = path_speed(linear, angular, shape)
    if speed <= 0.0 or len(points) == 0:
        return math.inf
    reach = horizon + shape.radius
    near = points[np.einsum("ij,ij->i", points, points) <= reach * reach]
    if len(near) == 0:
        return math.inf
    x, y = near[:, 0], near[:, 1]
    touching = _inside(x, y, shape, 0.0)
    if touching.any():
        middle = 0.5 * (shape.front - shape.rear)
        towards = np.sign(linear) * (x[touching] - middle) >= 0.0  # turning in place: all of them
        if towards.any():
            return 0.0
        x, y = x[~touching], y[~touching]
    beside = _inside(x, y, shape, shape.side_margin)
    obstacles = np.column_stack((x, y, np.where(beside, 0.0, shape.side_margin)))
    if linear != 0.0 and abs(angular / linear) < STRAIGHT:
        return _free_straight(obstacles, linear > 0, shape, horizon)
    return _free_arc(obstacles, (linear / speed, angular / speed), shape, horizon)


def _free_straight(obstacles: FloatArray, forward: bool, shape: Shape, horizon: float) -> float:
    """`obstacles` (N, 3): x, y and the side margin that counts for each."""
    x, y, side = obstacles.T
    gap = x - shape.front if forward else -shape.rear - x
    ahead = gap[(np.abs(y) <= shape.width / 2 + side) & (gap >= 0.0)]
    if len(ahead) == 0:
        return math.inf
    nearest = float(ahead.min())
    return nearest if nearest <= horizon else math.inf


def _free_arc(obstacles: FloatArray, arc: tuple[float, float], shape: Shape, horizon: float) -> float:
    """The same on an arc (v, w), both per metre of way of the fastest point."""
    (x, y, side), (v, w) = obstacles.T, arc
    way = np.arange(1, math.ceil(horizon / STEP) + 1) * STEP
    heading = w * way
    px, py = v / w * np.sin(heading), v / w * (1.0 - np.cos(heading))
    dx, dy = x[None, :] - px[:, None], y[None, :] - py[:, None]
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    bx, by = cos * dx + sin * dy, -sin * dx + cos * dy
    hit = ((bx >= -shape.rear) & (bx <= shape.front) & (np.abs(by) <= shape.width / 2 + side[None, :])).any(axis=1)
    if not hit.any():
        return math.inf
    return float(way[int(np.argmax(hit))]) - STEP


@dataclass(frozen=True)
class ScanPoints:
    """A scan's hits in base_link (N, 2), the share of rays that are readings, and the angles covered [rad]."""

    points: FloatArray
    valid_share: float
    first: float
    last: float

    def covers(self, bearing: float) -> bool:
        """True when a ray looks that way (bearing in base_link; the laser's own offset is neglected)."""
        span = self.last - self.first
        return span >= 2 * math.pi - 0.1 or (bearing - self.first) % (2 * math.pi) <= span


def scan_points(scan: Scan, x: float, yaw: float) -> ScanPoints | None:
    """Hits of a scan as REP 117 reads it: inf is free, -inf too close (a hit at range_min), NaN no reading.

    Finite readings below range_min (0 from many lasers) are no readings. None when the scan's header is unusable.
    """
    header = (scan.stamp, scan.angle_min, scan.angle_increment, scan.range_min, scan.range_max)
    count = len(scan.ranges)
    if (
        count < 2
        or not np.isfinite(header).all()
        or scan.angle_increment == 0.0
        or not 0 <= scan.range_min < scan.range_max
    ):
        return None
    ranges = np.asarray(scan.ranges, dtype=np.float64)
    ranges = np.where(np.isneginf(ranges), scan.range_min, ranges)
    reading = ~np.isnan(ranges) & (ranges >= scan.range_min)
    hits = reading & (ranges <= scan.range_max)
    angles = scan.angle_min + yaw + scan.angle_increment * np.arange(count)
    points = np.column_stack((x + ranges[hits] * np.cos(angles[hits]), ranges[hits] * np.sin(angles[hits])))
    first, last = sorted((float(angles[0]), float(angles[-1])))
    return ScanPoints(points, float(reading.mean()), first, last)
