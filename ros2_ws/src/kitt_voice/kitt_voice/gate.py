"""When someone speaks: hysteresis over the probability of speech, and the blanks of the acoustic model."""

from __future__ import annotations

import math

from kitt_voice.settings import Settings, steps

_BLANK = math.log(0.6)
"""A step whose blank is less likely shows a phone."""
_HANGOVER = 25
"""Steps that the spotting of single words goes on after speech has ended."""


class Gate:
    """Tells where utterances begin and end.

    An utterance begins when speech and a phone come after a silence; it is over after another one. A silence is a time
    without speech or a longer one without phones: steady noise may keep the probability of speech up, yet it has none.
    """

    def __init__(self, settings: Settings) -> None:
        """`settings` may be replaced at any time."""
        self.settings = settings
        self.reset()

    def reset(self) -> None:
        """As at the begin of a stream, where silence is taken to have been."""
        self.open = False
        self.silent = self._blanks = 10**6
        self._armed = True
        self._phone = False

    def step(self, speech: float, blank: float) -> None:
        """One step: the probability of speech, and the logarithm of the blank's."""
        if math.isfinite(speech):
            self.open = speech >= (self.settings.offset if self.open else self.settings.onset)
        self.silent = 0 if self.open else self.silent + 1
        self._phone = blank < _BLANK
        self._blanks = 0 if self._phone else self._blanks + 1
        if self.silent >= steps(self.settings.gap) or self._blanks >= steps(self.settings.blank_gap):
            self._armed = True

    @property
    def begins(self) -> bool:
        """Whether an utterance may begin in this step."""
        return self._armed and self.open and self._phone

    @property
    def over(self) -> bool:
        """Whether there has been silence for so long that no utterance goes on."""
        least = self.settings.gap if self.silent else self.settings.blank_gap
        return self._blanks >= steps(max(least, self.settings.patience_open) + 0.08)

    @property
    def active(self) -> bool:
        """Whether someone speaks or has just spoken."""
        return self.silent <= _HANGOVER

    def spend(self) -> None:
        """An utterance has begun: the next one needs another silence."""
        self._armed = False

    def rearm(self) -> None:
        """A command has ended; it had its silence, so that the next utterance may begin at once."""
        self._armed = True
