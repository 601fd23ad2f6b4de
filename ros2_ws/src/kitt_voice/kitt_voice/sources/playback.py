"""A file or a web address that plays as if it were a microphone."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from kitt_voice.features import SAMPLE_RATE
from kitt_voice.level import at_limit
from kitt_voice.sources.base import Array, Block, SoundOptions, SoundSource
from kitt_voice.sources.files import read_blocks

_BLOCK = 320
# So late a block is not caught up with: the machine was suspended, or the network was slow.
_LATE_S = 0.2


class Playback(SoundSource):
    """Plays at the pace asked for; its samples count as captured while they play."""

    def __init__(self, path: Path | str, options: SoundOptions) -> None:
        self.name = str(path)
        self._path = path
        self._options = options
        self._blocks: Iterator[Array] = iter(())
        self._begin_s = 0.0

    def open(self) -> None:
        self.warning, self.format = "", "file"
        self._blocks = self._opened()
        self._begin_s = time.monotonic()

    def read(self) -> Block | None:
        block = next(self._blocks, None)
        if block is None and self._options.loop:
            self._blocks = self._opened()
            block = next(self._blocks, None)
        if block is None:
            return None
        if len(block) < _BLOCK:
            block = np.pad(block, (0, _BLOCK - len(block)))
        clipped = at_limit(block)
        if self._options.pace <= 0:
            return Block(block, time.monotonic() - _BLOCK / SAMPLE_RATE, clipped)
        lasts_s = _BLOCK / SAMPLE_RATE / self._options.pace
        begin_s, now_s = self._begin_s, time.monotonic()
        if now_s > begin_s + lasts_s + _LATE_S:
            begin_s = now_s - lasts_s
        time.sleep(max(0.0, begin_s + lasts_s - now_s))
        self._begin_s = begin_s + lasts_s
        return Block(block, begin_s, clipped)

    def close(self) -> None:
        if isinstance(self._blocks, Generator):
            self._blocks.close()
        self._blocks, self.format = iter(()), ""

    def _opened(self) -> Iterator[Array]:
        return read_blocks(self._path, _BLOCK, self._warn)

    def _warn(self, line: str) -> None:
        self.warning = line
