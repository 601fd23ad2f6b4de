"""The car's own voice, taken out of the microphone's audio: the loudspeaker's samples brought to the same time."""

from __future__ import annotations

import threading
import time

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.audio_queue import Chunk
from kitt_voice.echo import BLOCK, DELAY, PARTITIONS, Array, EchoCanceller
from kitt_voice.features import SAMPLE_RATE, as_float

LEAD = 320
"""The loudspeaker's samples are taken to be so much earlier than they say: an echo must not precede its cause."""
_OFF = 160
"""Samples by which two streams may seem to shift, by the jitter of their stamps, and still count as they were: what the
filter has learnt holds only as long as they stay together, and both may run by another clock than the stamps'."""
_WAIT_S = 0.03
"""So long the loudspeaker's samples are waited for [s], while it plays."""
_LIVE_S = 0.1
_KEPT = 150  # blocks, 3 s: more than audio waits
_NS = 1_000_000_000


class OwnEcho:
    """`played` from any thread, `clean` from one. Until something was played, audio passes as it is."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._blocks: dict[int, Array] = {}
        self._origin_ns: int | None = None  # when the loudspeaker's sample 0 would have left, by its newest block
        self._newest, self._told_s = -1, float("-inf")
        self._canceller = EchoCanceller()
        self._before: Array = np.zeros(2 * DELAY, np.float32)
        self._at: int | None = None  # the loudspeaker's sample beside the microphone's next

    @property
    def delay_ns(self) -> int:
        """How much later than it was captured audio comes out [ns]."""
        return 0 if self._at is None else DELAY * _NS // SAMPLE_RATE

    def played(self, sequence: int, leaves_ns: int, sample_rate: int, samples: Array) -> None:
        """Block number `sequence` of the loudspeaker, (320,) int16, of which the first sample leaves at `leaves_ns`.

        Numbers that are left out were silent.

        Raises:
            KittError: it is not a block of 20 ms at 16 kHz.
        """
        if sample_rate != SAMPLE_RATE or len(samples) != BLOCK:
            raise KittError(
                f"{len(samples)} samples of the loudspeaker at {sample_rate} Hz came",
                f"send {BLOCK} at {SAMPLE_RATE} Hz",
            )
        with self._news:
            if sequence <= self._newest:  # the speaker has begun anew
                self._blocks.clear()
            self._origin_ns = leaves_ns - sequence * BLOCK * _NS // SAMPLE_RATE
            self._blocks[sequence] = as_float(samples)
            self._newest, self._told_s = sequence, time.monotonic()
            for old in [number for number in self._blocks if number <= sequence - _KEPT]:
                del self._blocks[old]
            self._news.notify()

    def clean(self, chunk: Chunk) -> Array:
        """The chunk's samples without the car's own voice, `delay_ns` late: (n,) int16 or float32."""
        near, before = as_float(chunk.samples), self._before
        self._before = np.concatenate((before, near))[-2 * DELAY :]
        if self._origin_ns is None or len(near) % BLOCK:
            self._at = None
            return chunk.samples
        at = round((chunk.stamp_ns - self._origin_ns) * SAMPLE_RATE / _NS) + LEAD
        if self._at is None or chunk.gap or (self._live and abs(at - self._at) > _OFF):
            self._canceller.reset(None if chunk.gap else before)
            self._at = at
        cleaned = []
        for begin in range(0, len(near), BLOCK):
            cleaned.append(self._canceller.process(near[begin : begin + BLOCK], self._beside(self._at)))
            self._at += BLOCK
        return np.concatenate(cleaned)

    @property
    def _live(self) -> bool:
        return time.monotonic() - self._told_s < _LIVE_S

    def _beside(self, at: int) -> Array | None:
        """The loudspeaker's samples from number `at` on; None where it was silent for as long as an echo lasts."""
        first, offset = divmod(at, BLOCK)
        with self._news:
            if self._live:
                self._news.wait_for(lambda: self._newest > first, _WAIT_S)
            if first - PARTITIONS - 1 > self._newest:
                return None
            silence = np.zeros(BLOCK, np.float32)
            pair = [self._blocks.get(number, silence) for number in (first, first + 1)]
        return np.concatenate(pair)[offset : offset + BLOCK]
