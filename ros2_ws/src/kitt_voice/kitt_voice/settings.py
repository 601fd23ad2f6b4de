"""The recogniser's settings: when something heard counts as a command."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_core.parameters import param

STEP_S = 0.02
"""Length of a step of the acoustic model in seconds."""

MOTION = frozenset(
    [
        "go",
        "forward",
        "back",
        "left",
        "right",
        "turn_around",
        "faster",
        "slower",
        "follow",
        "come",
        "go_to",
        "go_on",
        "look_around",
        "find",
        "park",
    ]
)
"""Commands that may move the car."""


def steps(seconds: float) -> int:
    """Seconds as a number of steps."""
    return round(seconds / STEP_S)


@dataclass(frozen=True)
class Settings:
    """Settings that may change while the recogniser runs; times in seconds, thresholds are least confidences."""

    threshold: float = param(0.42, "least confidence of a command", low=0.0, high=1.0)
    threshold_motion: float = param(0.55, "least confidence of a command that moves the car", low=0.0, high=1.0)
    threshold_stop: float = param(0.4, "least confidence of «stop»", low=0.0, high=1.0)
    threshold_stop_inside: float = param(0.7, "the same at the end of other words", low=0.0, high=1.0)
    threshold_stop_speaking: float = param(0.5, "the same while the car itself speaks", low=0.0, high=1.0)
    talk: float = param(
        3.0, "how much less a command is believed while people talk; not «stop», nor after «KITT»",
        unit="nats", low=0.0, high=10.0,
    )  # fmt: skip
    patience: float = param(0.16, "silence after a command that nothing can follow", unit="s", low=0.02, high=2.0)
    patience_open: float = param(0.22, "silence after a command that may go on", unit="s", low=0.02, high=2.0)
    patience_stop: float = param(0.08, "silence after «stop»", unit="s", low=0.02, high=1.0)
    patience_stop_inside: float = param(0.12, "the same at the end of other words", unit="s", low=0.02, high=1.0)
    refractory: float = param(0.8, "time before the same command counts again", unit="s", low=0.0, high=10.0)
    onset: float = param(0.5, "speech begins at this probability", low=0.0, high=1.0)
    offset: float = param(0.3, "speech ends below this probability", low=0.0, high=1.0)
    gap: float = param(0.2, "silence that must lie before an utterance", unit="s", low=0.0, high=2.0)
    blank_gap: float = param(0.4, "time without phones that counts as silence", unit="s", low=0.1, high=2.0)
    preroll: float = param(0.4, "time before the onset of speech that is decoded too", unit="s", low=0.0, high=1.0)
    longest: float = param(12.0, "longer utterances are no commands", unit="s", low=1.0, high=30.0)
    wake_word: bool = param(False, "whether «KITT» must be said first; «stop» needs it never")
    wake_open: float = param(5.0, "time after «KITT» in which commands need no other", unit="s", low=0.5, high=60.0)
    lag: float = param(0.0, "how much later than its end the network shows a phone", unit="s", low=-0.2, high=0.5)
    state_reset: float = param(
        10.0, "silence after which the network's state is renewed", unit="s", low=1.0, high=600.0
    )
    beam: float = param(25.0, "paths worse than the best by more, in nats, are dropped", low=5.0, high=100.0)
    abandon: float = param(120.0, "paths worse than free phones by more, in nats, are dropped", low=20.0, high=1000.0)

    def needed(self, command: str, speaking: bool) -> float:
        """The least confidence of a command, while the car itself speaks or not."""
        if command == "stop":
            return self.threshold_stop_speaking if speaking else self.threshold_stop
        if speaking:
            return math.inf
        return self.threshold_motion if command in MOTION else self.threshold
