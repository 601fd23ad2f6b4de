"""Phrases taught by recordings, with posteriors made from known phones."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.enrolment import learn
from speech_oracle import Script

GARAGE = ("o", "p", "ə", "n", "ð", "ə", "ɡ", "æ", "ɹ", "ɑ", "ʒ")


def recording(phones: tuple[str, ...], seed: int) -> np.ndarray:
    return np.array(Script(seed, 1.0).silence(0.3).phones(phones).silence(0.3).rows)


def test_the_phones_that_recordings_share_are_learnt():
    cough = ("k", *GARAGE)
    taught = learn([recording(GARAGE, 1), recording(cough, 2), recording(GARAGE, 3)])
    assert taught.pronunciations == (GARAGE,)
    assert len(taught.agreement) == 3 and max(taught.agreement) <= 0.01 and taught.agreement[1] < taught.agreement[0]


def test_two_ways_to_say_it_are_both_kept():
    other = (*GARAGE[:7], "e", "ɹ", "i", "dʒ", "z")
    taught = learn([recording(GARAGE, 1), recording(other, 2), recording(GARAGE, 3), recording(other, 4)])
    assert set(taught.pronunciations) == {GARAGE, other}


def test_the_lexicon_counts_where_it_is_right():
    taught = learn([recording((*GARAGE, last), seed) for seed, last in enumerate("tkm")], known=[GARAGE])
    assert taught.pronunciations[0] == GARAGE


def test_recordings_that_cannot_teach_are_named():
    good = [recording(GARAGE, seed) for seed in range(3)]
    with pytest.raises(KittError, match="too few"):
        learn(good[:2])
    with pytest.raises(KittError, match="in recording 2"):
        learn([good[0], np.array(Script().silence(1.0).rows), good[1]])
    with pytest.raises(KittError, match="recording 4 does not sound"):
        learn([*good, recording(tuple("silomenuk"), 9)])
