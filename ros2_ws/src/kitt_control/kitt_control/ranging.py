"""Where a box stands: distance from the ground line and from known heights, by the pinhole model.

Hartley and Zisserman, Multiple View Geometry, ch. 6 (pinhole); the ground-plane distance is that of a camera with
level optical axis. Both estimates err when a part of the object is hidden, and both then err far, so the nearer
one is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kitt_control.world import Camera, FloatArray, Track

# Usual heights of COCO classes [m]: adults, octagons of 75 cm (US R1-1 and the Vienna sign alike), animals standing.
HEIGHTS: dict[str, float] = {
    "person": 1.7, "bicycle": 1.05, "motorcycle": 1.15, "car": 1.5, "bus": 3.0, "truck": 3.0, "train": 3.8,
    "traffic light": 0.9, "stop sign": 0.75, "fire hydrant": 0.75, "parking meter": 1.2, "bench": 0.85,
    "bird": 0.2, "cat": 0.3, "dog": 0.55, "horse": 1.6, "sheep": 0.9, "cow": 1.4, "elephant": 2.8, "bear": 1.2,
    "zebra": 1.4, "giraffe": 4.5, "backpack": 0.5, "umbrella": 0.9, "handbag": 0.3, "suitcase": 0.65,
    "sports ball": 0.22, "skateboard": 0.12, "bottle": 0.25, "chair": 0.9, "couch": 0.85, "potted plant": 0.6,
    "dining table": 0.75, "tv": 0.5, "laptop": 0.25, "refrigerator": 1.7, "teddy bear": 0.35, "bed": 0.6,
}  # fmt: skip

# What the gate stops for by sight alone. Cars and trucks are long: a box's inner edge belongs to their far end, so
# that a box alone gives a wrong lateral place; the laser sees them well.
LIVING: frozenset[str] = frozenset(
    {"person", "bicycle", "motorcycle", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra"}
)
HANGING: frozenset[str] = frozenset({"traffic light", "stop sign", "bird", "tv", "clock", "kite"})  # feet not on ground
MIN_RISE = 0.2  # [m] an upper edge nearer to the camera's height than this tells no distance
EDGE_PX = 2.0  # a box this close to the image's edge is cut off there


@dataclass(frozen=True)
class Place:
    """Where a track stands in base_link: nearest x [m], y of its right and left side [m]."""

    x: float
    y_right: float
    y_left: float

    @property
    def y(self) -> float:
        """Middle [m, left positive]."""
        return 0.5 * (self.y_right + self.y_left)

    @property
    def bearing(self) -> float:
        """Direction from base_link [rad, left positive]."""
        return math.atan2(self.y, self.x)


def depth_of(track: Track, camera: Camera, camera_height: float) -> float | None:
    """Distance along the optical axis [m], the nearest of ground line, known height and, where the feet are below the
    picture, upper edge; None when nothing is known."""
    estimates = []
    bottom = track.y + track.h / 2
    if track.label not in HANGING:
        below = min(bottom, float(camera.height)) - camera.cy
        if below >= 1.0:  # at or above the horizon the ground line says nothing
            estimates.append(camera_height * camera.fy / below)
    height = HEIGHTS.get(track.label)
    if height is not None:
        estimates.append(height * camera.fy / track.h)
        top = track.y - track.h / 2
        # Feet below the picture: both of the above are too far then, but the upper edge is still there.
        if bottom >= camera.height - EDGE_PX and top > EDGE_PX and track.label not in HANGING:
            rise = (camera_height - height) / (top - camera.cy) if abs(top - camera.cy) >= 1.0 else 0.0
            if rise > 0.0 and abs(camera_height - height) >= MIN_RISE:
                estimates.append(rise * camera.fy)
    return min(estimates) if estimates else None


def place_of(track: Track, camera: Camera, camera_height: float, camera_x: float) -> Place | None:
    """The track's place in base_link, or None when box, camera or class give no distance."""
    if not track.valid() or not camera.valid():
        return None
    depth = depth_of(track, camera, camera_height)
    if depth is None or not math.isfinite(depth):
        return None
    left = (camera.cx - (track.x - track.w / 2)) / camera.fx * depth
    right = (camera.cx - (track.x + track.w / 2)) / camera.fx * depth
    return Place(camera_x + depth, right, left) if math.isfinite(left) and math.isfinite(right) else None


def is_cut(track: Track, camera: Camera) -> bool:
    """True when the box touches the upper or lower edge: its height is then no measure."""
    return track.y - track.h / 2 <= EDGE_PX or track.y + track.h / 2 >= camera.height - EDGE_PX


SCAN_NEAR, SCAN_FAR = 0.5, 1.25
"""A laser hit between these parts of the distance by sight is the same thing; others stand before or behind it."""


def with_scan(place: Place, points: FloatArray, cut: bool = False) -> Place:
    """The place with its distance measured by the laser where hits, points (N, 2) in base_link [m], lie on it.

    The nearest hit within the box's bearings and near the distance by sight counts; of a box whose feet are `cut` off
    sight tells little, so that any nearer hit counts, too.
    """
    if len(points) == 0 or place.x <= 0.0:
        return place
    x = points[:, 0]
    slope = points[:, 1] / np.where(x > 0.1, x, np.nan)  # a point beside or behind is on no box
    on_it = (slope >= place.y_right / place.x) & (slope <= place.y_left / place.x)
    on_it &= (x >= (0.0 if cut else SCAN_NEAR * place.x)) & (x <= SCAN_FAR * place.x)
    if not on_it.any():
        return place
    nearest = float(x[on_it].min())
    scale = nearest / place.x
    return Place(nearest, place.y_right * scale, place.y_left * scale)
