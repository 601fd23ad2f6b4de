"""The calibration of the confidence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.confidence import FEATURES, Calibration, features_of, fit
from kitt_voice.decoder import Hypothesis, Spoken
from kitt_voice.graph import Word


def path(*llrs: float, after: float = 0.0) -> Hypothesis:
    words = tuple(Spoken(Word("word", "en", 4), 10 + 20 * i, 25 + 20 * i, llr) for i, llr in enumerate(llrs))
    return Hypothesis(words, sum(llrs) + after, 5, 0.0, False)


def test_features_are_what_they_are_called():
    speech, clarity = [0.0] * 10 + [0.5] * 50, [-9.0] * 10 + [-0.1] * 50
    values = dict(zip(FEATURES, features_of(path(-1.0, -3.0, after=-2.0), speech, clarity, -14.0), strict=True))
    assert values["llr_per_phone"] == pytest.approx(-6 / 8)
    assert values["worst_word"] == -3.0 and values["after"] == pytest.approx(-2.0)
    assert values["llr_per_step"] == pytest.approx(-6 / 36)
    assert values["speech"] == pytest.approx(0.5) and values["clarity"] == pytest.approx(-0.1)
    assert values["margin"] == pytest.approx(1.0)
    assert np.isfinite(features_of(path(-1.0), [], [])).all()


def test_worse_paths_are_less_sure():
    sure = Calibration()

    def confidence(hypothesis: Hypothesis, speech: float = 1.0, clarity: float = -0.05) -> float:
        return sure.confidence(features_of(hypothesis, [speech] * 60, [clarity] * 60))

    best = confidence(path(0.0, 0.0))
    assert best > 0.9
    assert confidence(path(0.0, -8.0)) < 0.3
    assert confidence(path(0.0, 0.0, after=-8.0)) < 0.4
    assert confidence(path(0.0, 0.0), clarity=-3.0) < 0.4
    assert confidence(path(0.0, 0.0), speech=0.1) < best


def test_a_fit_finds_the_coefficients_and_is_calibrated():
    random = np.random.default_rng(0)
    table = random.normal(size=(20_000, len(FEATURES)))
    weights = np.array([1.0, 0.5, -1.0, 0.0, 2.0, 0.0, 0.3, 0.0, 0.0])
    chance = 1 / (1 + np.exp(-(0.5 + table @ weights)))
    right = random.random(len(table)) < chance
    found = fit(table, right)
    assert np.abs(np.array(found.weights) - weights).max() < 0.12 and abs(found.bias - 0.5) < 0.1
    confidence = np.array([found.confidence(row) for row in table[:4000]])
    sure = confidence > 0.8
    assert abs(right[:4000][sure].mean() - confidence[sure].mean()) < 0.03


def test_a_fit_of_separable_examples_ends():
    table = np.zeros((40, len(FEATURES)))
    table[20:, 0] = 1.0
    found = fit(table, np.arange(40) >= 20)
    assert found.confidence(table[-1]) > 0.8
    assert found.confidence(table[0]) < 0.2


def test_a_fit_without_sense_is_refused():
    with pytest.raises(KittError, match="all right or all wrong"):
        fit(np.zeros((4, len(FEATURES))), np.ones(4))
    with pytest.raises(KittError, match="shape"):
        fit(np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    with pytest.raises(KittError, match="finite"):
        fit(np.full((4, len(FEATURES)), np.nan), np.array([0, 1, 0, 1]))


def test_coefficients_are_kept_in_a_file(tmp_path):
    file = tmp_path / "calibration.json"
    Calibration(1.25, tuple(range(len(FEATURES)))).save(file)
    assert Calibration.load(file) == Calibration(1.25, tuple(float(i) for i in range(len(FEATURES))))
    file.write_text(json.dumps({"bias": 1, "weights": {"speech": 2}}))
    with pytest.raises(KittError, match="no calibration"):
        Calibration.load(file)
    with pytest.raises(KittError, match="no calibration"):
        Calibration.load(tmp_path / "missing.json")
    Calibration(float("nan")).save(file)
    with pytest.raises(KittError, match="not finite"):
        Calibration.load(file)
