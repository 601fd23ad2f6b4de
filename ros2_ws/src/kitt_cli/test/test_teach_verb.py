"""kitt teach on recordings made of tones: what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import tone_speech
from kitt_cli import main
from kitt_voice import opening
from tone_speech import RATE, say, write_wav


@pytest.fixture
def kitt(tmp_path, monkeypatch, capfd):
    for name in ("find", "AcousticModel"):
        monkeypatch.setattr(opening, name, getattr(opening, name))
    monkeypatch.setattr(opening.AcousticModel, "load", opening.AcousticModel.load)
    tone_speech.install()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kitt", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]

    return run


def recordings(*texts):
    """Options that name a recording of each text."""
    options = []
    for number, text in enumerate(texts):
        write_wav(Path(f"{number}.wav"), say(text, level=0.2 + 0.05 * number))
        options += ["--from", f"{number}.wav"]
    return options


def test_a_taught_phrase_is_heard_from_then_on(kitt, tmp_path):
    status, out, errors = kitt("teach", "open the garage", *recordings(*["open the garage"] * 3), "--json")
    assert (status, errors) == (0, [])
    report = json.loads(out)
    assert (report["command"], report["written"]) == ("open_the_garage", True)
    assert [row["heard"] for row in report["recordings"]] == ["open_the_garage"] * 3
    assert all(row["confidence"] > 0.5 for row in report["recordings"])
    given = yaml.safe_load((tmp_path / "config/kitt/grammar.yaml").read_text("utf-8"))
    assert given["commands"]["open_the_garage"] == {"en": ["open the garage"]}
    write_wav(Path("later.wav"), say("open the garage"))
    found = json.loads(kitt("listen", "later.wav", "--json")[1])
    assert [r["command"] for r in found["results"]] == ["open_the_garage"]


def test_it_is_learnt_as_it_is_said_not_as_it_is_spelt(kitt):
    """Somebody says «garage» for what is written «barn»: no dictionary knows."""
    options = recordings(*["open the garage"] * 3)
    report = json.loads(kitt("teach", "open the barn", "--command", "garage", *options, "--json")[1])
    assert [row["heard"] for row in report["recordings"]] == ["garage"] * 3


def test_a_phrase_that_sounds_like_another_is_not_written_unless_forced(kitt, tmp_path):
    options = recordings(*["turn lift"] * 3)
    status, out, errors = kitt("teach", "turn lift", *options, "--json")
    assert status == 2
    assert "turn left" in errors[-1] and "--force" in errors[-1]
    assert json.loads(out)["written"] is False
    assert not (tmp_path / "config/kitt/grammar.yaml").exists()
    assert kitt("teach", "turn lift", *options, "--force", "--json")[0] == 0
    assert (tmp_path / "config/kitt/grammar.yaml").exists()


def test_faults_are_a_line_and_nothing_is_written(kitt, tmp_path):
    write_wav(Path("silent.wav"), np.zeros(RATE, np.int16))
    good = recordings("open the garage", "open the garage", "open the garage")
    write_wav(Path("other.wav"), say("what a lovely evening"))
    for arguments, words in (
        (("open the garage", *good[:4]), "too few"),
        (("open the garage", *good[:4], "--from", "silent.wav"), "recording 3"),
        (("open the garage", *good, "--from", "other.wav"), "recording 4"),
        (("open the garage", *good[:4], "--from", "gone.wav"), "gone.wav"),
        (("!!!", *good), "no words"),
        (("turn left", "--command", "right", *good), "means left already"),
        (("open the garage", *good, "--lang", "xx"), "xx"),
    ):
        status, out, errors = kitt("teach", *arguments, "--json")
        assert (status, out) == (2, ""), arguments
        assert words in errors[-1], errors
        assert not any("Traceback" in line for line in errors)
    assert not (tmp_path / "config").exists()
