"""A microphone before which files are played: those put into a folder, one after the other, silence between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.sources.base import Array, SoundOptions
from kitt_voice.sources.files import read_blocks
from kitt_voice.sources.parse import SOUND_SUFFIXES
from kitt_voice.sources.playback import Playback

PREFIX = "player:"
_BLOCK = 320
_LOOK_EVERY = 5  # blocks of silence of 20 ms between two looks into the folder


class Player(Playback):
    """Plays each file once, by name, and takes it out of the folder before its first sample.

    So a node that is started again says nothing twice. Put files there whole: write beside, then rename.
    """

    def __init__(self, folder: Path, options: SoundOptions) -> None:
        """Raises KittError when there is no such folder."""
        if not folder.is_dir():
            raise KittError(f"{folder} is no folder to play sounds from", f"make it, or leave {PREFIX} out")
        super().__init__(folder, options)

    def _opened(self) -> Iterator[Array]:
        while True:
            for path in sorted(self._folder.iterdir()):
                if path.suffix.lower() in SOUND_SUFFIXES:
                    yield from self._take(path)
            for _ in range(_LOOK_EVERY):
                yield np.zeros(_BLOCK, np.int16)

    def _take(self, path: Path) -> list[Array]:
        try:
            blocks = list(read_blocks(path, _BLOCK, self._warn))
        except KittError as error:
            blocks = []
            self._warn(str(error))
        path.unlink(missing_ok=True)
        return blocks

    @property
    def _folder(self) -> Path:
        return Path(self._path)
