"""The judge of the voices, with recognisers that hear what they are told to hear."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.speech import evaluation
from kitt_voice.speech.base import RATE
from kitt_voice.speech.evaluation import answers, evaluate, spoken_words


class Silent:
    name = "silent"

    def speak(self, text, language):
        return np.full(RATE, 0.1, np.float32)


def opened(engine, language):
    if engine == "kokoro":
        raise KittError("no model", "fetch it")
    return Silent()


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_ten_answers_of_whole_words(language):
    assert len(answers(language)) == len(set(answers(language))) == 10
    assert not any(set("{}") & set(text) for text in answers(language))


def test_figures_and_spellings_are_the_words_that_are_said():
    assert spoken_words("I am Kit, 5 metres away.", "en") == ["i", "am", "kitt", "five", "meters", "away"]
    assert spoken_words("1 personne et 21 vélos", "fr") == spoken_words("Une personne, et vingt-et-un vélos !", "fr")
    assert spoken_words("35%", "es") == ["treinta", "y", "cinco", "por", "ciento"]


def test_word_error_rates_by_hand(monkeypatch):
    monkeypatch.setattr(evaluation, "open_voice", opened)
    texts = {"en": ["one two three four", "five six"]}
    heard = iter(["one two three four", "five nine ten"])
    asked = []

    def hears(samples, language):
        asked.append((samples.dtype, language))
        return next(heard)

    def knows_no_english(samples, language):
        raise KittError("only French")

    report = evaluate({"ear": hears, "other": knows_no_english}, ["en"], ["espeak", "kokoro"], texts)
    row = report["en"]["espeak"]
    assert row["wer"] == {"ear": 2 / 6}
    assert row["misheard"] == [{"by": "ear", "said": "five six", "heard": "five nine ten"}]
    assert 0.2 < row["per"]["ear"] < 0.5
    assert asked == [(np.dtype(np.int16), "en")] * 2
    assert row["real_time_factor"] > 0
    assert report["en"]["kokoro"] == {"missing": "no model. fetch it"}


def test_words_that_sound_alike_are_no_errors_of_the_voice(monkeypatch):
    monkeypatch.setattr(evaluation, "open_voice", opened)
    texts = {"fr": ["L'arrêt est levé."]}
    row = evaluate({"ear": lambda samples, language: "l'arrêt et levée"}, ["fr"], ["espeak"], texts)["fr"]["espeak"]
    assert row["wer"]["ear"] == 0.5
    assert row["per"]["ear"] < 0.2
