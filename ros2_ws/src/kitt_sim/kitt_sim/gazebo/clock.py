"""Gazebo's simulated time as stamps."""

from __future__ import annotations

from collections import deque

_WINDOW = 50
"""Observations: one second of ticks."""


class StampClock:
    """Stamps that continue the system's time.

    With `follow` they stay the system's: an observation's delay is never negative, so the least difference in the last
    second is that of the clocks (as in Cristian's clock synchronisation); where Gazebo is slower than real time the
    stamps keep up. Without, they run as Gazebo's time does: whoever uses them takes the time from /clock.
    """

    def __init__(self, *, follow: bool) -> None:
        self._follow = follow
        self._offsets: deque[int] = deque(maxlen=_WINDOW)
        self._epoch: int | None = None

    def observe(self, seconds: float, now_ns: int) -> None:
        """Simulated time was `seconds` when the system's clock read at most `now_ns`."""
        self._offsets.append(now_ns - round(seconds * 1e9))
        if self._follow or self._epoch is None:
            self._epoch = min(self._offsets)

    def stamp_ns(self, seconds: float) -> int:
        """The stamp of a simulated time [s], in nanoseconds."""
        return (self._epoch or 0) + round(seconds * 1e9)
