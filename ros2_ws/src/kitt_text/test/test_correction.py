"""Misspelt words are mended, everything else stays; whatever the text is."""

from __future__ import annotations

import heapq
import threading
import time
from functools import lru_cache

import numpy as np
import pytest
import wordfreq

from kitt_inference.errors import KittError
from kitt_text import correction
from kitt_text.correction import Corrector, guess
from kitt_text.correction_channel import align
from kitt_text.correction_dictionary import Dictionary
from kitt_text.correction_judge import read_weights
from kitt_text.correction_words import in_case_of, words_of


@lru_cache(maxsize=3)
def small(language):
    """The commonest words only: the whole dictionary takes seconds."""
    words = wordfreq.get_frequency_dict(language, "small").items()
    return Dictionary.build(language, heapq.nlargest(12_000, words, key=lambda item: item[1]))


@pytest.fixture
def corrector(monkeypatch):
    monkeypatch.setattr(correction, "dictionary", small)
    monkeypatch.setattr(correction, "language_model", lambda _language: (None, "without a language model"))
    return Corrector.open()


@pytest.mark.parametrize(
    ("language", "wrong", "right"),
    [
        ("en", "The networc is down again.", "The network is down again."),
        ("en", "Teh house is very beautifull.", "The house is very beautiful."),
        ("en", "We met lastweek in the park.", "We met last week in the park."),
        ("en", "We went there to gether after school.", "We went there together after school."),
        ("en", "He dont know  what hapened,\tdefinately.", "He don't know  what happened,\tdefinitely."),
        ("fr", "C'est un probleme tres important.", "C'est un problème très important."),
        ("fr", "Il est alle à l'ecole hier.", "Il est allé à l'école hier."),
        ("es", "Mi telefono esta en la habitacion.", "Mi teléfono esta en la habitación."),
        ("es", "Es un regalo para mi familai.", "Es un regalo para mi familia."),
    ],
)
def test_mends_in_a_sentence(corrector, language, wrong, right):
    found = corrector.correct(wrong, language)
    assert found.text == right
    assert found.changed
    assert 0.3 <= found.confidence <= 1.0
    for edit in found.edits:
        assert wrong[edit.begin : edit.end] == edit.original != edit.replacement


@pytest.mark.parametrize(
    "text",
    [
        "Yesterday Rosevelt met Kowalczyk in the park Zzyzx.",
        "Send it to bob.smth@exmaple.org or look at https://exmaple.org/teh for more of it.",
        "It has 3 lgihts4you, def_fucntion(x) and the file networc.py in it.",
        "The BBCC and the NASSA said that my iPhnoe is 12kmh fast.",
        "All of these words are right, and none of them is changed.",
    ],
)
def test_leaves_names_numbers_addresses_code_and_right_words_alone(corrector, text):
    found = corrector.correct(text, "en")
    assert (found.text, found.changed, found.edits) == (text, False, ())
    assert found.reason


@pytest.mark.parametrize(
    ("language", "wrong", "right", "command"),
    [
        ("en", "folow me", "follow me", "follow"),
        ("en", "stpo", "stop", "stop"),
        ("en", "Trun left!", "Turn left!", "left"),
        ("en", "follow my", "follow me", "follow"),
        ("en", "come hear", "come here", "come"),
        ("fr", "avanse de deux metres", "avance de deux metres", "forward"),
        ("es", "gira a la isquierda", "gira a la izquierda", "left"),
    ],
)
def test_near_misses_of_commands(corrector, language, wrong, right, command):
    found = corrector.correct(wrong, language)
    assert found.text == right
    assert command in found.reason
    assert found.confidence < 0.95


@pytest.mark.parametrize(
    "text", ["follow the house", "lights of", "stop", "turn left two meters", "so", "find the cap"]
)
def test_what_may_have_been_meant_otherwise_is_no_near_miss(corrector, text):
    assert corrector.correct(text, "en").text == text


@pytest.mark.parametrize(
    "text",
    [
        "", " \t\n", "😀😀 🚗", "\x00\x01\x1b[31m\x7f", "привет как дела", "你好世界", "مرحبا", "a" * 1_000_000,
        "é" * 1_000_000, "\ud800 lone", "ab " * 300_000, "xq zzk qpl " * 20_000, "'" * 1000, "-- --", "\u0301" * 999,
    ],
)  # fmt: skip
def test_garbage_comes_back_unchanged_in_bounded_time(corrector, text):
    corrector.correct("all is loaded before the clock starts", "en")
    begin = time.monotonic()
    found = corrector.correct(text, "en")
    assert time.monotonic() - begin < 5.0
    assert (found.text, found.changed) == (text, False)
    assert found.reason


def test_who_does_not_wait_for_a_dictionary_gets_the_text_and_why_and_later_the_correction(monkeypatch, corrector):
    go_on = threading.Event()
    monkeypatch.setattr(correction, "dictionary", lambda code: go_on.wait(10.0) and small(code))
    began = time.monotonic()
    for _ in range(3):
        found = corrector.correct("the networc", "en", patience_s=0.01)
        assert (found.text, found.changed) == ("the networc", False) and "is being loaded" in found.reason
    assert time.monotonic() - began < 1.0
    go_on.set()
    assert corrector.correct("the networc", "en", patience_s=10.0).text == "the network"


def test_a_dictionary_that_cannot_be_had_is_told_to_who_does_not_wait(monkeypatch, corrector):
    def none(_language):
        raise KittError("there is no dictionary", "make one")

    monkeypatch.setattr(correction, "dictionary", none)
    for patience in (None, 5.0, 5.0):
        with pytest.raises(KittError, match="no dictionary"):
            corrector.correct("the networc", "en", patience)


def test_the_context_decides(monkeypatch):
    class Likes:
        """A language model that wants one word."""

        def __init__(self, word):
            self.word = word

        def score(self, left, candidates, right):
            assert left.endswith("the ")
            return np.array([0.0 if word == self.word else -12.0 for word in candidates])

    monkeypatch.setattr(correction, "dictionary", small)
    for word in ("house", "horse"):
        found = Corrector.open("en", scorer=Likes(word)).correct("This is the hoese of my brother.")
        assert found.text == f"This is the {word} of my brother."
        found = Corrector.open(scorer={"en": Likes(word)}).correct("This is the hoese of my brother.", "en")
        assert found.text == f"This is the {word} of my brother."


def test_wrong_options_name_what_is_right(corrector, tmp_path):
    with pytest.raises(KittError, match="there are en, fr, es"):
        corrector.correct("hello", "de")
    with pytest.raises(KittError, match="there are en, fr, es"):
        Corrector.open("xx")
    (tmp_path / "weights.json").write_text('{"en": {}}')
    with pytest.raises(KittError, match="git checkout"):
        read_weights(tmp_path / "weights.json")


def test_a_language_is_found_out():
    assert guess("the house is on the hill") == "en"
    assert guess("la maison est sur la colline") == "fr"
    assert guess("la casa está en la colina") == "es"
    assert guess("") == "en"
    for text, language in (("un probleme tres grave", "fr"), ("tres amigos", "es"), ("go to the cafe", "en")):
        assert guess(text) == language, text


def test_words_know_whether_they_may_be_mended():
    found = {word.text: word.alone for word in words_of("Teh l'école, NASA x@y.org Rosevelt 2x. Then naïve", "fr")}
    assert found["Teh"] == found["école"] == found["Then"] == found["naïve"] == ""
    assert found["NASA"] == "capitals"
    assert found["Rosevelt"] == "a name"
    assert found["org"] == found["x"] == "no prose"


def test_case_and_apostrophes_are_those_of_what_was_written():
    assert in_case_of("Teh", "the") == "The"
    assert in_case_of("FOLOW", "follow") == "FOLLOW"
    assert in_case_of("dont’s", "don't") == "don’t"


def test_letters_stand_beside_each_other():
    assert align("network", "networc")[-1] == ("k", "c")
    assert align("friend", "frend") == [("f", "f"), ("r", "r"), ("i", ""), ("e", "e"), ("n", "n"), ("d", "d")]
    assert align("a", "") == [("a", "")]
    for word, written in (("receive", "recieve"), ("abc", "xyz"), ("aab", "ab")):
        pairs = align(word, written)
        assert "".join(a for a, _ in pairs) == word
        assert "".join(b for _, b in pairs) == written


def test_a_broken_cache_is_built_again(monkeypatch, tmp_path):
    from kitt_text import correction_dictionary

    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(wordfreq, "get_frequency_dict", lambda *_: {"house": 1e-4, "été": 1e-5, "x1": 1e-3})
    correction_dictionary.dictionary.cache_clear()
    first = correction_dictionary.dictionary("fr")
    (file,) = (tmp_path / "dictionary").iterdir()
    file.write_bytes(b"nothing")
    correction_dictionary.dictionary.cache_clear()
    assert correction_dictionary.dictionary("fr").zipf == first.zipf == pytest.approx({"house": 5.0, "été": 4.0})
    correction_dictionary.dictionary.cache_clear()
    assert first.candidates("ete", 3) == ["été"]
    assert first.candidates("hosue", 3) == ["house"]
