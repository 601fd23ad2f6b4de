"""Was another word meant? The channel, the language model and the frequency of words, weighed against each other."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.correction_channel import Channel
from kitt_text.correction_dictionary import LANGUAGES, Dictionary, unmarked
from kitt_text.correction_words import Word

Array = np.ndarray[Any, Any]

CANDIDATES = 8
"""So many candidates are rated, the written word besides."""
IN_CONTEXT = 6
"""So many of them, the written word among them, are rated in their context."""
KNOWN_ZIPF = 4.0
"""Words as frequent as this are taken for right without asking the network."""
CLEAR = 0.99
"""The context is not asked where the network alone is so sure."""
LEFT_CHARS, RIGHT_CHARS = 48, 32
KEPT = 20_000
"""Words whose rating is kept; text repeats itself."""


class ContextScorer(Protocol):
    """What rates words in their context; `language_model.LanguageModel` does."""

    def score(self, left: str, candidates: Sequence[str], right: str) -> Array:
        """Log-probabilities (N,) of candidates between `left` and `right`."""


@dataclass(frozen=True)
class Weights:
    """How the parts are weighed, fitted to held-out text (kitt_learning.text.correction_fit).

    Attributes:
        channel: of the network's log-probability. context: of the language model's.
        stay: for the word as written. capital: for it where it begins a sentence with a capital.
        threshold: least probability of a word that takes the place of the written one.
    """

    channel: float = 1.0
    context: float = 0.0
    stay: float = 0.0
    capital: float = 1.0
    threshold: float = 0.7


@dataclass(frozen=True)
class Rated:
    """Candidates of a written word, that word first, and their log-probabilities without context (N,)."""

    candidates: tuple[str, ...]
    channel: Array


@dataclass(frozen=True)
class Verdict:
    """The likeliest other word, the probability that it was meant, and whether that is enough to write it."""

    word: str
    probability: float
    replace: bool


class Judge:
    """Rates the words of one language; may be used from any thread."""

    def __init__(
        self,
        known: Dictionary,
        channel: Channel,
        weights: Mapping[str, Weights],
        scorer: ContextScorer | None = None,
        own: frozenset[str] = frozenset(),
    ) -> None:
        """`weights`: «context» for use with a scorer, «alone» without. `own`: further words that are right."""
        self.known, self.scorer = known, scorer
        self.weights = weights["context" if scorer else "alone"]
        self._channel = channel
        self._own = own
        self._rated: OrderedDict[str, Rated] = OrderedDict()

    def doubts(self, word: Word) -> bool:
        """Whether a word is to be looked at closely; common words and those of the commands are not."""
        if word.alone or word.lower in self._own:
            return False
        zipf = self.known.zipf.get(word.lower, 0.0)
        if zipf < KNOWN_ZIPF:
            return True
        others = self.known.accents.get(unmarked(word.lower), ())
        return any(self.known.zipf[other] > zipf + 0.5 for other in others if other != word.lower)

    def rate(self, written: str) -> Rated:
        """The candidates of a written word (lower case) without context."""
        found = self._rated.get(written)
        if found is None:
            candidates = (written, *self.known.candidates(written, CANDIDATES))
            found = Rated(candidates, self._channel.rate(self.known, written, candidates))
            self._rated[written] = found
            if len(self._rated) > KEPT:
                self._rated.popitem(last=False)
        return found

    def evidence(self, word: Word, left: str, right: str) -> tuple[Rated, Array]:
        """The rating of a word, of its likeliest candidates only, and their log-probabilities in context (N,).

        Zeros where there is no scorer, or no need for one.
        """
        rated = self.rate(word.lower)
        if len(rated.candidates) == 1:
            return rated, np.zeros(1)
        order = [0, *(int(at) for at in np.argsort(-rated.channel[1:])[: IN_CONTEXT - 1] + 1)]
        few = Rated(tuple(rated.candidates[at] for at in order), rated.channel[order])
        if self.scorer is None or np.exp(few.channel.max()) >= CLEAR:
            return few, np.zeros(len(order))
        if len(left) > LEFT_CHARS:
            left = left[-LEFT_CHARS:].partition(" ")[2]
        right = right[:RIGHT_CHARS]
        scores = np.asarray(self.scorer.score(left, few.candidates, right), np.float64)
        return few, np.clip(scores - scores.max(), -25.0, 0.0)

    def weigh(self, word: Word, rated: Rated, context: Array) -> Verdict:
        """The decision about a word from what `evidence` found."""
        best, probability = likeliest(self.weights, word, rated, context)
        return Verdict(rated.candidates[best], probability, probability >= self.weights.threshold)


def likeliest(weights: Weights, word: Word, rated: Rated, context: Array) -> tuple[int, float]:
    """The number of the likeliest candidate other than the written word, and its probability; 0, 0.0 without one."""
    if len(rated.candidates) == 1:
        return 0, 0.0
    scores = weights.channel * rated.channel + weights.context * context
    scores[0] += weights.stay + (weights.capital if word.text[0].isupper() else 0.0)
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    best = int(np.argmax(shares[1:])) + 1
    return best, float(shares[best]) if math.isfinite(shares[best]) else 0.0


def read_weights(file: Path) -> dict[str, dict[str, Weights]]:
    """Weights by language and by «context» or «alone».

    Raises:
        KittError: the file is missing, or not as it should be.
    """
    try:
        raw = json.loads(file.read_text("utf-8"))
        names = {field.name for field in fields(Weights)}
        found = {
            language: {
                kind: Weights(**{name: float(raw[language][kind][name]) for name in names})
                for kind in ("context", "alone")
            }
            for language in LANGUAGES
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KittError(f"{file} cannot be used: {error}", "`git checkout models/kitt_correct`") from error
    if not all(math.isfinite(getattr(w, n)) for kinds in found.values() for w in kinds.values() for n in names):
        raise KittError(f"{file} has numbers that are not finite", "`git checkout models/kitt_correct`")
    return found
