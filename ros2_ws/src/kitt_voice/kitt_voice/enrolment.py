"""Teaching a phrase by a few recordings: its pronunciations are found with the acoustic model as it stands.

Each recording gives the phones that it sounds like. A string of phones is worth what it explains of the *other*
recordings, so that a cough or a slip in one of them does not become a pronunciation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.scoring import Phones, free_phones, free_score, score_phones
from kitt_voice.tokens import Floats

LEAST_RECORDINGS = 3
LEAST_PHONES = 3
"""Shorter phrases would be heard in everything."""
LEAST_AGREEMENT = -2.5
"""A recording that no string from the others explains better than this a phone, in nats, is another phrase."""
_GAIN = 0.15
"""A further pronunciation must be worth so much a phone and recording, in nats."""


@dataclass(frozen=True)
class Taught:
    """Pronunciations of a phrase, best first, and how well the others explain each recording, in nats a phone."""

    pronunciations: tuple[Phones, ...]
    agreement: tuple[float, ...]


def learn(recordings: Sequence[Floats], known: Sequence[Phones] = (), most: int = 3) -> Taught:
    """Find the pronunciations of a phrase.

    Args:
        recordings: posteriors (T, P) of each recording, natural logarithms (`Recogniser.posteriors`).
        known: pronunciations from the lexicon; they stand for themselves in every recording.
        most: so many pronunciations at most.

    Raises:
        KittError: too few recordings, one in which nothing is said, or one that is unlike the others.
    """
    if len(recordings) < LEAST_RECORDINGS:
        raise KittError(f"{len(recordings)} recordings are too few", f"say the phrase {LEAST_RECORDINGS} times or more")
    heard = [free_phones(rows) for rows in recordings]
    short = next((index for index, phones in enumerate(heard) if len(phones) < LEAST_PHONES), None)
    if short is not None:
        raise KittError(
            f"hardly anything is said in recording {short + 1}", "record it again, nearer to the microphone"
        )
    strings = list(dict.fromkeys([*known, *heard]))
    scores = np.column_stack([score_phones(rows, strings) - free_score(rows) for rows in recordings])
    scores /= np.array([len(phones) for phones in heard])  # a phone, whatever the string's own length
    for index, phones in enumerate(heard):
        own = strings.index(phones)
        if phones not in known and heard.count(phones) == 1:
            scores[own, index] = -np.inf
    agreement = scores.max(axis=0)
    if agreement.min() < LEAST_AGREEMENT:
        worst = int(agreement.argmin()) + 1
        raise KittError(
            f"recording {worst} does not sound like the others", "say the same phrase each time, record it again"
        )
    return Taught(_choose(strings, np.maximum(scores, -50.0), most), tuple(float(value) for value in agreement))


def _choose(strings: Sequence[Phones], scores: np.ndarray, most: int) -> tuple[Phones, ...]:
    """Greedily the strings that together explain the recordings best."""
    chosen: list[int] = []
    best = np.full(scores.shape[1], -50.0)
    while len(chosen) < min(most, len(strings)):
        totals = np.maximum(scores, best).mean(axis=1)
        top = int(totals.argmax())
        if chosen and totals[top] < best.mean() + _GAIN:
            break
        chosen.append(top)
        best = np.maximum(best, scores[top])
    return tuple(strings[index] for index in chosen)
