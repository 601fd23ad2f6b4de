"""Photographs and videos from files, with faults told in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".mjpeg", ".ogv"})


def read_picture(path: Path) -> Array:
    """Read a photograph, turned upright as its EXIF data says.

    Returns:
        uint8 (H, W, 3), blue, green, red.

    Raises:
        KittError: the file is missing, no picture, or cut short (OpenCV would fill the rest with grey).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KittError(f"{path} cannot be read ({error.strerror})") from error
    if _is_cut_short(data):
        raise KittError(f"{path} is cut short: its end is missing", "get the file anew")
    picture: Array | None = None
    if data:
        _hush()
        try:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error as error:
            raise KittError(f"{path} cannot be decoded ({error.err})") from error
    if picture is None:
        raise KittError(f"{path} is no picture that OpenCV reads", "give JPEG, PNG, WebP, BMP or TIFF")
    return picture


def list_pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, by name; folders within are not entered. Raises KittError when there is none."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES and path.is_file())
    if not found:
        raise KittError(f"no pictures in the folder {folder}", "it is searched for " + ", ".join(sorted(PICTURES)))
    return found


def read_video(path: Path) -> Iterator[tuple[float, Array]]:
    """The frames of a video, uint8 (H, W, 3), with their time in seconds. Raises KittError for an unreadable one."""
    _hush()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        count = 0
        while True:
            good, frame = capture.read()
            if not good:
                break
            yield count / rate, frame
            count += 1
    finally:
        capture.release()
    if not count:
        raise KittError(f"{path} is no video that OpenCV reads")


def _hush() -> None:
    """Keep FFmpeg and OpenCV from printing their own lines about a bad file beside ours."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    logging = getattr(cv2.utils, "logging", None)  # not in every version
    if logging is not None:
        logging.setLogLevel(logging.LOG_LEVEL_SILENT)


def _is_cut_short(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end marker."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" not in data[8:]
    if not data.startswith(b"\xff\xd8"):
        return False
    # The marker may stand in a thumbnail too: it counts only behind the first scan's header.
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        if data[place + 1] == 0xDA:
            return data.find(b"\xff\xd9", place) < 0
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return True
