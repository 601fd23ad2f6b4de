"""When a sample was captured: the smoothed clock of an audio stream."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# Observations looked back upon [s]; late callbacks do not matter as long as one in so much time is not late.
_WINDOW_S = 1.0
# What the clock may gain or lose while it follows: 2 %, far more than a crystal's error, far less than a chunk.
_SLEW = 0.02
# Until then it follows at once: the first callbacks of a stream come in bursts.
_SETTLING_S = 0.5
# A greater difference is no jitter: samples were lost, or the stream stood still.
_STEP_S = 0.05


class StreamClock:
    """Maps sample numbers to the time of capture [s of the steady clock].

    A callback may come late, never early: of the observed times minus sample number / rate the smallest of the last
    second is the truth, and the clock moves towards it slowly. Times never go backwards.
    """

    def __init__(self, rate: float, window_s: float = _WINDOW_S, step_s: float = _STEP_S) -> None:
        """rate: nominal sampling rate [Hz]; window_s: looked back upon; step_s: a greater difference is no jitter."""
        self._rate, self._window_s, self._step_s = rate, window_s, step_s
        self._samples = 0
        self._offset: float | None = None
        self._seen: deque[tuple[float, float]] = deque()
        self._last = float("-inf")
        self._step = False

    def lost(self) -> None:
        """Samples were lost: what was observed so far says nothing of the next."""
        self._step = True

    def stamp(self, count: int, now_s: float, latency_s: float) -> float:
        """The capture time of the first sample of the next block.

        Args:
            count: samples in the block.
            now_s: time at which it was handed over.
            latency_s: age of its first sample then, as the driver says; at least the block's own duration counts, for
                some drivers give the age of its last.
        """
        if not 0.0 <= latency_s < 2.0:  # no driver buffers so much: it does not know
            latency_s = 0.0
        observed = now_s - max(latency_s, count / self._rate) - self._samples / self._rate
        if self._step:
            self._seen.clear()
        while self._seen and self._seen[-1][1] >= observed:  # an earlier and greater one is never the smallest again
            self._seen.pop()
        self._seen.append((now_s, observed))
        while self._seen[0][0] < now_s - self._window_s:
            self._seen.popleft()
        self._follow(self._seen[0][1], count)
        assert self._offset is not None
        self._last = max(self._last, self._samples / self._rate + self._offset)
        self._samples += count
        return self._last

    def _follow(self, target: float, count: int) -> None:
        if self._offset is None or self._step or abs(target - self._offset) > self._step_s:
            self._offset, self._step = target, False
        elif self._samples < _SETTLING_S * self._rate:
            self._offset = min(self._offset, target)
        else:
            most = _SLEW * count / self._rate
            self._offset += min(max(target - self._offset, -most), most)


def clocks_apart(clock: Callable[[], int]) -> int:
    """A clock minus the steady clock [ns]; read again where the thread was held up in between."""
    for _ in range(3):
        before = time.monotonic_ns()
        there = clock()
        after = time.monotonic_ns()
        if after - before < 200_000:
            break
    return there - (before + after) // 2
