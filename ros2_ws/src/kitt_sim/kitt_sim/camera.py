"""The forward camera: pinhole intrinsics, mounting and projection (no distortion).

Optical frame as in REP 103: z forward, x right, y down. Pixel centres lie at whole numbers, so the picture spans
-0.5 to width - 0.5, as ROS' CameraInfo and OpenCV have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D


@dataclass(frozen=True)
class CameraModel:
    """Intrinsics [pixels] and the place of the lens in base_link [m]; pitch [rad] looks down when positive."""

    width: int = 640
    height: int = 480
    hfov: float = math.radians(70.0)
    x: float = 1.3
    y: float = 0.0
    z: float = 1.1
    pitch: float = 0.0
    near: float = 0.15
    far: float = 250.0

    @property
    def fx(self) -> float:
        """Focal length in pixels; square pixels."""
        return self.width / 2 / math.tan(self.hfov / 2)

    @property
    def fy(self) -> float:
        """Focal length in pixels; square pixels."""
        return self.fx

    @property
    def cx(self) -> float:
        """Principal point, at the middle of the picture."""
        return (self.width - 1) / 2

    @property
    def cy(self) -> float:
        """Principal point, at the middle of the picture."""
        return (self.height - 1) / 2

    @property
    def k(self) -> NDArray[np.float64]:
        """The 3x3 intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def to_optical(self, car: Pose2D, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (N, 3) [m] in the optical frame of the camera of a car at `car`."""
        c, s = math.cos(car.yaw), math.sin(car.yaw)
        d = points - np.array([car.x + c * self.x - s * self.y, car.y + s * self.x + c * self.y, self.z])
        forward, left, up = c * d[:, 0] + s * d[:, 1], -s * d[:, 0] + c * d[:, 1], d[:, 2]
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        return np.stack([-left, -(cp * up + sp * forward), cp * forward - sp * up], axis=1)

    def project(self, car: Pose2D, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (N, 2) of world points (N, 3); NaN for points nearer than the near plane."""
        p = self.to_optical(car, points)
        z = np.where(p[:, 2] > self.near, p[:, 2], np.nan)
        return np.stack([self.fx * p[:, 0] / z + self.cx, self.fy * p[:, 1] / z + self.cy], axis=1)

    def extent(
        self, car: Pose2D, corners: NDArray[np.float64], edges: NDArray[np.int64]
    ) -> tuple[float, float, float, float] | None:
        """The rectangle x0, y0, x1, y1 around a convex body, also beyond the picture; None where it is behind.

        As COCO's boxes it is measured from the picture's corner (0 to width), half a pixel from the pixels' centres.

        Args:
            car: pose of base_link.
            corners: (N, 3) world points.
            edges: (M, 2) indices; edges that cross the near plane are cut there.
        """
        p = self.to_optical(car, corners)
        front = p[:, 2] > self.near
        if not front.any():
            return None
        if front.all():
            seen = p
        else:
            cut = edges[front[edges[:, 0]] != front[edges[:, 1]]]
            a, b = p[cut[:, 0]], p[cut[:, 1]]
            seen = np.concatenate([p[front], a + (self.near - a[:, 2:]) / (b[:, 2:] - a[:, 2:]) * (b - a)])
        u = self.fx * seen[:, 0] / seen[:, 2] + self.cx + 0.5
        v = self.fy * seen[:, 1] / seen[:, 2] + self.cy + 0.5
        return float(u.min()), float(v.min()), float(u.max()), float(v.max())

    def box(
        self, car: Pose2D, corners: NDArray[np.float64], edges: NDArray[np.int64]
    ) -> tuple[float, float, float, float] | None:
        """As `extent`, clipped to the picture; None where it is out of sight."""
        extent = self.extent(car, corners, edges)
        return None if extent is None else self.clip(extent)

    def clip(self, extent: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
        """A rectangle's part within the picture, None where there is none."""
        x0, y0 = max(extent[0], 0.0), max(extent[1], 0.0)
        x1, y1 = min(extent[2], float(self.width)), min(extent[3], float(self.height))
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None
