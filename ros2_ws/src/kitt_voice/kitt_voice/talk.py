"""How much people talk: speech that was no command makes the next words less likely to be one.

The confidence is calibrated to utterances one by one. Among people who talk to each other, or beside a television, far
fewer of them are commands; a change of how frequent a class is adds to the logit (Saerens, Latinne and Decaestecker,
"Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14, 2002). Who speaks much
louder than the others is near, and means the car.
"""

from __future__ import annotations

import math
from collections import deque

MEMORY_S = 10.0
"""Talk is forgotten by a factor of e in so long."""
SOME_S, MUCH_S = 2.0, 4.0
"""Up to so much talk is nothing, a sentence that was not understood; from so much on it is full doubt."""
ALIKE_DB, NEARER_DB = 6.0, 12.0
"""Talk that is softer than an utterance by up to the first counts fully, by the second or more not at all."""
_REMEMBERED = 200
"""Utterances: more than a minute of them, and what is older counts nothing."""


class Talk:
    """Speech of late that was no command, older speech counting less."""

    def __init__(self) -> None:
        self._said: deque[tuple[float, float, float]] = deque(maxlen=_REMEMBERED)  # when, seconds, level

    def reset(self) -> None:
        """Nobody has spoken."""
        self._said.clear()

    def add(self, now_s: float, seconds: float, level: float) -> None:
        """So much speech of a level [dB] was no command."""
        self._said.append((now_s, seconds, level))

    def doubt(self, now_s: float, level: float, most: float) -> float:
        """How many nats the logit of a command of a level [dB] loses, up to `most`."""
        seconds = sum(
            said * math.exp((then - now_s) / MEMORY_S) * _share((NEARER_DB - level + db) / (NEARER_DB - ALIKE_DB))
            for then, said, db in self._said
        )
        return most * _share((seconds - SOME_S) / (MUCH_S - SOME_S))


def doubted(confidence: float, nats: float) -> float:
    """A confidence of 0 to 1 whose logit is less by so many nats."""
    wrong = (1.0 - confidence) * math.exp(nats)
    return confidence / (confidence + wrong) if confidence > 0.0 else 0.0


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
