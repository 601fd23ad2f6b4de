"""Detections drawn into a picture."""

from __future__ import annotations

import colorsys
from typing import Any

import cv2
import numpy as np

from kitt_inference.detection.detector import Detections

Array = np.ndarray[Any, Any]


def colour_of(class_id: int) -> tuple[int, int, int]:
    """A colour (blue, green, red) for a class, always the same; neighbours differ (golden-ratio steps of hue)."""
    red, green, blue = colorsys.hsv_to_rgb(class_id * 0.618033988749895 % 1.0, 0.85, 0.95)
    return round(blue * 255), round(green * 255), round(red * 255)


def annotate(bgr: Array, detections: Detections) -> Array:
    """A copy of the picture with boxes, class names and scores.

    Args:
        bgr: uint8 (H, W, 3).
        detections: in pixels of this picture.
    """
    canvas = bgr.copy()
    scale = max(0.4, min(canvas.shape[:2]) / 1000)
    thick = max(1, round(scale * 2))
    # The best is drawn last, on top.
    for index in reversed(range(len(detections))):
        left, top, right, bottom = (round(float(value)) for value in detections.boxes_xyxy[index])
        colour = colour_of(int(detections.class_ids[index]))
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, thick)
        text = f"{detections.labels[index]} {detections.scores[index]:.2f}"
        (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        line = max(top, height + base)
        cv2.rectangle(canvas, (left, line - height - base), (left + width, line), colour, cv2.FILLED)
        ink = (0, 0, 0) if sum(colour) > 382 else (255, 255, 255)
        cv2.putText(canvas, text, (left, line - base // 2), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, thick, cv2.LINE_AA)
    return canvas
