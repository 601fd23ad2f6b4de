"""The demo's spoken lines: said when due, typed where the car did not understand."""

from __future__ import annotations

import pytest
import soundfile

from kitt_cli.demo import script
from kitt_cli.demo.script import LAST_S, LINES, times
from kitt_cli.demo.talk import PATIENCE_S, Talk
from kitt_text.grammar import understand

SOUND_S = 2.0


@pytest.fixture
def talk():
    spoken, typed = [], []
    made = Talk(times(60.0), lambda line: spoken.append(line.name) or SOUND_S, typed.append)
    made.spoken, made.typed = spoken, typed
    return made


def test_every_line_has_its_sound_and_its_meaning():
    for line in LINES:
        sound = soundfile.info(line.file)
        assert (sound.samplerate, sound.channels) == (16000, 1)
        assert 0.5 < sound.duration < 5.0 and line.file.stat().st_size < 60_000
        assert understand(line.text, "en").command == line.command
    assert {path.name for path in script.FOLDER.iterdir()} == {line.file.name for line in LINES}


def test_a_short_run_is_only_told_to_go():
    assert [line.command for _, line in times(5.0)] == ["go"]
    due = times(60.0)
    assert [line.command for _, line in due] == ["go", "what_do_you_see", "stop"]
    assert due[-1][0] == 60.0 - LAST_S


def test_lines_are_said_when_due(talk):
    talk.tick(0.1)
    assert talk.spoken == ["start_driving"]
    talk.tick(7.9)
    assert len(talk.spoken) == 1
    talk.tick(8.0)
    assert talk.spoken[1:] == ["what_do_you_see"]


def test_what_was_understood_is_not_typed(talk):
    talk.tick(0.0)
    talk.heard("go", "start driving", 0.9, SOUND_S + 0.3)
    talk.tick(SOUND_S + PATIENCE_S + 1.0)
    assert talk.typed == []
    line = talk.summary()["lines"][0]
    assert (line["understood"], line["after_s"], line["confidence"]) == (True, pytest.approx(0.3), 0.9)


def test_what_was_not_understood_is_typed_once_and_counted(talk):
    talk.tick(0.0)
    talk.heard("left", "turn left", 0.9, 1.0)
    talk.tick(SOUND_S + PATIENCE_S - 0.1)
    assert talk.typed == []
    for late in (0.1, 0.5):
        talk.tick(SOUND_S + PATIENCE_S + late)
    assert talk.typed == ["start driving"]
    summary = talk.summary()
    assert (summary["said"], summary["understood"], summary["typed"]) == (1, 0, 1)
    assert summary["heard_though_not_said"] == ["turn left"]
