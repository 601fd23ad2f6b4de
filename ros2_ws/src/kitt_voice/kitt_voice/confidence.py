"""A calibrated confidence: logistic regression of a few features of a path (Platt 1999; for speech: Jiang 2005)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.phones import BLANK, INDEX, PHONES
from kitt_voice.decoder import Hypothesis
from kitt_voice.graph import Ints, Pronouncing
from kitt_voice.scoring import align, pronunciations_of
from kitt_voice.tokens import UNIT, Floats, score_of

FEATURES = (
    "phones",  # best score of each phone where it should be, against the best phone there, mean [nat]
    "doubtful",  # share of the phones that are nowhere the best ones, by more than a nat
    "longest",  # logarithm of the longest time from one phone to the next [steps]
    "clarity",  # mean logarithm of the best phone's posterior: low where the network does not know anything
    "length",  # logarithm of the number of phones
    "rest",  # score of the steps that say no phone [nat]: low where there is more than the words, at least `WORST_REST`
    "speech_after",  # mean probability of speech after the last phone: high where speech goes on
    "sentence",  # whether there is more than one word
    "worst_word",  # score of its worst word [nat]: one wrong phone costs as much in a long sentence as in a short one
    "lead",  # over the best other command [nat], at most `MOST_LEAD` either way
)
"""Names of the features."""
VERIFIED = (
    *FEATURES,
    "known",  # the verifier's log posterior of the command, see `verifier.evidence`
    "nothing",  # the same of no command at all
    "verified_lead",  # over the best other command
)
"""Those where a verifier had its say."""

MOST_LEAD = 12.0
WORST_PHONE, WORST_REST = -8.0, -20.0
_DOUBTFUL = -1.0
_MOST_VARIANTS = 6
_LOUD = 90


@dataclass
class Utterance:
    """What has been heard of an utterance, step by step.

    Attributes:
        gains: scores of the phones (P,) against the best one of the step, as `tokens.gains_of` gives them.
        speech: probability of speech.
        clarity: logarithm of the best phone's posterior.
        sounds: what a verifier hears, see `verifier.Verifier`; empty without one.
        levels: how loud each step is [dB]; those that are no number are left out.
    """

    gains: list[Ints] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)
    clarity: list[float] = field(default_factory=list)
    sounds: list[Floats] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    @property
    def level(self) -> float:
        """How loud it is [dB]: what nine in ten of the steps do not exceed."""
        return float(np.percentile(self.levels, _LOUD)) if self.levels else 0.0

    def add(self, gains: Ints, speech: float, clarity: float, sound: Floats | None = None, level: float = 0.0) -> None:
        """A step more."""
        if math.isfinite(level):
            self.levels.append(level)
        if sound is not None:
            self.sounds.append(sound)
        self.gains.append(gains)
        self.speech.append(speech)
        self.clarity.append(clarity)


def features_of(
    hypothesis: Hypothesis, heard: Utterance, lexicon: Pronouncing, other: float | None = None
) -> tuple[float, ...]:
    """The features of a path, in the order of `FEATURES`.

    Args:
        hypothesis: a path with at least one word.
        heard: the utterance that it explains, from the path's step 0 to now.
        lexicon: of the path's language.
        other: the score of the best path with another meaning, None when there is none.
    """
    lead = MOST_LEAD if other is None else max(-MOST_LEAD, min(hypothesis.llr - other, MOST_LEAD))
    said = (len(hypothesis.words) > 1, min(spoken.llr for spoken in hypothesis.words), lead)
    scores = score_of(np.array(heard.gains, np.int64).reshape(-1, len(PHONES))) / UNIT
    words = [spoken.word.text for spoken in hypothesis.words]
    found = align(scores, pronunciations_of(words, lexicon, _MOST_VARIANTS))
    if found is None:  # it was not all heard
        length = math.log(max(hypothesis.phones, 1))
        return (WORST_PHONE, 1.0, 0.0, _mean(heard.clarity), length, WORST_REST, 1.0, *said)
    phones, places = found
    says = places % 2 == 1
    columns = np.array([BLANK, *(INDEX[phone] for phone in phones)])[np.where(says, (places + 1) // 2, 0)]
    path = scores[np.arange(len(scores)), columns]
    begins = np.searchsorted(places, 2 * np.arange(len(phones)) + 1)
    peaks = np.maximum.reduceat(path[says], np.searchsorted(places[says], places[begins]))
    first, last = int(begins[0]), int(np.flatnonzero(says)[-1])
    return (
        float(np.maximum(peaks, WORST_PHONE).mean()),
        float((peaks < _DOUBTFUL).mean()),
        math.log(1 + max(np.diff(begins).max(initial=0), 1)),
        _mean(heard.clarity[first : last + 1]),
        math.log(len(phones)),
        max(float(path[~says].sum()), WORST_REST),
        _mean(heard.speech[last + 1 :]),
        *said,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if len(values) else 0.0


@dataclass(frozen=True)
class Calibration:
    """Coefficients of the regression: confidence = 1 / (1 + exp(-(bias + weights · features)))."""

    bias: float = 1.5
    weights: tuple[float, ...] = (1.0, -1.0, 0.0, 3.0, 0.5, 0.9, -1.0, 0.0, 0.7, 0.3)

    def confidence(self, features: Sequence[float]) -> float:
        """The probability that a path with these features was said, 0 to 1."""
        logit = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read coefficients from JSON: {"bias": number, "weights": {feature: number}}.

        Raises:
            KittError: the file cannot be read or lacks a feature.
        """
        return cls._of(_read(path), FEATURES, path)

    @classmethod
    def load_verified(cls, path: Path) -> dict[str, Calibration]:
        """The same of `VERIFIED`, for each language: {language: {"bias": ..., "weights": ...}}. Raises KittError."""
        return {language: cls._of(values, VERIFIED, path) for language, values in _read(path).items()}

    @classmethod
    def _of(cls, values: Any, names: Sequence[str], path: Path) -> Calibration:
        try:
            weights = tuple(float(values["weights"][name]) for name in names)
            calibration = cls(float(values["bias"]), weights)
        except (ValueError, KeyError, TypeError) as error:
            raise KittError(f"{path} is no calibration ({error!r})", f"it needs bias, weights of {names}") from error
        if not all(math.isfinite(value) for value in (calibration.bias, *calibration.weights)):
            raise KittError(f"{path}: a coefficient is not finite", "fit the calibration again")
        return calibration

    def values(self) -> dict[str, Any]:
        """For JSON, by the names of the features."""
        return {"bias": self.bias, "weights": dict(zip(VERIFIED, self.weights, strict=False))}

    def save(self, path: Path) -> None:
        """Write what `load` reads."""
        _write(path, self.values())


def save_verified(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Write what `Calibration.load_verified` reads, by language."""
    _write(path, {language: calibration.values() for language, calibration in calibrations.items()})


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise KittError(f"{path} is no calibration ({error!r})", "fit it: kitt_learning.speech.calibrate") from error
    if not isinstance(values, dict):
        raise KittError(f"{path} is no calibration", "fit it: kitt_learning.speech.calibrate")
    return values


def fit(
    features: np.ndarray, right: np.ndarray, counts: np.ndarray | None = None, ridge: float = 1.0, rounds: int = 50
) -> Calibration:
    """Fit the coefficients by iteratively reweighted least squares.

    Args:
        features: (N, len(FEATURES)) as `features_of` gives, or (N, len(VERIFIED)).
        right: (N,) whether the path was what was said.
        counts: (N,) how often each counts, above 0; None: once.
        ridge: strength of the pull of the weights of standardised features towards 0.
        rounds: iterations at most.

    Raises:
        KittError: wrong shapes, values that are not finite, or only one kind of example.
    """
    table, target = np.asarray(features, np.float64), np.asarray(right, np.float64)
    columns = table.shape[-1]
    if table.shape != (len(target), columns) or columns not in (len(FEATURES), len(VERIFIED)):
        raise KittError(f"the table of features has the shape {table.shape}", f"give ({len(target)}, {len(FEATURES)})")
    if not np.isfinite(table).all():
        raise KittError("the table of features holds values that are not finite", "leave those examples out")
    if not 0 < target.sum() < len(target):
        raise KittError("the examples are all right or all wrong", "give both")
    count = np.ones(len(target)) if counts is None else np.asarray(counts, np.float64)
    mean = np.average(table, axis=0, weights=count)
    spread = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=count))
    spread[spread < 1e-9] = 1.0
    design = np.column_stack(((table - mean) / spread, np.ones(len(target))))
    pull = np.diag([ridge] * columns + [1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        predicted = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (count * (target - predicted)) - pull @ weights
        curvature = (design * (count * predicted * (1 - predicted))[:, None]).T @ design + pull
        change = np.linalg.solve(curvature, gradient)
        # A bounded step keeps Newton's method from running away where the classes are separable.
        weights += change * min(1.0, 5.0 / max(float(np.abs(change).max()), 1e-12))
        if np.abs(change).max() < 1e-8:
            break
    scaled = weights[:-1] / spread
    return Calibration(float(weights[-1] - scaled @ mean), tuple(float(value) for value in scaled))
