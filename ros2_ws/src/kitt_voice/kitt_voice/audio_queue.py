"""Audio on its way from a callback to the recogniser's thread, and from sample times back to capture times. No ROS."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.features import SAMPLE_RATE

Array = np.ndarray[Any, Any]

KEPT_S = 2.0
"""A thread that falls further behind loses the oldest audio."""
JUMP_S = 0.05
"""Stamps that are off by more than this from where the last chunk ended mean that audio is missing between."""
_NS = 1_000_000_000


@dataclass(frozen=True)
class Chunk:
    """int16 samples (n,) captured from `stamp_ns` on; `gap`: what came before them is missing."""

    sequence: int
    stamp_ns: int
    samples: Array
    gap: bool = False

    @property
    def end_ns(self) -> int:
        """Capture time of the end."""
        return self.stamp_ns + len(self.samples) * _NS // SAMPLE_RATE


class ChunkQueue:
    """`put` never blocks; `take` waits. Counts gaps in the audio and the seconds dropped because nobody took them."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._chunks: deque[Chunk] = deque()
        self._waiting = 0  # samples
        self._last: Chunk | None = None
        self._closed = False
        self.gaps = 0
        self.dropped_s = 0.0

    def put(self, sequence: int, stamp_ns: int, sample_rate: int, samples: Array) -> None:
        """Append a chunk.

        Raises:
            KittError: it is not at 16 kHz, or empty.
        """
        if sample_rate != SAMPLE_RATE or not len(samples):
            raise KittError(
                f"audio of {len(samples)} samples at {sample_rate} Hz came", f"send chunks at {SAMPLE_RATE} Hz"
            )
        chunk = Chunk(sequence, stamp_ns, samples)
        with self._news:
            last = self._last
            if last is not None:
                off_s = abs(stamp_ns - last.end_ns) / _NS
                chunk = replace(chunk, gap=sequence != last.sequence + 1 or off_s > JUMP_S)
                self.gaps += chunk.gap
            self._last = chunk
            self._chunks.append(chunk)
            self._waiting += len(samples)
            while self._waiting > KEPT_S * SAMPLE_RATE and len(self._chunks) > 1:
                oldest = self._chunks.popleft()
                self._waiting -= len(oldest.samples)
                self.dropped_s += len(oldest.samples) / SAMPLE_RATE
                self._chunks[0] = replace(self._chunks[0], gap=True)
            self._news.notify()

    def take(self, timeout_s: float) -> Chunk | None:
        """The oldest chunk; None when none came within the time [s] or the queue is closed."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._chunks, timeout_s)
            if self._closed or not self._chunks:
                return None
            chunk = self._chunks.popleft()
            self._waiting -= len(chunk.samples)
            return chunk

    def close(self) -> None:
        """Let a thread that waits go."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed


class StreamClock:
    """Capture time of a time in the recogniser's stream, which counts only the samples that it was given."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The stream begins anew at 0."""
        self._begins: deque[float] = deque(maxlen=4096)  # more than a minute of chunks of 20 ms
        self._stamps: deque[int] = deque(maxlen=4096)
        self._count = 0

    def note(self, chunk: Chunk) -> None:
        """The next chunk of the stream."""
        self._begins.append(self._count / SAMPLE_RATE)
        self._stamps.append(chunk.stamp_ns)
        self._count += len(chunk.samples)

    def capture_ns(self, stream_s: float) -> int:
        """Capture time [ns] of `stream_s` [s]; 0 before the first chunk was noted."""
        if not self._begins:
            return 0
        at = max(bisect_right(self._begins, stream_s) - 1, 0)
        return self._stamps[at] + round((stream_s - self._begins[at]) * _NS)
