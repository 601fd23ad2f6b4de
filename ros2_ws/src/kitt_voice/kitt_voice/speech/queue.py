"""What is to be said, and in which order. Pure: times are given, nothing is read or played."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass

CHAT, ANSWER, SAFETY = 0, 1, 2
"""Priorities, as in kitt_interfaces/Say."""


@dataclass(frozen=True)
class Utterance:
    """Something to say. `asked_s`: when, on a clock of one's choice [s]."""

    text: str
    language: str
    priority: int
    asked_s: float


class Fate(enum.Enum):
    """What became of an utterance that was put."""

    WAITS = "waits"
    MERGED = "merged with the same text"
    NO_ROOM = "no room"
    TOO_OLD = "too old"
    EMPTY = "nothing to say"


@dataclass(frozen=True)
class QueueSettings:
    """most: utterances that wait. stale_s: how long chat, answers and safety messages are worth saying [s]."""

    most: int = 16
    stale_s: tuple[float, float, float] = (5.0, 8.0, 10.0)


class SpeechQueue:
    """Bounded; the highest priority first, within one the oldest first. Not safe between threads by itself."""

    def __init__(self, settings: QueueSettings | None = None) -> None:
        self.settings = settings or QueueSettings()
        self.dropped: Counter[Fate] = Counter()
        self._waiting: list[Utterance] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, utterance: Utterance, now_s: float, playing: Utterance | None = None) -> Fate:
        """Take an utterance; `playing`: what is being said now, which the same text joins."""
        fate = self._put(utterance, now_s, playing)
        if fate is not Fate.WAITS:
            self.dropped[fate] += 1
        return fate

    def take(self, now_s: float) -> Utterance | None:
        """The next to say; those that have become too old are dropped."""
        self._drop_stale(now_s)
        if not self._waiting:
            return None
        best = max(self._waiting, key=lambda u: u.priority)  # the first of the highest
        self._waiting.remove(best)
        return best

    def interrupts(self, playing: Utterance, now_s: float) -> bool:
        """Whether a safety message waits while something less important is said."""
        self._drop_stale(now_s)
        return playing.priority < SAFETY and any(u.priority >= SAFETY for u in self._waiting)

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def _put(self, new: Utterance, now_s: float, playing: Utterance | None) -> Fate:
        if self._is_stale(new, now_s):
            return Fate.TOO_OLD
        if playing is not None and _same(playing, new) and playing.priority >= new.priority:
            return Fate.MERGED
        for i, old in enumerate(self._waiting):
            if _same(old, new):
                newer = max(old.asked_s, new.asked_s)
                self._waiting[i] = Utterance(old.text, old.language, max(old.priority, new.priority), newer)
                return Fate.MERGED
        self._drop_stale(now_s)
        if len(self._waiting) >= self.settings.most:
            least = min(self._waiting, key=lambda u: u.priority)  # the oldest of the lowest
            if least.priority > new.priority:
                return Fate.NO_ROOM
            self._waiting.remove(least)
            self.dropped[Fate.NO_ROOM] += 1
        self._waiting.append(new)
        return Fate.WAITS

    def _is_stale(self, utterance: Utterance, now_s: float) -> bool:
        return now_s - utterance.asked_s > self.settings.stale_s[min(max(utterance.priority, CHAT), SAFETY)]

    def _drop_stale(self, now_s: float) -> None:
        kept = [u for u in self._waiting if not self._is_stale(u, now_s)]
        self.dropped[Fate.TOO_OLD] += len(self._waiting) - len(kept)
        self._waiting = kept


def _same(one: Utterance, other: Utterance) -> bool:
    return (one.text, one.language) == (other.text, other.language)
