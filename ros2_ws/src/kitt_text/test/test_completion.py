"""Completion of prose and commands together."""

from __future__ import annotations

import re
import time

import pytest

import tiny_words
from kitt_inference.errors import KittError
from kitt_text.completion import Completer, open_completer
from kitt_text.grammar import default_grammar
from kitt_text.personal import PersonalCache


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return tiny_words.write_all(tmp_path_factory.mktemp("models"))


@pytest.fixture
def completer(models, tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_MODELS", str(models))
    return Completer.open(grammar=default_grammar(), cache=PersonalCache(tmp_path / "phrases.json"))


def texts(found):
    return [item.text for item in found.completions]


def test_a_word_that_was_begun_is_finished(completer):
    found = completer.complete("I need a dri", "en")
    assert "I need a drink" in texts(found)
    drink = next(item for item in found.completions if item.text == "I need a drink")
    assert drink.suffix == "nk" and 0.0 < drink.score <= 1.0 and drink.command == ""
    assert all(text.startswith("I need a dri") for text in texts(found))


def test_the_next_word_stands_behind_a_space(completer):
    assert texts(completer.complete("I need a drink ", "en"))[0] == "I need a drink of"
    assert texts(completer.complete("I need a drink", "en"))[0] == "I need a drink of"
    assert texts(completer.complete("I need a drink of", "en"))[0] == "I need a drink of water"


def test_scores_are_probabilities_best_first_and_few(completer):
    for count in (1, 2, 5):
        found = completer.complete("the ", "en", count=count)
        assert 1 <= len(found.completions) <= count
        assert sum(item.score for item in found.completions if item.suffix.count(" ") == 0) <= 1.0 + 1e-6
    assert len(completer.complete("the ", "en", count=0).completions) <= 3


def test_several_words_are_proposed_when_they_are_likely(completer):
    assert any(text.count(" ") >= 2 for text in texts(completer.complete("the uni", "en")))


def test_capitals_are_restored_and_kept(completer):
    assert "He drives to London" in texts(completer.complete("He drives to lond", "en"))
    assert "HE NEEDS A DRINK" in texts(completer.complete("HE NEEDS A DRI", "en"))
    assert all(text.isupper() for text in texts(completer.complete("THE UNI", "en")))
    assert any(text.startswith(("Drink", "Drive")) for text in texts(completer.complete("Dri", "en")))
    after = texts(completer.complete("He needs water. ", "en"))
    assert after and all(text[len("He needs water. ")].isupper() for text in after)


def test_accents_may_be_missing_in_what_was_typed(completer):
    found = completer.complete("le train part au dep", "fr")
    assert texts(found)[0] == "le train part au départ"
    assert found.completions[0].suffix == "art"
    assert texts(completer.complete("le train part au dèp", "fr")) == []
    assert "el año" in " ".join(texts(completer.complete("el an", "es")))


def test_french_elisions_take_no_space(completer):
    assert "l'homme" in texts(completer.complete("l'h", "fr"))
    assert any(text.startswith("l'") for text in texts(completer.complete("l'", "fr")))
    assert not any("' " in text for text in texts(completer.complete("l'homme boit de ", "fr")))


def test_commands_are_named(completer):
    found = completer.complete("turn lef", "en")
    assert (found.completions[0].text, found.completions[0].command) == ("turn left", "left")
    grammar = default_grammar()
    for text in ("", "t", "go ", "follow the ", "forward two "):
        for item in completer.complete(text, "en", commands_only=True).completions:
            assert item.command == grammar.understand(item.text, "en").command


def test_prose_that_is_no_command_gets_no_command(completer):
    found = completer.complete("the cat sat on the m", "en")
    assert texts(found)[0] == "the cat sat on the mat"
    assert not any(item.command for item in found.completions)


def test_the_language_is_found(completer):
    for text, language in (("the cat sat", "en"), ("le train part au", "fr"), ("ella bebe un vaso de", "es"),
                           ("tourne à g", "fr"), ("gira a la izq", "es"), ("turn le", "en")):  # fmt: skip
        assert completer.complete(text).language == language, text


def test_own_phrases_are_learnt_and_forgotten(completer):
    assert "call Grandma now" not in texts(completer.complete("call g", "en"))
    completer.cache.learn("call Grandma now", "en")
    assert any(text.startswith("call Grandma") for text in texts(completer.complete("call g", "en")))
    assert "call Grandma now" in texts(completer.complete("cal", "en"))
    assert not any("Grandma" in text for text in texts(completer.complete("call g", "fr")))
    completer.cache.clear()
    assert not any("Grandma" in text for text in texts(completer.complete("call g", "en")))


def test_own_commands_come_first_among_the_commands(completer):
    for _ in range(3):
        completer.cache.learn("find the umbrella", "en")
    assert texts(completer.complete("fin", "en", commands_only=True))[0] == "find the umbrella"
    completer.cache.learn("find the unicorn", "en")
    assert "find the unicorn" not in texts(completer.complete("find the u", "en", commands_only=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 1_000_000, "too long"),
        ("😀", "no word"),
        ("😀 🚗 !!", "no word"),
        ("go\x00", "control character U\\+0000"),
        ("\x1b[2J", "control character"),
        ("Привет", "no Latin letter"),
        ("走", "no Latin letter"),
        ("go \udcff", "U\\+DCFF"),
        ("(" * 100_000, "no word"),
    ],
)
def test_garbage_gives_a_reason_at_once(completer, text, reason):
    for only in (False, True):
        begin = time.perf_counter()
        found = completer.complete(text, commands_only=only)
        assert time.perf_counter() - begin < 1.0
        assert found.completions == () and re.search(reason, found.reason)


def test_long_texts_take_bounded_time_and_odd_ones_do_not_fail(completer):
    begin = time.perf_counter()
    found = completer.complete("I need a drink of water and " * 40_000 + "dri", "en")
    assert time.perf_counter() - begin < 3.0
    assert found.completions and found.completions[0].suffix.startswith(("nk", "ve", "n"))
    for text in (
        "",
        " ",
        "\n",
        "a",
        "'",
        "l'",
        "-",
        "10 ",
        "10",
        "3.5 m",
        "I need a (dri",
        "¿Qué",
        "qu",
        "e\u0301t",
        "œ",
    ):
        for language in ("en", "fr", "es", ""):
            found = completer.complete(text, language)
            assert found.completions or found.reason, (text, language)


def test_nothing_fitting_says_so(completer):
    assert "begins with «zzq»" in completer.complete("zzq", "en").reason
    assert "no command of the grammar" in completer.complete("the cat sat", "en", commands_only=True).reason


def test_wrong_options_are_named(completer):
    with pytest.raises(KittError, match=r"no language «de».*en, fr, es"):
        completer.complete("hallo", "de")
    with pytest.raises(KittError, match="-1 is no number"):
        completer.complete("go", "en", count=-1)
    with pytest.raises(KittError, match="no language"):
        open_completer("xx")
    with pytest.raises(KittError, match="no language is given"):
        Completer.open(())


def test_a_text_that_grows_gives_the_same_as_one_that_comes_at_once(models, completer, monkeypatch):
    text = "The cat sat on the mat. He drives the car down the str"
    for end in range(len(text) + 1):
        grown = completer.complete(text[:end], "en")
    monkeypatch.setenv("KITT_MODELS", str(models))
    fresh = Completer.open(("en",), grammar=default_grammar(), cache=PersonalCache(completer.cache.path))
    assert fresh.complete(text, "en") == grown
