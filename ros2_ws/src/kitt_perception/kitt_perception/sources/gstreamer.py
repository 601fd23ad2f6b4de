"""A GStreamer pipeline in a process of its own, read through a pipe.

OpenCV from PyPI has no GStreamer; the program gst-launch-1.0 is on every Jetson and one apt install away elsewhere, and
a pipeline that crashes takes only its own process with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from typing import IO

import numpy as np

from kitt_inference.errors import KittError
from kitt_perception.sources.base import Image, Source, SourceOptions

_PROGRAM = "gst-launch-1.0"


class GStreamer(Source):
    """`gst: nvarguscamerasrc ! ...`: the pipeline up to raw video in system memory; conversion to BGR is appended."""

    def __init__(self, pipeline: str, options: SourceOptions) -> None:
        try:
            self._elements = shlex.split(pipeline)
        except ValueError as error:
            raise KittError(
                f"GStreamer pipeline «{pipeline}» is cut off: {error}", "close the quotation mark"
            ) from error
        if not self._elements:
            raise KittError("the GStreamer pipeline is empty", "write for example: gst: v4l2src device=/dev/video0")
        self.name = f"GStreamer pipeline «{pipeline.strip()}»"
        self._width, self._height = options.width or 640, options.height or 480
        # GStreamer begins each row of a picture at a multiple of four bytes.
        self._stride = (self._width * 3 + 3) // 4 * 4
        self._first_frame_s = max(options.timeout_s, 10.0)  # a camera's start takes longer than its next picture
        self._timeout_s = options.timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._buffer = bytearray(self._stride * self._height)
        self._started = False

    def open(self) -> None:
        if shutil.which(_PROGRAM) is None:
            raise KittError(
                f"{self.name} needs {_PROGRAM}, which is not installed",
                "sudo apt install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
            )
        caps = f"video/x-raw,format=BGR,width={self._width},height={self._height}"
        tail = ["!", "videoconvert", "!", "videoscale", "!", caps, "!", "fdsink", "fd=1"]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process, closed in close()
        self._started = False
        self._process = subprocess.Popen(
            [_PROGRAM, "-q", *self._elements, *tail],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def grab(self) -> bool:
        """Reads one picture whole: a pipe holds but a part of one."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        filled, view = 0, memoryview(self._buffer)
        deadline = time.monotonic() + (self._timeout_s if self._started else self._first_frame_s)
        while filled < len(self._buffer):
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise KittError(f"{self.name} gives no pictures", "see whether the camera in it is free and connected")
            count = os.readv(pipe, [view[filled:]])
            if count == 0:
                raise KittError(f"{self.name} ended: {self._reason()}", f"try it by hand with {_PROGRAM}")
            filled += count
        self._started = True
        return True

    def retrieve(self) -> Image | None:
        rows = np.frombuffer(self._buffer, dtype=np.uint8).reshape(self._height, self._stride)
        return np.ascontiguousarray(rows[:, : self._width * 3]).reshape(self._height, self._width, 3).copy()

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
        if self._errors is not None:
            with contextlib.suppress(OSError):
                self._errors.close()
            self._errors = None

    def _reason(self) -> str:
        """The first line with a complaint that GStreamer wrote."""
        if self._errors is None:
            return "no reason given"
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        return next(
            (line for line in lines if "ERROR" in line or "erroneous" in line), lines[0] if lines else "stream over"
        )
