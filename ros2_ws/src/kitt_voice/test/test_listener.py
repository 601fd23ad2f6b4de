"""The listening thread: commands with capture times, gaps, its own voice, faults."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kitt_text.grammar import Grammar
from kitt_voice import listener as listener_module
from kitt_voice.heard import Heard, Partial
from kitt_voice.listener import Listener
from kitt_voice.recogniser import Recogniser
from tone_speech import GRAMMAR, ToneModel, say

NS = 1_000_000_000
BEGIN = 1_700_000_000 * NS


@pytest.fixture(scope="module")
def grammar(tmp_path_factory):
    path = tmp_path_factory.mktemp("grammar") / "grammar.yaml"
    path.write_text(GRAMMAR, "utf-8")
    return Grammar.load(str(path))


class Rig:
    """A listener fed by hand; its clock is the audio's."""

    def __init__(self, ears):
        self.now_ns, self.sequence = BEGIN, 0
        self.spoken, self.voices, self.errors = [], [], []
        self.listener = Listener(ears, lambda: self.now_ns, self.spoken.append, self.voices.append, self.errors.append)
        self.listener.start()

    def hear(self, samples):
        for at in range(0, len(samples) - 319, 320):
            self.listener.queue.put(self.sequence, self.now_ns, 16000, samples[at : at + 320])
            self.sequence += 1
            self.now_ns += 20_000_000
            while self.listener.queue._chunks:
                time.sleep(0.0005)
        time.sleep(0.05)

    @property
    def commands(self):
        return [spoken.event.command for spoken in self.spoken if isinstance(spoken.event, Heard)]


@pytest.fixture
def rig(grammar):
    made = Rig(Recogniser(ToneModel(), grammar))
    yield made
    assert made.listener.stop()


def test_a_command_carries_the_times_of_its_words(rig):
    rig.hear(say("turn left"))
    heard = next(spoken for spoken in rig.spoken if isinstance(spoken.event, Heard))
    assert heard.event.command == "left"
    assert (heard.begin_ns - BEGIN) * 1e-9 == pytest.approx(0.6, abs=0.05)
    assert heard.begin_ns < heard.end_ns < rig.now_ns
    texts = [spoken.event.text for spoken in rig.spoken if isinstance(spoken.event, Partial)]
    assert texts[0] == "turn"
    assert not any(spoken.event.final for spoken in rig.spoken if isinstance(spoken.event, Partial))


def test_activity_comes_ten_times_a_second_and_tells_speech(rig):
    rig.hear(say("left"))
    assert len(rig.voices) == pytest.approx(len(say("left")) / 1600, abs=4)
    assert {voice.speech for voice in rig.voices} == {True, False}
    assert max(voice.level for voice in rig.voices) > -30.0 > min(voice.level for voice in rig.voices)


def test_a_gap_within_a_phrase_hides_it_and_the_next_is_heard(rig):
    sound = say("turn left")
    half = len(sound) // 640 * 320
    rig.hear(sound[:half])
    rig.sequence += 7
    rig.now_ns += 140_000_000
    rig.hear(sound[half:])
    before = len(rig.commands)
    rig.hear(np.zeros(16000, np.int16))
    rig.hear(say("stop"))
    assert rig.commands[before:] == ["stop"]
    assert rig.listener.status.gaps == 1


def test_times_are_right_after_a_gap(rig):
    rig.hear(np.zeros(16000, np.int16))
    rig.sequence += 100
    rig.now_ns += 5 * NS
    begin = rig.now_ns
    rig.hear(say("stop"))
    assert (rig.spoken[-1].begin_ns - begin) * 1e-9 == pytest.approx(0.6, abs=0.05)


def test_while_the_car_talks_only_a_stop_counts(rig):
    seconds = rig.now_ns * 1e-9
    rig.listener.speaker(True, seconds, seconds + 6.0)
    rig.hear(say("turn left"))
    rig.hear(say("stop"))
    assert rig.commands == ["stop"]
    assert all(voice.own_voice for voice in rig.voices)
    rig.now_ns += 7 * NS
    rig.hear(say("turn left"))
    assert rig.commands == ["stop", "left"]


def test_a_fault_is_reported_and_survived(rig, monkeypatch):
    good = rig.listener._ears.push
    monkeypatch.setattr(rig.listener._ears, "push", lambda _samples: 1 / 0)
    rig.hear(np.zeros(3200, np.int16))
    assert rig.listener.status.failed == 10
    assert "ZeroDivisionError" in rig.listener.status.fault
    monkeypatch.setattr(rig.listener._ears, "push", good)
    rig.hear(say("stop"))
    assert rig.commands == ["stop"]
    assert rig.listener.status.fault == ""


def test_silence_of_the_microphone_is_a_fault(rig, monkeypatch):
    assert rig.listener.status.fault == ""
    monkeypatch.setattr(listener_module, "MISSING_S", 0.01)
    time.sleep(0.05)
    assert "no audio" in rig.listener.status.fault


def test_another_recogniser_takes_over(rig, grammar):
    rig.listener.replace(Recogniser(ToneModel(), grammar, ("fr",)))
    rig.hear(say("turn left"))
    rig.hear(say("gauche", "fr"))
    assert [spoken.event.text for spoken in rig.spoken if isinstance(spoken.event, Heard)] == ["gauche"]
