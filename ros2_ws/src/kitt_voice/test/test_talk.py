"""How much people talk, and how much less is believed then."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kitt_voice.confidence import Utterance
from kitt_voice.talk import MUCH_S, NEARER_DB, Talk, doubted

Case = tuple[Talk, float, Utterance]
"""Talk, the time, and what is said then."""


def utterance(*levels: float) -> Utterance:
    heard = Utterance()
    for level in levels:
        heard.add(np.zeros(1, np.int64), 1.0, 0.0, level=level)
    return heard


def after(seconds: float, silence_s: float = 0.0, db: float = 0.0) -> Case:
    """Talk of a level, silence, and an utterance of ten steps."""
    talk = Talk()
    talk.add(1.0, seconds, utterance(*[db] * 50).level)
    return talk, 1.2 + silence_s, utterance(*[0.0] * 10)


def doubt(case: Case, most: float = 3.0) -> float:
    talk, now_s, heard = case
    return talk.doubt(now_s, heard.level, most)


def test_a_sentence_is_no_talk_and_many_are() -> None:
    assert doubt((Talk(), 0.0, utterance())) == doubt(after(1.9)) == 0.0
    assert 0.0 < doubt(after(3.0)) < 3.0
    assert doubt(after(MUCH_S + 60.0)) == 3.0
    assert doubt(after(60.0), most=0.0) == 0.0
    several = after(1.0)
    for _ in range(5):
        several[0].add(1.2, 1.0, 0.0)
    assert doubt(several) == 3.0


def test_talk_is_forgotten() -> None:
    assert doubt(after(5.0, silence_s=1.0)) == 3.0
    assert doubt(after(5.0, silence_s=12.0)) == 0.0
    case = after(60.0)
    case[0].reset()
    assert doubt(case) == 0.0


def test_who_speaks_much_louder_is_not_doubted() -> None:
    assert doubt(after(60.0, db=-5.0)) == 3.0
    assert doubt(after(60.0, db=5.0)) == 3.0
    assert doubt(after(60.0, db=-NEARER_DB)) == 0.0
    assert 0.0 < doubt(after(6.0, db=-9.0)) < 3.0


def test_a_pause_within_does_not_make_it_soft() -> None:
    talk, now_s, _ = after(60.0, db=0.0)
    assert doubt((talk, now_s, utterance(*[0.0] * 20, *[-50.0] * 30))) == 3.0


def test_a_level_that_is_no_number_is_as_none() -> None:
    talk, now_s, _ = after(60.0)
    assert doubt((talk, now_s, utterance(0.0, 0.0, math.nan, math.inf, -math.inf))) == 3.0
    assert utterance(math.nan).level == 0.0


def test_doubt_takes_from_the_logit() -> None:
    assert doubted(0.9, 0.0) == pytest.approx(0.9)
    assert doubted(0.5, 3.0) == pytest.approx(1 / (1 + 2.718281828**3))
    assert doubted(0.0, 3.0) == 0.0
    assert doubted(1.0, 3.0) == 1.0
    assert doubted(1e-12, 10.0) >= 0.0
