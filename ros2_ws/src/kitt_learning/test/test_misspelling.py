"""Made misspellings differ from their word by little, and no held-out word is trained on."""

from __future__ import annotations

import random

import pytest

from kitt_learning.text.correction_sentences import Case
from kitt_learning.text.evaluate_correction import measure, word_by_word
from kitt_learning.text.misspelling import misspell, part_of
from kitt_text.correction_channel import align


@pytest.mark.parametrize(("language", "word"), [("en", "definitely"), ("fr", "développement"), ("es", "también")])
def test_made_misspellings_are_near_their_word(language, word):
    dice = random.Random(1)
    made = [misspell(word, language, dice) for _ in range(400)]
    assert sum(one == word for one in made) < 40
    assert len(set(made)) > 60
    assert max(sum(a != b for a, b in align(word, one)) for one in made) <= 6


def test_accents_are_forgotten_most_often():
    dice = random.Random(2)
    made = [misspell("été", "fr", dice) for _ in range(300)]
    assert made.count("ete") > 80


def test_a_word_belongs_to_one_part():
    parts = [part_of(f"word{number}") for number in range(4000)]
    assert 0.07 < parts.count("test") / 4000 < 0.13
    assert 0.03 < parts.count("dev") / 4000 < 0.07
    assert part_of("Receive") == part_of("receive")


def test_figures_count_mended_detected_and_broken():
    text = "the hosue of my bruther stands alone"
    some = [
        Case("en", text, 4, 9, "hosue", "house", "sentence"),
        Case("en", "he seems to bee right today", 12, 15, "bee", "be", "sentence"),
    ]
    table = {"hosue": "house", "bruther": "brother", "bee": "been"}
    found = measure(word_by_word(lambda word: table.get(word, word)), some)
    assert (found["sentences"], found["words"]) == (2, 13)
    assert found["mended"] == 0.5
    assert found["detected"] == 1.0
    assert found["broken"] == pytest.approx(1 / 11)  # «bruther» counts as right here
    assert len(found["mistakes"]) == 2
    nothing = measure(word_by_word(lambda word: word), some)
    assert (nothing["mended"], nothing["detected"], nothing["broken"]) == (0.0, 0.0, 0.0)
