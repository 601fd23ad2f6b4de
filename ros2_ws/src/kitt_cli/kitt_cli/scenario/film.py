"""The camera's pictures of a run, kept as JPEG, and the video made of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt_inference.errors import KittError
from kitt_sim.scenarios.record import Record

_HZ = 15.0
_INK, _RIM = (255, 255, 255), (20, 20, 20)


@dataclass
class Film:
    """Pictures with their times [s]; where `all` is false only the newest is kept."""

    all: bool = False
    frames: list[tuple[float, bytes]] = field(default_factory=list)

    def take(self, jpeg: bytes, t: float) -> None:
        """Keep a picture."""
        if not self.all:
            self.frames.clear()
        self.frames.append((t, jpeg))

    def newest(self) -> NDArray[np.uint8] | None:
        """The last picture, BGR (H, W, 3); None without one."""
        return _decoded(self.frames[-1][1]) if self.frames else None

    def save(self, path: Path, record: Record) -> None:
        """Writes an MP4 at 15 pictures a second with state, speed and words below.

        Raises:
            KittError: the file cannot be written, or there are no pictures.
        """
        first = self.newest()
        if first is None:
            raise KittError("there are no pictures for a video", "look whether the camera speaks")
        height, width = first.shape[:2]
        code = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(path), code, _HZ, (width, height))
        if not writer.isOpened():
            raise KittError(
                f"{path} cannot be written as a video", "give a file that ends in .mp4, in a folder of yours"
            )
        written = 0
        for i, (t, jpeg) in enumerate(self.frames):
            until = self.frames[i + 1][0] if i + 1 < len(self.frames) else t + 1 / _HZ
            picture = _decoded(jpeg)
            if picture is None:
                continue
            _caption(picture, record, t)
            while written / _HZ < until - self.frames[0][0]:  # a picture stays until the next one came
                writer.write(picture)
                written += 1
        writer.release()


def check(path: Path) -> None:
    """Whether a video may be written there; asked before a run, since it is written after it.

    Raises:
        KittError: it may not.
    """
    if path.suffix.lower() != ".mp4" or path.is_dir() or not os.access(path.resolve().parent, os.W_OK):
        raise KittError(
            f"{path} cannot be written", "give a file that ends in .mp4, in a folder that exists and is yours"
        )


def _decoded(jpeg: bytes) -> NDArray[np.uint8] | None:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else np.asarray(picture, np.uint8)


def _caption(picture: NDArray[np.uint8], record: Record, t: float) -> None:
    speed = next((s.speed for s in reversed(record.samples) if s.t <= t), 0.0)
    said = [n.what for n in record.sayings if t - 4.0 <= n.t <= t]
    rows = [f"{t:5.1f} s  {speed:4.2f} m/s  {record.state_at(t).what}", *(f'KITT: "{text}"' for text in said[-1:])]
    for i, row in enumerate(rows):
        words, place = row.encode("ascii", "replace").decode(), (10, picture.shape[0] - 34 + 22 * i)
        for colour, thick in ((_RIM, 4), (_INK, 1)):
            cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, thick, cv2.LINE_AA)
