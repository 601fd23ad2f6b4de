"""A calibrated confidence: logistic regression of a few features of a path (Platt 1999; for speech: Jiang 2005)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.grammar import Understanding
from kitt_voice.decoder import Hypothesis
from kitt_voice.settings import STEP_S

FEATURES = (
    "llr_per_phone",  # log-likelihood ratio of the path against the free phone loop, per phone [nat]
    "worst_word",  # that of its worst word [nat]: one wrong phone costs as much in a long sentence as in a short one
    "after",  # that of the steps after the last word [nat]: low where speech goes on
    "llr_per_step",  # that of the path per step [nat]
    "duration",  # how far the time a phone is from the usual one, absolute value of the ratio's logarithm
    "speech",  # mean probability of speech
    "clarity",  # mean logarithm of the best phone's posterior: low where the network does not know anything
    "phones",  # logarithm of the number of phones
    "margin",  # lead over the best other command per phone [nat], at most 3
)
"""Names of the features."""

USUAL_PHONE_S = 0.085
MOST_MARGIN = 3.0


def features_of(
    hypothesis: Hypothesis, speech: Sequence[float], clarity: Sequence[float], other: float | None = None
) -> tuple[float, ...]:
    """The features of a path, in the order of `FEATURES`.

    Args:
        hypothesis: a path with at least one word.
        speech: the probability of speech in each step of the utterance.
        clarity: the logarithm of the best phone's posterior in each step.
        other: the score of the best path with another meaning, None when there is none.
    """
    words, phones = hypothesis.words, max(hypothesis.phones, 1)
    begin, end = words[0].begin, words[-1].end
    length = max(end - begin + 1, 1)
    return (
        hypothesis.llr / phones,
        min(spoken.llr for spoken in words),
        hypothesis.llr - sum(spoken.llr for spoken in words),
        hypothesis.llr / length,
        abs(math.log(length * STEP_S / (phones * USUAL_PHONE_S))),
        _mean(speech[begin : end + 1]),
        _mean(clarity[begin : end + 1]),
        math.log(phones),
        MOST_MARGIN if other is None else min((hypothesis.llr - other) / phones, MOST_MARGIN),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if len(values) else 0.0


@dataclass(frozen=True)
class Calibration:
    """Coefficients of the regression: confidence = 1 / (1 + exp(-(bias + weights · features)))."""

    bias: float = 1.5
    weights: tuple[float, ...] = (1.2, 0.7, 0.8, 0.0, -0.7, 1.5, 3.0, 0.5, 0.5)

    def confidence(self, features: Sequence[float], meaning: Understanding | None = None) -> float:
        """The probability that a path with these features was said, 0 to 1; `meaning`: what it would command."""
        logit = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read coefficients from JSON: {"bias": number, "weights": {feature: number}}.

        Raises:
            KittError: the file cannot be read or lacks a feature.
        """
        try:
            values = json.loads(path.read_text("utf-8"))
            weights = tuple(float(values["weights"][name]) for name in FEATURES)
            calibration = cls(float(values["bias"]), weights)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KittError(f"{path} is no calibration ({error!r})", f"it needs bias, weights of {FEATURES}") from error
        if not all(math.isfinite(value) for value in (calibration.bias, *calibration.weights)):
            raise KittError(f"{path}: a coefficient is not finite", "fit the calibration again")
        return calibration

    def save(self, path: Path) -> None:
        """Write what `load` reads."""
        values = {"bias": self.bias, "weights": dict(zip(FEATURES, self.weights, strict=True))}
        path.write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def fit(features: np.ndarray, right: np.ndarray, ridge: float = 1.0, rounds: int = 50) -> Calibration:
    """Fit the coefficients by iteratively reweighted least squares.

    Args:
        features: (N, len(FEATURES)) as `features_of` gives.
        right: (N,) whether the path was what was said.
        ridge: strength of the pull of the weights of standardised features towards 0.
        rounds: iterations at most.

    Raises:
        KittError: wrong shapes, values that are not finite, or only one kind of example.
    """
    table, target = np.asarray(features, np.float64), np.asarray(right, np.float64)
    if table.ndim != 2 or table.shape != (len(target), len(FEATURES)) or not np.isfinite(table).all():
        raise KittError(
            f"the table of features has the shape {table.shape}", f"give finite ({len(target)}, {len(FEATURES)})"
        )
    if not 0 < target.sum() < len(target):
        raise KittError("the examples are all right or all wrong", "give both")
    mean, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread < 1e-9] = 1.0
    design = np.column_stack(((table - mean) / spread, np.ones(len(target))))
    pull = np.diag([ridge] * len(FEATURES) + [1e-6])
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        predicted = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (target - predicted) - pull @ weights
        curvature = (design * (predicted * (1 - predicted))[:, None]).T @ design + pull
        change = np.linalg.solve(curvature, gradient)
        # A bounded step keeps Newton's method from running away where the classes are separable.
        weights += change * min(1.0, 5.0 / max(float(np.abs(change).max()), 1e-12))
        if np.abs(change).max() < 1e-8:
            break
    scaled = weights[:-1] / spread
    return Calibration(float(weights[-1] - scaled @ mean), tuple(float(value) for value in scaled))
