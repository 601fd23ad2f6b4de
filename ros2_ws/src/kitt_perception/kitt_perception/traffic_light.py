"""The colour of a traffic light by what shines in its box: red, amber, green, or "" where it cannot be told.

Source of the idea: lamps are the bright and saturated part of a dark housing, and their hue is fixed by EN 12368 and
the Vienna convention; where two hues shine, the greater light decides, and a doubt is a doubt.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kitt_perception.sources.base import Image

LEAST_SIDE = 5  # [px] smaller boxes tell nothing
BRIGHT, SATURATED = 140, 90  # of 255
LEAST_SHARE = 0.01  # of the box must shine
MOST_AMBER = 0.3  # of the box; more is a yellow housing, not a lamp
MARGIN = 0.12  # of the box's width on either side, where the sky shows
CLEAR = 2.0  # times as much light of one meaning, stop or go, as of the other
# OpenCV's hue, 0 to 179: LED green leans towards blue
HUES: dict[str, tuple[tuple[int, int], ...]] = {
    "red": ((0, 9), (165, 179)), "amber": ((12, 32),), "green": ((45, 100),),
}  # fmt: skip


def color_of(image: Image, box_xyxy: npt.ArrayLike) -> str:
    """The colour that shines in a box (x0, y0, x1, y1) [px] of a BGR picture (H, W, 3); "" when in doubt."""
    box = np.asarray(box_xyxy, dtype=np.float64)
    if not np.isfinite(box).all():
        return ""
    limits = np.array([image.shape[1], image.shape[0]])
    margin = MARGIN * (box[2] - box[0])
    box = box + np.array([margin, 0.0, -margin, 0.0])
    x0, y0 = np.clip(np.floor(box[:2]), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(box[2:]), 0, limits).astype(int)
    if x1 - x0 < LEAST_SIDE or y1 - y0 < LEAST_SIDE:
        return ""
    crop: Any = image[y0:y1, x0:x1]
    if max(crop.shape[:2]) > 128:  # near ones are large; their colour is not in the detail
        scale = 128 / max(crop.shape[:2])
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    hue, saturation, value = np.moveaxis(cv2.cvtColor(crop, cv2.COLOR_BGR2HSV), 2, 0)
    shines = (value >= BRIGHT) & (saturation >= SATURATED)
    parts = {
        name: shines & np.any([(hue >= low) & (hue <= high) for low, high in ranges], axis=0)
        for name, ranges in HUES.items()
    }
    if parts["amber"].mean() > MOST_AMBER:
        parts["amber"][:] = False
    light = {name: float(value[part].sum()) for name, part in parts.items()}
    stop = light["red"] + light["amber"]  # a red lamp that is overexposed has an amber heart
    most, other, name = max(
        (stop, light["green"], "red" if light["red"] >= light["amber"] / 2 else "amber"),
        (light["green"], stop, "green"),
    )
    return name if most >= LEAST_SHARE * 255 * hue.size and most >= CLEAR * other else ""
