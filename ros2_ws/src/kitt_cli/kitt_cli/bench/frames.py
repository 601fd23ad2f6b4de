"""The pictures that every contestant gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kitt_inference.errors import KittError
from kitt_perception.sources.pictures import list_pictures

WIDTH, HEIGHT = 640, 480
_MOST = 32


def load_frames(folder: Path | None) -> tuple[np.ndarray[Any, Any], str]:
    """Pictures (N, 480, 640, 3) BGR uint8, and where they come from. Raises KittError when the folder holds none."""
    if folder is None:
        return _drawn(), "drawn shapes (give --images for photographs)"
    frames = []
    for path in list_pictures(folder):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is not None:
            frames.append(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
        if len(frames) == _MOST:
            break
    if not frames:
        raise KittError(f"none of the pictures in {folder} can be decoded", "give JPEG or PNG files")
    return np.stack(frames).astype(np.uint8), f"{len(frames)} pictures of {folder}"


def _drawn() -> np.ndarray[Any, Any]:
    """Noise and rectangles: the network's work does not depend on what a picture shows; the suppression's hardly."""
    generator = np.random.default_rng(1)
    frames = generator.integers(90, 130, (8, HEIGHT, WIDTH, 3), dtype=np.uint8)
    for frame in frames:
        for _ in range(12):
            x, y, w, h = (int(v) for v in generator.integers((0, 0, 30, 30), (WIDTH - 30, HEIGHT - 30, 200, 200)))
            colour = tuple(int(v) for v in generator.integers(0, 255, 3))
            cv2.rectangle(frame, (x, y), (x + w, y + h), colour, cv2.FILLED)
    return frames
