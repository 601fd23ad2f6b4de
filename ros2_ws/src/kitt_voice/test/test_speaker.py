"""The speaker without hardware: what is played when, and how soon a safety message is heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_voice.speech import outputs
from kitt_voice.speech.base import RATE
from kitt_voice.speech.buffer import PlaybackBuffer, level_of
from kitt_voice.speech.queue import ANSWER, CHAT, SAFETY, Fate
from kitt_voice.speech.speaker import Speaker, Speaking


class FakeStudio:
    """Pieces last `seconds`; making one takes `takes_s`; `fixed` are ready at once."""

    def __init__(self, seconds: float = 1.0, takes_s: float = 0.0, fixed: tuple[str, ...] = ()) -> None:
        self.seconds, self.takes_s, self.fixed = seconds, takes_s, fixed
        self.made: list[str] = []
        self.error: Exception | None = None

    def voice(self, language: str) -> None:
        pass

    def ready(self, piece: str, language: str) -> np.ndarray | None:
        return self._sound() if piece in self.fixed else None

    def make(self, piece: str, language: str, lasting: bool = False) -> np.ndarray:
        time.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        self.made.append(piece)
        return self._sound()

    def _sound(self) -> np.ndarray:
        return np.full(int(self.seconds * RATE), 0.2, np.float32)


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "timed out"
        time.sleep(0.002)


@pytest.fixture
def speak():
    speakers = []

    def make(studio, output="none", **options):
        speaker = Speaker(studio, output, **options)
        speakers.append(speaker)
        speaker.start()
        until(lambda: speaker.status.connected or bool(speaker.status.fault))
        return speaker

    yield make
    for speaker in speakers:
        speaker.stop()


def test_state_tells_begin_end_and_level(speak):
    changes: list[Speaking] = []
    speaker = speak(FakeStudio(0.4), on_change=changes.append)
    asked_s = time.monotonic()
    assert speaker.say("One thing.", "en", ANSWER) == (Fate.WAITS, "")
    until(lambda: speaker.speaking.speaking)
    state = speaker.speaking
    assert state.text == "One thing."
    assert asked_s <= state.begin_s < asked_s + 0.3
    assert state.end_s - state.begin_s == pytest.approx(0.4, abs=0.05)
    until(lambda: speaker.speaking.level > 0.5)
    until(lambda: speaker.idle and not speaker.speaking.speaking)
    assert time.monotonic() >= state.begin_s + 0.4
    until(lambda: len(changes) == 2)
    assert [change.speaking for change in changes] == [True, False]
    assert speaker.status.said == 1


def test_a_safety_message_interrupts_within_100_ms_although_a_piece_is_being_made(speak):
    studio = FakeStudio(3.0, takes_s=0.5, fixed=("One.", "Emergency stop."))
    speaker = speak(studio)
    speaker.say("One. Two is being made.", "en", ANSWER)
    until(lambda: speaker.speaking.speaking)
    time.sleep(0.1)
    asked_s = time.monotonic()
    speaker.say("Emergency stop.", "en", SAFETY)
    until(lambda: speaker.speaking.text == "Emergency stop.")
    assert speaker.speaking.begin_s - asked_s < 0.1
    assert speaker.status.broken_off == 1
    speaker.say("Fault.", "en", SAFETY)
    time.sleep(0.1)
    assert speaker.speaking.text == "Emergency stop."  # one safety message does not interrupt another


def test_pieces_follow_one_another_and_the_first_does_not_wait_for_the_last(speak, tmp_path):
    studio = FakeStudio(0.3, takes_s=0.1)
    speaker = speak(studio, str(tmp_path / "said.wav"))
    speaker.say("One is this. Two is that. Three is all.", "en", ANSWER)
    until(lambda: speaker.speaking.speaking)
    assert len(studio.made) < 3
    until(lambda: speaker.idle)
    speaker.stop()
    samples, rate = soundfile.read(tmp_path / "said.wav")
    assert rate == RATE
    assert len(samples) / rate == pytest.approx(0.9, abs=0.06)


def test_hush_is_heard_at_once(speak):
    speaker = speak(FakeStudio(3.0, fixed=("Long.",)))
    speaker.say("Long.", "en", ANSWER)
    speaker.say("And more.", "en", CHAT)
    until(lambda: speaker.speaking.speaking)
    speaker.hush()
    assert not speaker.speaking.speaking
    until(lambda: speaker.buffer.waiting == 0, 0.1)
    assert speaker.idle


def test_old_empty_and_foreign_texts(speak):
    speaker = speak(FakeStudio())
    assert speaker.say("late", "en", ANSWER, age_s=60.0)[0] is Fate.TOO_OLD
    assert speaker.say("", "en", ANSWER) == (Fate.EMPTY, "the text is empty")
    assert speaker.say("你好", "en", SAFETY)[0] is Fate.EMPTY
    with pytest.raises(KittError, match="no voice for «de»"):
        speaker.say("hallo", "de", ANSWER)
    assert speaker.idle


def test_a_voice_that_fails_is_told_once_and_lives_on(speak):
    studio = FakeStudio(0.1)
    problems: list[str] = []
    speaker = speak(studio, on_problem=problems.append)
    studio.error = KittError("no voice", "fetch it")
    for _ in range(3):
        speaker.say("hello", "en", ANSWER)
        until(lambda: speaker.idle)
    assert problems == ["no voice. fetch it"]
    assert (speaker.status.fault, speaker.status.remedy, speaker.status.unheard) == ("no voice", "fetch it", 3)
    studio.error = ValueError("odd")
    speaker.say("hello", "en", ANSWER)
    until(lambda: "ValueError: odd" in speaker.status.fault)
    studio.error = None
    speaker.say("hello", "en", ANSWER)
    until(lambda: speaker.status.said == 1)
    assert speaker.status.fault == ""


class Flaky(outputs.Paced):
    """A device that is there, vanishes, and comes back."""

    present = threading.Event()

    def open(self):
        if not self.present.is_set():
            raise KittError("no loudspeaker", "connect one")
        super().open()

    def check(self):
        if not self.present.is_set():
            raise KittError("the loudspeaker has vanished", "plug it in")


def test_a_lost_device_is_told_once_and_found_again(speak, monkeypatch):
    monkeypatch.setattr("kitt_voice.speech.speaker.parse_output", lambda wanted, buffer: Flaky(buffer))
    Flaky.present.clear()
    problems: list[str] = []
    speaker = speak(FakeStudio(0.2), on_problem=problems.append, backoff=Backoff(0.02, 0.05))
    speaker.say("unheard", "en", ANSWER)
    until(lambda: speaker.idle)
    time.sleep(0.3)
    assert problems == ["no loudspeaker. connect one"]
    assert speaker.status.unheard == 1
    Flaky.present.set()
    until(lambda: speaker.status.connected)
    speaker.say("heard", "en", ANSWER)
    until(lambda: speaker.status.said == 1)
    Flaky.present.clear()
    until(lambda: not speaker.status.connected)
    assert len(problems) == 2
    Flaky.present.set()
    until(lambda: speaker.status.connected)


def test_an_endless_text_is_told_in_part(speak):
    speaker = speak(FakeStudio(0.3))
    fate, reason = speaker.say("word " * 200_000, "en", ANSWER)
    assert (fate, reason) == (Fate.WAITS, "the text was cut after 600 characters")
    until(lambda: speaker.speaking.speaking)
    assert len(speaker.speaking.text) <= 600
    speaker.hush()


def test_prepared_sentences_are_made_while_idle(speak):
    studio = FakeStudio(0.1)
    speaker = speak(studio)
    speaker.prepare([("Stop. I wait.", "en"), ("Stop. I wait.", "en")])
    until(lambda: studio.made == ["Stop.", "I wait."])


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(KittError, match="no folder"):
        Speaker(FakeStudio(), str(tmp_path / "none" / "x.wav"))


def test_the_buffer_fades_where_it_is_broken_off():
    buffer = PlaybackBuffer()
    buffer.put(np.ones(RATE, np.float32))
    assert buffer.pull(480, 1.0).min() == 1.0
    buffer.clear()
    rest = buffer.pull(480, 1.02)
    assert (np.diff(rest[:120]) < 0).all()
    assert not rest[120:].any()
    assert buffer.played.begin_s == 1.0
    buffer.volume = 2.0
    buffer.put(np.ones(10, np.float32))
    assert buffer.pull(10, 1.5).max() == 1.0
    buffer.volume = 0.5
    buffer.begin()
    buffer.put(np.ones(10, np.float32))
    assert buffer.pull(10, 2.0).max() == 0.5
    assert buffer.played.begin_s == 2.0


def test_level():
    assert level_of(np.zeros(100, np.float32)) == level_of(np.zeros(0, np.float32)) == 0.0
    assert level_of(np.ones(100, np.float32)) == 1.0
    assert 0.4 < level_of(np.full(100, 0.03, np.float32)) < 0.6
