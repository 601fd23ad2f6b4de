"""The car's own voice is no command: when the speaker plays."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from kitt_inference.errors import KittError

# Utterances remembered: at one a second more than any recogniser looks back.
_KEPT = 64


@dataclass(frozen=True)
class DuckingSettings:
    """tail_s: the room's echo after an utterance [s]. lead_s: the speaker's clock may be late by so much."""

    tail_s: float = 0.3
    lead_s: float = 0.05

    def __post_init__(self) -> None:
        if self.tail_s < 0 or self.lead_s < 0:
            raise KittError(f"tail {self.tail_s} s and lead {self.lead_s} s must not be negative")


class OwnVoice:
    """Knows when the speaker plays, from kitt_interfaces/SpeakerState. Times are in seconds of one clock."""

    def __init__(self, settings: DuckingSettings | None = None) -> None:
        self.settings = settings or DuckingSettings()
        self._played: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def told(self, speaking: bool, begin_s: float, end_s: float, now_s: float) -> None:
        """A state of the speaker: it plays from begin_s until end_s; ``speaking`` false: it is silent at now_s.

        The state comes again and again; the same begin renews an utterance's end. An utterance that was broken off
        ends when the speaker falls silent.
        """
        if not speaking:
            self._played = deque(((b, min(e, max(b, now_s))) for b, e in self._played), maxlen=_KEPT)
            return
        interval = (begin_s, max(begin_s, end_s, now_s))
        if self._played and abs(self._played[-1][0] - begin_s) < 1e-3:
            self._played[-1] = interval
        else:
            self._played.append(interval)

    def playing_between(self, begin_s: float, end_s: float) -> bool:
        """Whether the car's own voice, or its echo, was in the room at any time from begin_s to end_s."""
        lead, tail = self.settings.lead_s, self.settings.tail_s
        return any(b - lead <= end_s and begin_s <= e + tail for b, e in self._played)

    def playing_at(self, time_s: float) -> bool:
        """Whether it is there at one time."""
        return self.playing_between(time_s, time_s)
