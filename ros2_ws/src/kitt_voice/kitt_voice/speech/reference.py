"""What leaves the loudspeaker, at 16 kHz in blocks of 20 ms: what an echo canceller needs to know."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kitt_voice.clock import StreamClock
from kitt_voice.echo import BLOCK
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.resample import Array, Resampler, to_int16
from kitt_voice.speech.base import RATE, Samples

_LOOK_BACK_S, _SHIFT_S = 0.2, 0.004
"""All that leaves later by more than this, for so long, does so because the device ran out of samples meanwhile."""
_AFTER = 25
"""Silent blocks that are still told after the last that was not."""


@dataclass(frozen=True)
class Block:
    """(320,) int16 of which the first leaves at `leaves_s` [s of the steady clock]; silent numbers are left out."""

    sequence: int
    leaves_s: float
    samples: Array


class Reference:
    """`tap` from the output's callback; `on_block` is called in a thread of its own, before the sound leaves."""

    def __init__(self, on_block: Callable[[Block], None]) -> None:
        self._on_block = on_block
        self._taken: queue.SimpleQueue[tuple[Samples, float] | None] = queue.SimpleQueue()
        self._clock = StreamClock(RATE, _LOOK_BACK_S, _SHIFT_S)
        self._resampler = Resampler(RATE, SAMPLE_RATE)
        self._rest: Array = np.zeros(0, np.float32)
        self._pulled = self._sequence = 0
        self._silent = _AFTER
        self._thread = threading.Thread(target=self._run, name="reference", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the thread."""
        self._taken.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def tap(self, samples: Samples, leaves_s: float) -> None:
        """The next samples (n,) at `RATE`, the first of which leaves at `leaves_s`; only appends."""
        self._taken.put((samples, leaves_s))

    def _run(self) -> None:
        while (taken := self._taken.get()) is not None:
            for block in self.blocks(*taken):
                self._on_block(block)

    def blocks(self, samples: Samples, leaves_s: float) -> list[Block]:
        """The blocks that these samples complete."""
        lasts_s = len(samples) / RATE
        origin_s = self._clock.stamp(len(samples), leaves_s + lasts_s, lasts_s) - self._pulled / RATE
        self._pulled += len(samples)
        self._rest = np.concatenate((self._rest, self._resampler.push(samples)))
        told = []
        while len(self._rest) >= BLOCK:
            block, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            self._silent = 0 if block.any() else self._silent + 1
            if self._silent < _AFTER:
                told.append(Block(self._sequence, origin_s + self._sequence * BLOCK / SAMPLE_RATE, to_int16(block)))
            self._sequence += 1
        return told
