"""Looking inside the completer: the gates obey their formulas, what is expected are probabilities."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.inside import LONGEST, TextInspector

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def words():
    return TextInspector()


@pytest.mark.parametrize(
    ("text", "language"),
    [("I would like to", "en"), ("je voudrais aller à la", "fr"), ("me gustaría ir a la", "es"), ("turn left", "en")],
)
def test_a_sentence_grows(words, text, language):
    look = words.look(text)
    assert look.language == language and look.deviation < 1e-5
    assert len(look.steps) == len(look.gates.c) >= len(text.split())
    assert "".join(step.piece for step in look.steps).replace("▁", "") == text.lower().replace(" ", "")
    for step in look.steps:
        chances = [chance for _, chance in step.expected]
        assert chances == sorted(chances, reverse=True) and 0 < sum(chances) <= 1.0 and step.surprise >= 0
    assert [begun.strip() for begun, _ in look.next_words][-1] == text
    for _, following in look.next_words:
        assert sum(chance for _, chance in following) <= 1.0 + 1e-6


def test_the_state_tells_contexts_apart(words):
    one, other = words.look("I would like to", "en"), words.look("they went to", "en")
    assert np.abs(one.gates.h[-1] - other.gates.h[-1]).max() > 0.1
    assert dict(one.next_words[-1][1]) != dict(other.next_words[-1][1])


def test_a_command_is_among_the_proposals(words):
    assert any(proposal.command == "stop" for proposal in words.look("sto", "en").proposals)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("  \n", "empty"), ("🚗🚗", "no word"), ("\x00\x01", "control character"),
     ("Привет мир", "no Latin letter"), ("a" * 1_000_000, "too long for a word")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(words, text, reason):
    begin = time.monotonic()
    with pytest.raises(KittError, match=reason):
        words.look(text)
    assert time.monotonic() - begin < 2.0


def test_a_megabyte_of_words_is_bounded(words):
    begin = time.monotonic()
    look = words.look("go on and on " * 80_000)
    assert len(look.steps) <= LONGEST and time.monotonic() - begin < 5.0


def test_an_unknown_language_is_named(words):
    with pytest.raises(KittError, match="«de»"):
        words.look("hallo", "de")
