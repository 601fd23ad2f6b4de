"""What the synthetic voices are given to say."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kitt_inference.errors import KittError
from kitt_learning.speech import texts
from kitt_learning.speech.spelling import LARGEST, number_words
from kitt_text import numbers
from kitt_text.grammar import default_grammar
from kitt_text.words import tokens

WORDS = ["bateau", "maison", "orange"]


def make(language: str, seed: int = 1, sentences: tuple[str, ...] = ()) -> texts.Texts:
    return texts.Texts(language, random.Random(seed), default_grammar(), sentences, WORDS)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_number_words_are_read_back(language: str) -> None:
    for value in range(LARGEST + 1):
        words = tokens(number_words(value, language))
        assert numbers.number(words, 0, language) == (value, len(words)), words


def test_numbers_agree_with_their_noun() -> None:
    assert number_words(21, "es", before_noun=True) == "veintiún"
    assert number_words(31, "es", before_noun=True) == "treinta y un"
    assert number_words(1, "fr", feminine=True) == "une"
    assert number_words(80, "fr") == "quatre vingts"
    assert number_words(71, "fr") == "soixante et onze"
    with pytest.raises(ValueError, match="1000"):
        number_words(1000, "en")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_commands_are_understood(language: str) -> None:
    source, grammar = make(language), default_grammar()
    lines = [source.draw("command") for _ in range(400)]
    understood = [grammar.understand(line.text, language).command != "" for line in lines]
    assert sum(understood) > 390  # a filler may leave half a name behind
    assert len({line.text for line in lines}) > 150


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", texts.KINDS)
def test_labels_are_plain_words(language: str, kind: str) -> None:
    source = make(language, sentences=("l'été, c'est bien.",))
    for _ in range(50):
        line = source.draw(kind)
        assert line.kind == kind and line.language == language
        assert line.text and line.text == line.text.lower() and all(w.isalpha() for w in line.text.split())


def test_accents_and_apostrophes_for_the_engine() -> None:
    assert texts.accented("arrete toi", "fr") == "arrête toi"
    assert texts.accented("y a t il", "fr") == "y a t il"
    assert texts.accented("va a gauche", "fr") == "va à gauche"
    assert texts.accented("que ves", "es") == "qué ves"
    assert texts.spoken("s il te plaît", "fr") == "s'il te plaît"
    assert texts.spoken("what s ahead", "en") == "what's ahead"
    assert texts.plain("Qu'est-ce que c’est ?") == "qu est ce que c est"


def test_the_same_seed_says_the_same() -> None:
    first, second, other = make("fr", 5), make("fr", 5), make("fr", 6)
    said = [first.draw() for _ in range(30)]
    assert said == [second.draw() for _ in range(30)] != [other.draw() for _ in range(30)]


def test_unknown_language_and_kind_are_named() -> None:
    with pytest.raises(KittError, match="de"):
        make("de")
    with pytest.raises(KittError, match="poem"):
        make("en").draw("poem")


def test_sentences_are_short_clean_and_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_is_in", lambda words, language: True)
    monkeypatch.setattr(texts, "_conversations", lambda language: [])
    folder = tmp_path / "en"
    folder.mkdir()
    lines = [
        f"the {word} is in the {other}."
        for word in ("cat", "dog", "cow", "man")
        for other in ("house", "garden", "car")
    ]
    bad = ["Use HTML now or never.", "It costs 3 euros today.", "I don't know that word.", "Too short."]
    (folder / "a.txt").write_text(" ".join([*lines, *bad]), "utf-8")
    (folder / "b.html").write_text("<html><title>no no no</title><p>A <b>bold</b> word here.</p></html>", "utf-8")
    train, test = (texts.sentences(tmp_path, "en", split) for split in ("train", "test"))
    assert not set(train) & set(test)
    assert set(train) | set(test) == {*lines, "a bold word here."}
