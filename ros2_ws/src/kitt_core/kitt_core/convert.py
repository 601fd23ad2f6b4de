"""Between messages and plain values: stamps, images, detections. Imports messages, no rclpy.

cv_bridge is not to be had from wheels; the conversions here are the few that KITT needs.
"""

from __future__ import annotations

import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesis, ObjectHypothesisWithPose

from kitt_core.errors import KittError

_NS = 1_000_000_000
_CHANNELS = {"bgr8": 3, "rgb8": 3, "bgra8": 4, "rgba8": 4, "mono8": 1, "8UC1": 1, "8UC3": 3}


def stamp_ns(stamp: Any) -> int:
    """A builtin_interfaces/Time in ns."""
    return int(stamp.sec) * _NS + int(stamp.nanosec)


def to_stamp(ns: int) -> Time:
    """ns as a builtin_interfaces/Time; negative times become zero."""
    seconds, rest = divmod(max(int(ns), 0), _NS)
    return Time(sec=seconds, nanosec=rest)


def image_to_msg(bgr: npt.NDArray[np.uint8], header: Header) -> Image:
    """An image (H, W, 3) uint8 BGR as bgr8."""
    height, width = bgr.shape[:2]
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(bgr).data)  # assigning the ndarray itself checks it element by element
    return Image(header=header, height=height, width=width, encoding="bgr8", step=width * 3, data=data)


def compressed_to_msg(jpeg: bytes, header: Header) -> CompressedImage:
    """JPEG bytes as a CompressedImage."""
    data = array.array("B")
    data.frombytes(jpeg)
    return CompressedImage(header=header, format="bgr8; jpeg compressed bgr8", data=data)


def msg_to_image(message: Any) -> npt.NDArray[np.uint8]:
    """A sensor_msgs/Image as (H, W, 3) uint8 BGR; a view of the message's memory where the encoding allows.

    Raises:
        KittError: an encoding that KITT does not read, or a size that the data does not have.
    """
    encoding = message.encoding
    if encoding not in _CHANNELS:
        raise KittError(f"image encoding {encoding!r} is not read", f"send one of {', '.join(_CHANNELS)}")
    channels = _CHANNELS[encoding]
    height, width, step = message.height, message.width, message.step
    data = np.frombuffer(message.data, dtype=np.uint8)
    if height == 0 or width == 0 or step < width * channels or data.size < height * step:
        raise KittError(
            f"an image of {width}x{height} {encoding} with step {step} came with {data.size} bytes",
            "check the sender's width, height and step",
        )
    pixels = data[: height * step].reshape(height, step)[:, : width * channels].reshape(height, width, channels)
    if encoding.startswith("rgb"):
        pixels = pixels[:, :, [2, 1, 0, *range(3, channels)]]
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, :3]


class DetectionArrays:
    """Fills one Detection2DArray again and again: making its objects anew costs several ms of Python a frame.

    The message that `fill` returns is good until the next call; publish it before.
    """

    def __init__(self) -> None:
        self._array = Detection2DArray()
        self._pool: list[Detection2D] = []

    def fill(
        self,
        header: Header,
        boxes_xyxy: npt.NDArray[np.floating[Any]],
        scores: Sequence[float],
        labels: Sequence[str],
        ids: Sequence[str] = (),
        colors: Sequence[str] = (),
    ) -> Detection2DArray:
        """Boxes (N, 4) in pixels, scores and class names (N each), with the image's header.

        A colour (of a traffic light), where there is one, becomes a second hypothesis with the score 0.

        Raises:
            ValueError: the lengths differ.
        """
        boxes = np.asarray(boxes_xyxy, dtype=np.float64).reshape(-1, 4)
        centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2.0, boxes[:, 2:] - boxes[:, :2]
        names = ids or [""] * len(boxes)
        while len(self._pool) < len(boxes):
            self._pool.append(Detection2D(results=[ObjectHypothesisWithPose()]))
        rows = zip(self._pool, centres.tolist(), sizes.tolist(), scores, labels, names, strict=False)
        if not len(boxes) == len(scores) == len(labels) == len(names):
            raise ValueError(f"{len(boxes)} boxes, {len(scores)} scores, {len(labels)} labels, {len(names)} ids")
        for detection, (x, y), (width, height), score, label, name in rows:
            detection.header, detection.id = header, name
            box = detection.bbox
            box.center.position.x, box.center.position.y = x, y
            box.size_x, box.size_y = width, height
            hypothesis = detection.results[0].hypothesis
            hypothesis.class_id, hypothesis.score = label, float(score)
            del detection.results[1:]
        for detection, color in zip(self._pool, colors, strict=False):
            if color:
                detection.results.append(ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(class_id=color)))
        self._array.header = header
        self._array.detections = self._pool[: len(boxes)]
        return self._array


def msg_to_detections(message: Any) -> list[tuple[str, str, float, tuple[float, float, float, float]]]:
    """A Detection2DArray as (id, label, score, (x_min, y_min, x_max, y_max)); those without hypothesis are left out."""
    rows = []
    for detection in message.detections:
        if not detection.results:
            continue
        best = max(detection.results, key=lambda result: result.hypothesis.score).hypothesis
        x, y = detection.bbox.center.position.x, detection.bbox.center.position.y
        half_w, half_h = detection.bbox.size_x / 2.0, detection.bbox.size_y / 2.0
        rows.append((detection.id, best.class_id, best.score, (x - half_w, y - half_h, x + half_w, y + half_h)))
    return rows


def colors_of(message: Any) -> dict[int, str]:
    """Index in `msg_to_detections` to colour, of those detections that have one."""
    known = [detection for detection in message.detections if detection.results]
    return {i: d.results[1].hypothesis.class_id for i, d in enumerate(known) if len(d.results) > 1}
