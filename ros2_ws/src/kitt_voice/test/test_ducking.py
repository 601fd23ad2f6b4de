"""When the car's own voice, or its echo, is in the room."""

from __future__ import annotations

import pytest

from kitt_inference.errors import KittError
from kitt_voice.ducking import DuckingSettings, OwnVoice


@pytest.fixture
def voice():
    voice = OwnVoice(DuckingSettings(tail_s=0.3, lead_s=0.05))
    for now in (10.0, 10.2, 10.4):
        voice.told(True, 10.0, 12.0, now)
    return voice


@pytest.mark.parametrize(
    ("time", "playing"), [(9.9, False), (9.96, True), (10.0, True), (11.9, True), (12.29, True), (12.31, False)]
)
def test_lead_utterance_and_tail(voice, time, playing):
    assert voice.playing_at(time) is playing


def test_a_command_that_touches_the_utterance_is_the_cars_own(voice):
    assert voice.playing_between(9.0, 10.5)
    assert voice.playing_between(12.2, 13.0)
    assert voice.playing_between(9.0, 14.0)
    assert not voice.playing_between(8.0, 9.5)
    assert not voice.playing_between(12.4, 13.0)


def test_broken_off_it_ends_at_once(voice):
    voice.told(False, 0.0, 0.0, 10.6)
    assert voice.playing_at(10.8)
    assert not voice.playing_at(11.0)


def test_one_utterance_after_the_other(voice):
    voice.told(True, 13.0, 14.0, 13.0)
    assert voice.playing_at(11.0) and voice.playing_at(13.5)
    assert not voice.playing_at(12.5)


def test_one_that_lasts_longer_than_it_said_goes_on(voice):
    voice.told(True, 10.0, 12.0, 13.0)
    assert voice.playing_at(12.9)


def test_an_old_utterance_is_forgotten_not_kept_for_ever():
    voice = OwnVoice()
    for i in range(10000):
        voice.told(True, 2.0 * i, 2.0 * i + 1.0, 2.0 * i)
    assert voice.playing_at(19998.5)
    assert not voice.playing_at(0.5)


@pytest.mark.parametrize("values", [{"tail_s": -1.0}, {"lead_s": -0.1}])
def test_impossible_settings_are_refused(values):
    with pytest.raises(KittError):
        DuckingSettings(**values)
