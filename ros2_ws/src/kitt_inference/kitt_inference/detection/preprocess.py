"""From a picture to the network's input, and the way back for boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from kitt_inference.card import InputSpec
from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]

_INTERPOLATION = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in the network's input: x_input = x_picture * scale_x + left, y alike.

    Coordinates are continuous, in pixels; the first pixel covers 0 to 1 (the half-pixel convention, which is also the
    one of cv2.resize), so box edges map by scale and shift alone.
    """

    scale_x: float
    scale_y: float
    left: float
    top: float
    width: int
    height: int

    def to_picture(self, boxes: Array) -> Array:
        """Boxes (N, 4) xyxy in input pixels to picture pixels, clipped to the picture; float32."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        scale = np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y], np.float32)
        limit = np.array([self.width, self.height, self.width, self.height], np.float32)
        mapped: Array = np.clip((boxes.astype(np.float32) - offset) / scale, 0, limit)
        return mapped


def check_picture(bgr: object) -> None:
    """Raise KittError unless the picture is a uint8 array (H, W, 3) with at least one pixel."""
    if not isinstance(bgr, np.ndarray) or bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or not bgr.size:
        kind = f"{bgr.dtype} array of shape {bgr.shape}" if isinstance(bgr, np.ndarray) else type(bgr).__name__
        raise KittError(f"the picture is a {kind}", "give a uint8 array (height, width, 3), channels blue, green, red")


def preprocess(bgr: Array, spec: InputSpec, dtype: Any = np.float32) -> tuple[Array, Placement]:
    """Resize, pad, order and normalise the channels.

    Args:
        bgr: uint8 (H, W, 3), blue, green, red.
        spec: the card's input.
        dtype: of the result, the network's input type.

    Returns:
        The tensor (1, 3, H, W) or (1, H, W, 3), and where the picture lies in it.
    """
    height, width = bgr.shape[:2]
    if spec.resize == "letterbox" and spec.align == "warp":
        return _to_tensor(*_warp(bgr, spec), spec, dtype)
    ratio = min(spec.width / width, spec.height / height)
    if spec.resize == "stretch":
        new_width, new_height, left, top = spec.width, spec.height, 0, 0
    else:
        # Cut, not rounded, as the models saw it in training (half a point of AP); 1e-6 guards 415.99999.
        new_width = max(1, min(spec.width, int(width * ratio + 1e-6)))
        new_height = max(1, min(spec.height, int(height * ratio + 1e-6)))
        centred = spec.align == "centre"
        left = (spec.width - new_width) // 2 if centred else 0
        top = (spec.height - new_height) // 2 if centred else 0
    if (new_width, new_height) == (width, height):
        resized = np.ascontiguousarray(bgr)
    else:
        resized = cv2.resize(bgr, (new_width, new_height), interpolation=_INTERPOLATION[spec.interpolation])
    if (new_width, new_height) != (spec.width, spec.height):
        canvas = np.full((spec.height, spec.width, 3), spec.pad, np.uint8)
        canvas[top : top + new_height, left : left + new_width] = resized
        resized = canvas
    # A letterbox's boxes were scaled by the ratio in training, whatever was cut off the picture's last pixel.
    scale = (new_width / width, new_height / height) if spec.resize == "stretch" else (ratio, ratio)
    return _to_tensor(resized, Placement(*scale, left, top, width, height), spec, dtype)


def _warp(bgr: Array, spec: InputSpec) -> tuple[Array, Placement]:
    """The picture in the middle to a fraction of a pixel, by an affine warp, as NanoDet was trained."""
    height, width = bgr.shape[:2]
    ratio = min(spec.width / width, spec.height / height)
    left, top = (spec.width - ratio * width) / 2, (spec.height - ratio * height) / 2
    half = (ratio - 1) / 2  # OpenCV's matrices count from the centre of the first pixel
    matrix = np.array([[ratio, 0, left + half], [0, ratio, top + half]])
    kind = _INTERPOLATION[spec.interpolation if spec.interpolation != "area" else "linear"]
    size, border = (spec.width, spec.height), (spec.pad, spec.pad, spec.pad)
    warped = cv2.warpAffine(np.ascontiguousarray(bgr), matrix, size, flags=kind, borderValue=border)
    return warped, Placement(ratio, ratio, left, top, width, height)


def _to_tensor(resized: Array, placement: Placement, spec: InputSpec, dtype: Any) -> tuple[Array, Placement]:
    """Order and normalise the channels of a picture of the input's size."""
    if dtype == np.uint8 and spec.layout == "nhwc" and spec.colour == "bgr" and _is_plain(spec):
        return resized[None], placement
    tensor = np.empty((3, spec.height, spec.width), np.float32)
    for channel, table in enumerate(_tables(spec)):
        # A table of the 256 values normalises in one pass: a third of the time of arithmetic on floats.
        plane = cv2.extractChannel(resized, 2 - channel if spec.colour == "rgb" else channel)
        cv2.LUT(plane, table, dst=tensor[channel])
    if np.issubdtype(dtype, np.integer):
        tensor = np.rint(tensor)
    batch = tensor[None] if spec.layout == "nchw" else np.ascontiguousarray(tensor.transpose(1, 2, 0)[None])
    return batch.astype(dtype, copy=False), placement


def _is_plain(spec: InputSpec) -> bool:
    """Whether the network takes the pixels as they are."""
    return (spec.scale, spec.mean, spec.std) == (1.0, (0.0,) * 3, (1.0,) * 3)


@lru_cache(maxsize=16)
def _tables(spec: InputSpec) -> tuple[Array, ...]:
    """For each channel what the values 0 to 255 become."""
    values = np.arange(256) * spec.scale
    return tuple(((values - mean) / std).astype(np.float32) for mean, std in zip(spec.mean, spec.std, strict=True))
