"""Texts made speakable: numbers, units, abbreviations; and whatever else may come."""

from __future__ import annotations

import time

import pytest

from kitt_inference.errors import KittError
from kitt_voice.speech.normalise import LANGUAGES, MOST_CHARS, speakable


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "2.5 m", "two point five meters"),
        ("en", "1 km/h, 21 m/s", "one kilometer an hour, twenty-one meters a second"),
        ("en", "-3.25 °C at 10:30", "minus three point two five degrees at ten thirty"),
        ("en", "1,250 kg & 50%", "one thousand two hundred and fifty kilos and fifty percent"),
        ("en", "Is it no. 5? No.", "Is it number five? No."),
        ("en", "Turn e.g. 90°", "Turn for example ninety degrees"),
        ("en", "the 1st of 3 cars", "the 1st of three cars"),
        ("en", "I waited 1 s.", "I waited one second."),
        ("fr", "1,5 m", "un virgule cinq mètre"),
        ("fr", "21 h, 80 %", "vingt et une heures, quatre-vingts pour cent"),
        ("fr", "à 10h30, n° 4", "à dix heures trente, numéro quatre"),
        ("fr", "1 000 m", "mille mètres"),
        ("fr", "le GPS de l'OTAN", "le gé pé esse de l'OTAN"),
        ("fr", "Impossible : 1 min", "Impossible: une minute"),
        ("es", "21 m y 21 h", "veintiún metros y veintiuna horas"),
        ("es", "1 km a las 1:00", "un kilómetro a las una en punto"),
        ("es", "el GPS, p. ej., 2,5 m", "el ge pe ese, por ejemplo, dos coma cinco metros"),
        ("es", "¿Qué ves? ¡Hola!", "Qué ves? Hola!"),
    ],
)
def test_written_out(language, text, words):
    said = speakable(text, language)
    assert " ".join(said.pieces) == words
    assert said.reason == ""


def test_the_first_sentence_can_be_said_while_the_second_is_made():
    text = "I cannot: somebody is in the way. The car to the left is very near, and the truck stands still. Yes, no."
    assert speakable(text, "en").pieces == (
        "I cannot:", "somebody is in the way.", "The car to the left is very near,", "and the truck stands still.",
        "Yes, no.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", " \n\t", "😀🚗", "привет мир", "你好", "\x00\x01\x1b", "...", "-", "/", "°", "²", "\ud800", "\u202e",
        "a" * 1_000_000,
        "_" * 100_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_said_has_a_reason(text, language):
    begin = time.perf_counter()
    said = speakable(text, language)
    assert (said.pieces, bool(said.reason)) == ((), True)
    assert time.perf_counter() - begin < 0.2


@pytest.mark.parametrize(
    "text",
    ["1" * 1_000_000, "1 " * 500_000, ", " * 500_000 + "a", "a b. " * 200_000, "1'000" * 200_000, "A.B." * 250_000],
)
def test_long_texts_are_cut_in_bounded_time(text):
    begin = time.perf_counter()
    said = speakable(text, "fr")
    assert time.perf_counter() - begin < 0.3
    assert sum(map(len, said.pieces)) < 12 * MOST_CHARS
    assert said.reason


def test_what_is_left_out_is_told():
    said = speakable("hello мир 😀", "en")
    assert said.pieces == ("hello",)
    assert said.reason == "letters of another script are left out"
    assert speakable("ok 😀", "en").reason == ""


def test_another_language_is_refused():
    with pytest.raises(KittError, match="no voice for «de»"):
        speakable("hallo", "de")
