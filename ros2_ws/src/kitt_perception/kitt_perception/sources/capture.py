"""Cameras, video files and network streams through OpenCV's VideoCapture."""

from __future__ import annotations

import math
import os
from pathlib import Path

import cv2
import numpy as np

from kitt_inference.errors import KittError
from kitt_perception.sources.base import Image, Source, SourceOptions

_DEFAULT_FPS = 15.0


class _Capture(Source):
    """What device, file and stream have in common."""

    def __init__(self, options: SourceOptions) -> None:
        self._options = options
        self._capture: cv2.VideoCapture | None = None

    def grab(self) -> bool:
        return self._capture is not None and self._capture.grab()

    def retrieve(self) -> Image | None:
        if self._capture is None:
            return None
        good, image = self._capture.retrieve()
        return np.asarray(image, dtype=np.uint8) if good and image is not None and image.size else None

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class Device(_Capture):
    """A camera at /dev/videoN, by Video4Linux."""

    def __init__(self, path: str, options: SourceOptions) -> None:
        super().__init__(options)
        self.name = f"camera {path}"
        self._path = Path(path)

    def open(self) -> None:
        if not self._path.exists():
            present = ", ".join(sorted(str(p) for p in Path("/dev").glob("video*"))) or "none"
            raise KittError(
                f"{self.name} does not exist (present: {present})",
                "plug the camera in, or name another source; in a container pass the device in with --device",
            )
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise KittError(
                f"{self.name} may not be read by this user", "sudo usermod -aG video $USER, then log in again"
            )
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2)
        if not capture.isOpened():
            capture.release()
            raise KittError(
                f"{self.name} cannot be opened as a camera",
                f"see whether another program holds it (fuser {self._path}); or try its other number",
            )
        # MJPEG first: over USB 2 raw 640x480 leaves little room for anything else, and larger pictures do not fit.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        for key, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, self._options.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, self._options.height),
            (cv2.CAP_PROP_FPS, self._options.fps),
        ):
            if value:
                capture.set(key, value)
        # An old picture in the driver's queue is worth nothing.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._capture = capture

    def grab(self) -> bool:
        if not super().grab():
            raise KittError(
                f"{self.name} gives no more pictures", "see that its plug is tight and dmesg shows no error"
            )
        return True


class VideoFile(_Capture):
    """A video file, at its own rate (or options.fps), repeated when options.loop."""

    def __init__(self, path: Path, options: SourceOptions) -> None:
        super().__init__(options)
        self.name = f"video {path}"
        self._path = path
        self._frames = 0

    def open(self) -> None:
        if not self._path.is_file():
            raise KittError(f"{self.name} does not exist", "check the path")
        # The orientation in the file's metadata is applied by OpenCV itself.
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            capture.release()
            raise KittError(
                f"{self.name} is not a video that can be read", "convert it: ffmpeg -i IN -c:v libx264 OUT.mp4"
            )
        own = capture.get(cv2.CAP_PROP_FPS)
        # Files without a rate report 0, NaN or the time base (90000).
        fps = self._options.fps or (own if math.isfinite(own) and 0 < own <= 1000 else _DEFAULT_FPS)
        self.period_s = 1.0 / fps
        self._frames = 0
        self._capture = capture

    def grab(self) -> bool:
        if super().grab():
            self._frames += 1
            return True
        if self._frames == 0:
            raise KittError(f"{self.name} holds no pictures", "check the file; it may be cut short")
        if not self._options.loop:
            return False
        # Reopened rather than rewound: seeking is inexact, or not possible, in many containers.
        self.close()
        self.open()
        return self.grab()


class Stream(_Capture):
    """A network stream: http(s) MJPEG, rtsp, or whatever FFmpeg opens."""

    def __init__(self, url: str, options: SourceOptions) -> None:
        super().__init__(options)
        self.name = f"stream {without_password(url)}"
        self._url = url

    def open(self) -> None:
        timeout_ms = int(self._options.timeout_s * 1000)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms]
        capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            capture.release()
            raise KittError(f"{self.name} cannot be opened", "see that its server runs, is reachable and sends video")
        self._capture = capture

    def grab(self) -> bool:
        if not super().grab():
            raise KittError(f"{self.name} broke off", "see that its server runs and the network holds")
        return True


def without_password(url: str) -> str:
    """The URL without what stands between scheme and host: messages end up in logs."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
