"""Pictures for the page: encoded once, and sent together with the boxes that were found in them."""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kitt_console.hub import to_json

_KEPT = 8  # pictures that may wait for their boxes, and boxes for their picture
_PATIENCE_S = 0.4  # without boxes for so long a picture is shown bare


def packet(
    stamp_ns: int, age_s: float, size: list[int] | None, boxes: list[dict[str, Any]] | None, jpeg: bytes
) -> bytes:
    """Length of the JSON (uint32, little endian), the JSON, the JPEG.

    `size` is the width and height [px] in which the boxes are given; boxes are None where nobody looked for any.
    """
    head = to_json({"stamp": stamp_ns / 1e9, "age": age_s, "size": size, "boxes": boxes}).encode()
    return struct.pack("<I", len(head)) + head + jpeg


def shrink(jpeg: bytes, max_width: int, quality: int) -> bytes:
    """A JPEG no wider than `max_width` px; as it came where it is narrow enough or cannot be read."""
    # JPEG decodes to a half, a quarter, an eighth at a fraction of the cost
    head = jpeg_size(jpeg)
    if head is None or head[0] <= max_width:
        return jpeg
    ratio = head[0] / max_width
    flag = cv2.IMREAD_REDUCED_COLOR_4 if ratio >= 4 else cv2.IMREAD_REDUCED_COLOR_2 if ratio >= 2 else cv2.IMREAD_COLOR
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flag)
    return jpeg if image is None else encode(np.asarray(image, np.uint8), max_width, quality) or jpeg


def encode(bgr: npt.NDArray[np.uint8], max_width: int, quality: int) -> bytes:
    """An image (H, W, 3) uint8 BGR as JPEG, no wider than `max_width` px; empty where that is impossible."""
    height, width = bgr.shape[:2]
    if width > max_width:
        size = (max_width, max(1, round(height * max_width / width)))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    good, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes() if good else b""


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height [px] from a JPEG's frame header (ITU-T T.81, B.2.2); None where there is none."""
    at = 2
    if data[:2] != b"\xff\xd8":
        return None
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


Boxes = list[dict[str, Any]]


class FrameSync:
    """Pairs pictures with boxes by their stamp, and lets no more than `max_rate` [Hz] of the pairs through.

    Each method gives what shall be sent now, (stamp [ns], boxes, JPEG), or None. `now` in s, steady clock.
    """

    def __init__(self, max_rate: float) -> None:
        self.max_rate = max_rate
        self._pictures: OrderedDict[int, bytes] = OrderedDict()
        self._boxes: OrderedDict[int, Boxes] = OrderedDict()
        self._next_at = float("-inf")
        self._boxes_at = float("-inf")

    def picture(self, stamp_ns: int, jpeg: bytes, now: float) -> tuple[int, Boxes | None, bytes] | None:
        """A picture has come; it goes bare where nobody looks for objects."""
        if stamp_ns in self._boxes:
            return self._due(stamp_ns, self._boxes.pop(stamp_ns), jpeg, now)
        if now - self._boxes_at > _PATIENCE_S:
            return self._due(stamp_ns, None, jpeg, now)
        _keep(self._pictures, stamp_ns, jpeg)
        return None

    def boxes(self, stamp_ns: int, boxes: Boxes, now: float) -> tuple[int, Boxes | None, bytes] | None:
        """Boxes for the picture of a stamp have come."""
        self._boxes_at = now
        jpeg = self._pictures.pop(stamp_ns, None)
        if jpeg is None:
            _keep(self._boxes, stamp_ns, boxes)
            return None
        return self._due(stamp_ns, boxes, jpeg, now)

    def _due(
        self, stamp_ns: int, boxes: Boxes | None, jpeg: bytes, now: float
    ) -> tuple[int, Boxes | None, bytes] | None:
        if now < self._next_at:
            return None
        # counted from when it was due, not from now: else every other frame of 12 Hz would be lost at 10
        period = 1.0 / self.max_rate
        self._next_at = (self._next_at if now - self._next_at < period else now) + period
        return stamp_ns, boxes, jpeg


def _keep(waiting: OrderedDict[int, Any], stamp_ns: int, value: Any) -> None:
    waiting[stamp_ns] = value
    while len(waiting) > _KEPT:
        waiting.popitem(last=False)
