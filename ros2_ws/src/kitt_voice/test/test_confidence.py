"""The calibration of the confidence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX, PHONES
from kitt_voice.confidence import FEATURES, WORST_PHONE, WORST_REST, Calibration, Utterance, features_of, fit
from kitt_voice.decoder import Hypothesis, Spoken
from kitt_voice.graph import Word
from kitt_voice.tokens import gains_of

LEXICON = Lexicon.load("en")


def path(text: str, *llrs: float) -> Hypothesis:
    words = tuple(Spoken(Word(word, "en", 4), 0, 9, llr) for word, llr in zip(text.split(), llrs, strict=True))
    return Hypothesis(words, sum(llrs), 5, 0.0, False)


def utterance(*phones: str, after: float = 0.0, clarity: float = -0.01) -> Utterance:
    """Each phone a step, two blanks after it; then ten steps of silence, with `after` as probability of speech."""
    heard = Utterance()
    for phone in [""] * 3 + [part for name in phones for part in (name, "", "")] + [""] * 10:
        row = np.full(len(PHONES), -12.0, np.float32)
        row[INDEX[phone] if phone else 0] = clarity
        heard.add(gains_of(row), after if len(heard.gains) > 3 * len(phones) else 0.9, clarity)
    return heard


def values(hypothesis: Hypothesis, heard: Utterance, other: float | None = None) -> dict[str, float]:
    return dict(zip(FEATURES, features_of(hypothesis, heard, LEXICON, other), strict=True))


def test_features_are_what_they_are_called():
    good = values(path("stop", 0.0), utterance("s", "t", "ɑ", "p", after=0.2), -3.0)
    assert good["phones"] == pytest.approx(0.0, abs=1e-3) and good["doubtful"] == 0.0
    assert good["longest"] == pytest.approx(np.log(4)) and good["length"] == pytest.approx(np.log(4))
    assert good["clarity"] == pytest.approx(-0.01) and good["rest"] == pytest.approx(0.0, abs=1e-3)
    assert good["speech_after"] == pytest.approx(0.2) and good["lead"] == pytest.approx(3.0)
    other = values(path("stop", -12.0), utterance("s", "t", "ɛ", "p"))
    assert other["doubtful"] == 0.25 and other["phones"] == pytest.approx(WORST_PHONE / 4, abs=0.1)
    assert other["worst_word"] == -12.0
    more = values(path("stop", 0.0), utterance("s", "t", "ɑ", "p", "ɪ", "ŋ"))
    assert more["rest"] == WORST_REST and more["doubtful"] == 0.0
    assert values(path("go on", -1.0, -3.0), utterance("ɡ", "oʊ", "ɔ", "n"))["sentence"] == 1.0


def test_what_was_not_heard_is_as_bad_as_can_be():
    assert np.isfinite(features_of(path("stop", -1.0), Utterance(), LEXICON)).all()
    assert values(path("stop", -1.0), Utterance())["phones"] == WORST_PHONE


def test_worse_paths_are_less_sure():
    sure = Calibration()

    def confidence(*phones: str, llr: float = 0.0, **others: float) -> float:
        return sure.confidence(features_of(path("stop", llr), utterance(*phones, **others), LEXICON))

    best = confidence("s", "t", "ɑ", "p")
    assert best > 0.9
    assert confidence("s", "t", "ɛ", "p", llr=-12.0) < 0.3
    assert confidence("s", "t", "ɑ", "p", "ɪ", "ŋ") < 0.4
    assert confidence("s", "t", "ɑ", "p", clarity=-3.0) < 0.4
    assert confidence("s", "t", "ɑ", "p", after=0.9) < best


def test_a_fit_finds_the_coefficients_and_is_calibrated():
    random = np.random.default_rng(0)
    table = random.normal(size=(20_000, len(FEATURES)))
    weights = np.array([1.0, 0.5, -1.0, 0.0, 2.0, 0.0, 0.3, 0.0, 0.0, 0.4])
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


def test_an_example_that_counts_three_times_is_as_three() -> None:
    rng = np.random.default_rng(4)
    table = rng.normal(size=(60, len(FEATURES)))
    right = table[:, 0] + rng.normal(size=60) > 0
    counts = np.where(np.arange(60) < 20, 3.0, 1.0)
    repeated = np.concatenate((np.repeat(np.arange(20), 3), np.arange(20, 60)))
    found, wanted = fit(table, right, counts), fit(table[repeated], right[repeated])
    assert found.weights == pytest.approx(wanted.weights) and found.bias == pytest.approx(wanted.bias)
    assert found.weights != pytest.approx(fit(table, right).weights)


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
