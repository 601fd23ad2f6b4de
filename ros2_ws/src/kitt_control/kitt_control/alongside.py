"""Where the near side of a parked vehicle runs, felt by the laser as a driver feels it by parking sensors.

All lengths in metres. The frame of these functions is a line's: x along it, y from it towards the vehicle.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from kitt_control.world import FloatArray, Odom
from kitt_core.geometry import Pose2D

SCANS = 10  # that are remembered: a second of most lasers
ENOUGH = 3  # hits or scans that make a measurement; one alone may be rain, dust or a beam gone astray
DEEP = 0.5  # [m] the hits that make a rear end lie no deeper
WINDOW = 0.5  # [m] around the vehicle as it is known
BIN = 0.3  # [m] of the near side, for its direction
LEAST_SPAN, LEAST_BINS = 1.5, 5  # [m], count: less of the near side tells no direction
OLDEST = 0.5  # [s] odometry and scan are no farther apart


def pose_at(odom: Odom, stamp: float) -> Pose2D:
    """Where the car was at `stamp` (ROS time [s]), by its speeds of now."""
    dt = max(-OLDEST, min(OLDEST, odom.stamp - stamp))
    yaw, way = odom.yaw - odom.angular * dt, odom.linear * dt
    middle = 0.5 * (yaw + odom.yaw)
    return Pose2D(odom.x - math.cos(middle) * way, odom.y - math.sin(middle) * way, yaw)


def rear_end(hits: FloatArray, length: float) -> tuple[float, float, float] | None:
    """Rear x, y of the right and of the left side of a vehicle ahead; None where too few hits lie on it.

    Args:
        hits: (N, 2) in base_link that lie in the direction of the vehicle.
        length: of the vehicle; what lies farther behind its rear is something else.
    """
    x = np.sort(hits[:, 0])
    first = next((float(a) for a, b in zip(x, x[ENOUGH - 1 :], strict=False) if b - a <= DEEP), None)
    if first is None:
        return None
    on_it = hits[(hits[:, 0] >= first) & (hits[:, 0] <= first + length), 1]
    return first, float(on_it.min()), float(on_it.max())


class Feeler:
    """The hits of the last scans, in the odometry frame."""

    def __init__(self) -> None:
        self._scans: deque[FloatArray] = deque(maxlen=SCANS)
        self._stamp = -math.inf

    def take(self, points: FloatArray | None, stamp: float | None, odom: Odom) -> bool:
        """Remember a scan, (N, 2) in base_link [m] at `stamp` [s]; False when it is none or known already."""
        if points is None or stamp is None or stamp == self._stamp:
            return False
        self._stamp = stamp
        pose = pose_at(odom, stamp)
        c, s = math.cos(pose.yaw), math.sin(pose.yaw)
        self._scans.append(points @ np.array([[c, s], [-s, c]]) + (pose.x, pose.y))
        return True

    def along(self, line: Pose2D, side: float) -> list[FloatArray]:
        """The scans in the line's frame, y growing to the left for `side` +1 and to the right for -1."""
        c, s = math.cos(line.yaw), math.sin(line.yaw)
        turn = np.array([[c, -side * s], [s, side * c]])
        return [(scan - (line.x, line.y)) @ turn for scan in self._scans]


def _on_it(hits: FloatArray, begin: float, end: float, low: float, high: float) -> FloatArray:
    x, y = hits[:, 0], hits[:, 1]
    return hits[(x >= begin) & (x <= end) & (y >= low) & (y <= high)]


def near_side(
    scans: list[FloatArray],
    rear: float,
    near: float,
    size: tuple[float, float],
    before: float = WINDOW,
    reach: float = WINDOW,
) -> float | None:
    """y of the near side: the innermost hit of each scan, the median of the scans; None where it is not felt.

    Args:
        scans: in the line's frame.
        rear: x of the rear end as it is known.
        near: y of the near side as it is known.
        size: length and width.
        before: so much before the rear end and
        reach: so much nearer to the line than the near side what stands there counts, too.
    """
    length, width = size
    end, high = rear + length + WINDOW, near + width + WINDOW
    felt = [_on_it(hits, rear - before, end, near - reach, high)[:, 1] for hits in scans]
    innermost = [float(y.min()) for y in felt if len(y)]
    return float(np.median(innermost)) if len(innermost) >= ENOUGH else None


def direction(scans: list[FloatArray], rear: float, near: float, length: float) -> float | None:
    """Angle [rad] from the line to the near side (Theil 1950, Sen 1968: the median slope), None where too little of it
    is felt."""
    end = rear + length + WINDOW
    hits = _on_it(np.concatenate(scans), rear + BIN, end, near - WINDOW, near + WINDOW)
    if len(hits) == 0:
        return None
    bins = np.floor(hits[:, 0] / BIN)
    spots = np.array([np.median(hits[bins == b], axis=0) for b in np.unique(bins)])
    if len(spots) < LEAST_BINS or spots[-1, 0] - spots[0, 0] < LEAST_SPAN:
        return None
    i, j = np.triu_indices(len(spots), 2)
    return math.atan(float(np.median((spots[j, 1] - spots[i, 1]) / (spots[j, 0] - spots[i, 0]))))


def room(scans: list[FloatArray], begin: float, end: float, near: float, width: float) -> float:
    """How far from the near side the nearest thing stands across a car of `width`, between two x; inf: nothing."""
    ways = []
    for hits in scans:
        x, y = hits[:, 0], hits[:, 1]
        across = y[(x >= begin) & (x <= end) & (y <= near - width)]
        ways.append(near - float(across.max()) if len(across) else math.inf)
    ways.sort()
    return ways[len(ways) // 2] if ways else math.inf
