"""Whether the camera's pictures can be believed: frozen, dark or covered ones cannot. Knows no ROS.

A picture that stays the same pixel by pixel is no fault while the car stands: a drawn world has no noise. It is one
when the wheels turn meanwhile.
"""

from __future__ import annotations

import math

import numpy as np

from kitt_perception.sources.base import Image

FROZEN, DARK, COVERED = "camera_frozen", "camera_dark", "camera_covered"
WORDS = {
    FROZEN: "the picture stays the same while the car moves: restart the camera",
    DARK: "the picture is black: take the cap off the lens, or give light",
    COVERED: "the picture shows no detail at all: clean or uncover the lens",
}
STEP = 16  # every so many pixels are looked at
BLACK = 24.0  # of 255; nothing brighter than this (but one pixel in a hundred) is darkness
FLAT = 3.5  # of 255; standard deviation of a picture without detail; noise of a sensor is about 1 to 2
HOLD = 1.0  # [s] dark or flat for so long
MOVED, TURNED = 0.3, 0.1  # [m], [rad] by which a picture must have changed


class PictureHealth:
    """Feed each picture and the newest odometry; `judge` names the fault."""

    def __init__(self) -> None:
        self._pose = (0.0, 0.0, 0.0)
        self._last: Image | None = None
        self._same_from = self._pose
        self._since: dict[str, float] = {}

    def on_odom(self, x: float, y: float, yaw: float) -> None:
        """Where the car is in the odom frame [m, rad]; NaN is not believed."""
        if math.isfinite(x) and math.isfinite(y) and math.isfinite(yaw):
            self._pose = (x, y, yaw)

    def judge(self, image: Image, now: float) -> str:
        """FROZEN, DARK, COVERED or "" for a picture (H, W, 3), uint8; `now` steady [s]."""
        grey = image[::STEP, ::STEP].mean(axis=2)
        dark = bool(np.percentile(grey, 99.0) < BLACK)
        flat = not dark and bool(grey.std() < FLAT)
        if self._frozen(image):
            return FROZEN
        for fault, holds in ((DARK, dark), (COVERED, flat)):
            since = self._since.setdefault(fault, now) if holds else self._since.pop(fault, now)
            if holds and now - since >= HOLD:
                return fault
        return ""

    def _frozen(self, image: Image) -> bool:
        last, self._last = self._last, image
        same = (
            last is not None
            and last.shape == image.shape
            and np.array_equal(last[::STEP, ::STEP], image[::STEP, ::STEP])
        )
        if last is None or not (same and np.array_equal(last, image)):
            self._same_from = self._pose
            return False
        (x, y, yaw), (x0, y0, yaw0) = self._pose, self._same_from
        turned = abs((yaw - yaw0 + math.pi) % (2.0 * math.pi) - math.pi)
        return math.hypot(x - x0, y - y0) >= MOVED or turned >= TURNED
