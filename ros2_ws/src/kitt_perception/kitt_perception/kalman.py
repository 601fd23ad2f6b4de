"""A bank of constant-velocity Kalman filters on boxes (centre x, centre y, width, height), with real time steps.

The filter is the one of SORT (Bewley et al. 2016) and ByteTrack (Zhang et al. 2022) with width instead of aspect
ratio (Aharon et al. 2022, BoT-SORT). Its noise is diagonal and its measurement matrix selects the positions, so the
usual 8x8 filter falls apart exactly into four filters of position and velocity: they are kept as arrays of shape
(N, 4), and every step is done for all N tracks at once. Noise is white in continuous time, so that a step of 0.1 s
equals ten of 0.01 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A box never gets thinner than this by prediction [px]: a negative width has no overlap with anything.
_SMALLEST_SIDE = 1.0


@dataclass(frozen=True)
class BoxNoise:
    """Noise relative to the box's height h, because near (big) boxes jitter and move more, in pixels, than far ones.

    measurement: standard deviation of a detected coordinate [h].
    position: random walk of the coordinate [h / sqrt(s)].
    velocity: random walk of the velocity [h / s / sqrt(s)].
    initial_velocity: standard deviation of a new track's velocity [h / s].
    """

    measurement: float = 0.05
    position: float = 0.08
    velocity: float = 0.8
    initial_velocity: float = 2.0


def xyxy_to_cxcywh(boxes: Array) -> Array:
    """(N, 4) corners [px] to (N, 4) centre x, centre y, width, height [px]."""
    corners = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    low, high = corners[:, :2], corners[:, 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=1)


def cxcywh_to_xyxy(boxes: Array) -> Array:
    """(N, 4) centre x, centre y, width, height [px] to (N, 4) corners [px]."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


class BoxFilterBank:
    """N box filters side by side. Row i of every array belongs to track i; `append` and `keep` change N."""

    def __init__(self, noise: BoxNoise | None = None) -> None:
        self._noise = noise or BoxNoise()
        self.position: Array = np.zeros((0, 4))
        self.velocity: Array = np.zeros((0, 4))
        # The covariance of (position, velocity), coordinate by coordinate: [[pp, pv], [pv, vv]].
        self._pp: Array = np.zeros((0, 4))
        self._pv: Array = np.zeros((0, 4))
        self._vv: Array = np.zeros((0, 4))

    def __len__(self) -> int:
        return len(self.position)

    @property
    def boxes_xyxy(self) -> Array:
        """(N, 4) corners of the estimated boxes [px]."""
        return cxcywh_to_xyxy(self.position)

    @property
    def position_std(self) -> Array:
        """(N, 4) standard deviations of centre x, centre y, width, height [px]."""
        return np.sqrt(self._pp)

    def append(self, boxes_xyxy: Array) -> None:
        """Start one filter for each of the (M, 4) boxes [px], at rest."""
        position = xyxy_to_cxcywh(boxes_xyxy)
        height = self._height(position)
        rest = np.zeros_like(position)
        self.position = np.concatenate([self.position, position])
        self.velocity = np.concatenate([self.velocity, rest])
        self._pp = np.concatenate([self._pp, rest + (self._noise.measurement * height) ** 2])
        self._pv = np.concatenate([self._pv, rest])
        self._vv = np.concatenate([self._vv, rest + (self._noise.initial_velocity * height) ** 2])

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Keep the rows where mask (N,) is true, in order."""
        for name in ("position", "velocity", "_pp", "_pv", "_vv"):
            setattr(self, name, getattr(self, name)[mask])

    def predict(self, dt: float) -> None:
        """Move all filters on by dt [s] >= 0."""
        height = self._height(self.position)
        q_position = (self._noise.position * height) ** 2
        q_velocity = (self._noise.velocity * height) ** 2
        self.position = self.position + self.velocity * dt
        self.position[:, 2:] = np.maximum(self.position[:, 2:], _SMALLEST_SIDE)
        self._pp = self._pp + 2 * dt * self._pv + dt**2 * self._vv + q_position * dt + q_velocity * dt**3 / 3
        self._pv = self._pv + dt * self._vv + q_velocity * dt**2 / 2
        self._vv = self._vv + q_velocity * dt

    def correct(self, rows: NDArray[np.intp], boxes_xyxy: Array) -> None:
        """Update the filters in rows (M,) with the measured (M, 4) boxes [px]."""
        measured = xyxy_to_cxcywh(boxes_xyxy)
        r = (self._noise.measurement * self._height(measured)) ** 2
        pp, pv = self._pp[rows], self._pv[rows]
        innovation = measured - self.position[rows]
        gain_p, gain_v = pp / (pp + r), pv / (pp + r)
        self.position[rows] += gain_p * innovation
        self.position[rows, 2:] = np.maximum(self.position[rows, 2:], _SMALLEST_SIDE)
        self.velocity[rows] += gain_v * innovation
        self._pp[rows] = (1 - gain_p) * pp
        self._pv[rows] = (1 - gain_p) * pv
        self._vv[rows] -= gain_v * pv

    def freeze_size(self, rows: NDArray[np.intp]) -> None:
        """Let the boxes in rows (M,) neither grow nor shrink: unseen, a size's velocity runs away (ByteTrack)."""
        self.velocity[rows, 2:] = 0.0

    @staticmethod
    def _height(position: Array) -> Array:
        return np.maximum(position[:, 3:4], _SMALLEST_SIDE)
