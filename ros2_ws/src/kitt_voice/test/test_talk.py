"""How much people talk, and how much less is believed then."""

from __future__ import annotations

import math

import pytest

from kitt_voice.talk import MUCH_S, NEARER_DB, Talk, doubted


def after(seconds: float, silence_s: float = 0.0, db: float = 0.0, then_db: float = 0.0) -> Talk:
    """Talk of a level, silence, and an utterance of ten steps."""
    talk = Talk()
    for _ in range(50):
        talk.step(db)
    talk.add(seconds, 50)
    for _ in range(round(silence_s / 0.02)):
        talk.step(-40.0)
    for _ in range(10):
        talk.step(then_db)
    return talk


def doubt(talk: Talk, most: float = 3.0) -> float:
    return talk.doubt(most, 10)


def test_a_sentence_is_no_talk_and_many_are() -> None:
    assert doubt(Talk()) == doubt(after(1.9)) == 0.0
    assert 0.0 < doubt(after(3.0)) < 3.0
    assert doubt(after(MUCH_S + 60.0)) == 3.0
    assert doubt(after(60.0), most=0.0) == 0.0
    several = after(1.0)
    for _ in range(5):
        several.add(1.0, 10)
    assert doubt(several) == 3.0


def test_talk_is_forgotten() -> None:
    assert doubt(after(5.0, silence_s=1.0)) == 3.0
    assert doubt(after(5.0, silence_s=12.0)) == 0.0
    talk = after(60.0)
    talk.reset()
    assert doubt(talk) == 0.0


def test_who_speaks_much_louder_is_not_doubted() -> None:
    assert doubt(after(60.0, db=-5.0)) == 3.0
    assert doubt(after(60.0, db=5.0)) == 3.0
    assert doubt(after(60.0, db=-NEARER_DB)) == 0.0
    assert 0.0 < doubt(after(6.0, db=-9.0)) < 3.0


def test_a_pause_within_does_not_make_it_soft() -> None:
    talk = after(60.0, db=0.0)
    for level in [0.0] * 20 + [-50.0] * 30:
        talk.step(level)
    assert talk.doubt(3.0, 50) == 3.0


def test_a_level_that_is_no_number_is_as_none() -> None:
    talk = after(60.0)
    for level in (math.nan, math.inf, -math.inf):
        talk.step(level)
    assert doubt(talk) == 3.0


def test_doubt_takes_from_the_logit() -> None:
    assert doubted(0.9, 0.0) == pytest.approx(0.9)
    assert doubted(0.5, 3.0) == pytest.approx(1 / (1 + 2.718281828**3))
    assert doubted(0.0, 3.0) == 0.0
    assert doubted(1.0, 3.0) == 1.0
    assert doubted(1e-12, 10.0) >= 0.0
