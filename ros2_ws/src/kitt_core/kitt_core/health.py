"""Whether a topic is alive, on time and valid, judged by its contract. Pure: times are given, nothing is read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from kitt_core.contract import Topic


class Level(IntEnum):
    """Levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True, slots=True)
class Health:
    """A verdict: level, one line, and the figures behind it."""

    level: Level
    message: str
    rate_hz: float
    age_s: float | None
    count: int
    invalid: int


class TopicHealth:
    """Counts one topic's messages over a sliding window (s, steady clock)."""

    def __init__(self, topic: Topic, window_s: float = 3.0) -> None:
        self.topic = topic
        self.window_s = window_s
        self.count = 0
        self.invalid = 0
        self.last: float | None = None
        self.last_age_s: float | None = None
        self._arrivals: deque[float] = deque(maxlen=1024)
        self._started: float | None = None

    def start(self, now: float) -> None:
        """Begin to expect messages at ``now``."""
        self._started = now

    def seen(self, now: float, age_s: float | None = None) -> None:
        """A message came at ``now``; ``age_s`` is the age of its stamp, None if it has none."""
        self.count += 1
        self.last, self.last_age_s = now, age_s
        self._arrivals.append(now)

    def refused(self) -> None:
        """A message was not usable."""
        self.invalid += 1

    def rate(self, now: float) -> float:
        """Messages a second over the window, in Hz."""
        while self._arrivals and self._arrivals[0] < now - self.window_s:
            self._arrivals.popleft()
        begin = now - self.window_s if self._started is None else max(now - self.window_s, self._started)
        return len(self._arrivals) / max(now - begin, 0.2)

    def judge(self, now: float) -> Health:
        """The verdict at ``now``: silent is an error, late or off its rate a warning."""
        rate = self.rate(now)
        level, message = self._verdict(now, rate)
        return Health(level, message, rate, self.last_age_s, self.count, self.invalid)

    def _verdict(self, now: float, rate: float) -> tuple[Level, str]:
        contract = self.topic
        if contract.rate_hz is None or contract.on_demand:
            return Level.OK, f"{self.count} so far"
        low, high = contract.rate_hz
        patience = max(3.0 / low, 1.0)
        waiting_since = self.last if self.last is not None else self._started
        if waiting_since is not None and now - waiting_since > patience:
            return Level.ERROR, f"silent for {now - waiting_since:.1f} s"
        if self.last is None:
            return Level.OK, "nothing yet"
        if contract.max_age_s is not None and self.last_age_s is not None and self.last_age_s > contract.max_age_s:
            return Level.WARN, f"{self.last_age_s * 1000:.0f} ms old, at most {contract.max_age_s * 1000:.0f} allowed"
        if self.count > 3 and not 0.8 * low <= rate <= 1.2 * high:
            return Level.WARN, f"{rate:.1f} Hz, {low:g} to {high:g} expected"
        return Level.OK, f"{rate:.1f} Hz"
