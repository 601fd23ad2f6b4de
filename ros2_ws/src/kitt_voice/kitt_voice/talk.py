"""How much people talk: speech that was no command makes the next words less likely to be one.

The confidence is calibrated to utterances one by one. Among people who talk to each other, or beside a television, far
fewer of them are commands; a change of how frequent a class is adds to the logit (Saerens, Latinne and Decaestecker,
"Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14, 2002). Who speaks much
louder than the others is near, and means the car.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from kitt_voice.settings import STEP_S

MEMORY_S = 10.0
"""Talk is forgotten by a factor of e in so long."""
SOME_S, MUCH_S = 2.0, 4.0
"""Up to so much talk is nothing, a sentence that was not understood; from so much on it is full doubt."""
ALIKE_DB, NEARER_DB = 6.0, 12.0
"""Talk that is softer than an utterance by up to the first counts fully, by the second or more not at all."""
_LOUD = 90
"""The percentile of the steps' levels that is an utterance's."""
_HEARD_STEPS = 700
_KEPT = math.exp(-STEP_S / MEMORY_S)
_NOTHING_S = 0.01


class Talk:
    """Speech of late that was no command, older speech counting less."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nobody has spoken."""
        self._levels: deque[float] = deque(maxlen=_HEARD_STEPS)
        self._said: list[tuple[float, float]] = []  # seconds and level

    def step(self, level: float) -> None:
        """A step of 20 ms passes, with the sound's level [dB]; one that is no number is as none."""
        if math.isfinite(level):
            self._levels.append(level)
        if self._said:
            self._said = [(s * _KEPT, db) for s, db in self._said if s > _NOTHING_S]

    def add(self, seconds: float, steps: int) -> None:
        """So much speech within the last steps was no command."""
        self._said.append((seconds, self._level(steps)))

    def doubt(self, most: float, steps: int) -> float:
        """How many nats the logit of a command in the last steps loses, up to `most`."""
        own = self._level(steps)
        seconds = sum(s * _share((NEARER_DB - own + db) / (NEARER_DB - ALIKE_DB)) for s, db in self._said)
        return most * _share((seconds - SOME_S) / (MUCH_S - SOME_S))

    def _level(self, steps: int) -> float:
        heard = list(self._levels)[-max(steps, 1) :]
        return float(np.percentile(heard, _LOUD)) if heard else 0.0


def doubted(confidence: float, nats: float) -> float:
    """A confidence of 0 to 1 whose logit is less by so many nats."""
    wrong = (1.0 - confidence) * math.exp(nats)
    return confidence / (confidence + wrong) if confidence > 0.0 else 0.0


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
