"""Still pictures: one file, or a folder of them in the order of their names."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kitt_inference.errors import KittError
from kitt_perception.sources.base import Image, Source, SourceOptions

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
_DEFAULT_FPS = 15.0


class Pictures(Source):
    """A picture, shown over and over, or a folder's pictures one after the other."""

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self.name = f"{'folder' if path.is_dir() else 'picture'} {path}"
        self.period_s = 1.0 / (options.fps or _DEFAULT_FPS)
        self._path = path
        self._loop = options.loop
        self._paths: list[Path] = []
        self._next = 0
        self._bad: set[Path] = set()
        # A single picture is decoded once, not fifteen times a second.
        self._decoded: tuple[Path, Image] | None = None

    def open(self) -> None:
        self._paths = list_pictures(self._path)
        self._next = 0
        self._bad = set()

    def grab(self) -> bool:
        if len(self._bad) == len(self._paths):
            raise KittError(f"{self.name}: none of {len(self._paths)} files can be decoded", "give JPEG or PNG files")
        if self._next >= len(self._paths):
            if not self._loop:
                return False
            self._next = 0
        self._next += 1
        return True

    def retrieve(self) -> Image | None:
        path = self._paths[self._next - 1]
        if self._decoded is None or self._decoded[0] != path:
            image = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
            if image is None:
                self._bad.add(path)
                return None
            self._decoded = (path, np.asarray(image, dtype=np.uint8))
        return self._decoded[1]

    def close(self) -> None:
        self._decoded = None


def list_pictures(path: Path) -> list[Path]:
    """The picture at path, or those directly in the folder path, by name. Raises KittError when there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise KittError(f"{path} does not exist", "check the path")
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
    if not found:
        raise KittError(
            f"folder {path} holds no pictures", f"put files ending in {', '.join(sorted(PICTURE_SUFFIXES))} there"
        )
    return found
