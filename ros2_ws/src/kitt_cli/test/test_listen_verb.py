"""kitt listen on files good and bad, with a model that reads tones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import tone_speech
from kitt_cli import main
from kitt_voice import opening
from tone_speech import GRAMMAR, RATE, say, write_wav

TESTS = Path(tone_speech.__file__).parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("find", "AcousticModel"):
        monkeypatch.setattr(opening, name, getattr(opening, name))
    monkeypatch.setattr(opening.AcousticModel, "load", opening.AcousticModel.load)
    tone_speech.install()
    (tmp_path / "grammar.yaml").write_text(GRAMMAR, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kitt(folder, monkeypatch, capfd):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kitt", "listen", *map(str, arguments), "--grammar", "grammar.yaml"])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]

    return run


def test_json_has_every_command_with_its_times(kitt, folder):
    write_wav(folder / "talk.wav", np.concatenate([say("turn left"), say("stop")]))
    status, out, errors = kitt("talk.wav", "--json")
    assert (status, errors) == (0, [])
    found = json.loads(out)
    assert found["errors"] == []
    assert [(r["file"], r["command"], r["language"]) for r in found["results"]] == [
        ("talk.wav", "left", "en"),
        ("talk.wav", "stop", "en"),
    ]
    first, second = found["results"]
    assert first["begin"] == pytest.approx(0.6, abs=0.05)
    assert first["begin"] < first["end"] < second["begin"] < second["end"]
    assert set(first) == {"file", "command", "slots", "text", "language", "confidence", "begin", "end"}


def test_the_table_names_what_was_heard(kitt, folder):
    write_wav(folder / "talk.wav", say("start driving"))
    status, out, _ = kitt("talk.wav")
    assert status == 0
    assert "start driving" in out and "talk.wav" in out


def test_only_the_languages_asked_for(kitt, folder):
    write_wav(folder / "talk.wav", np.concatenate([say("turn left"), say("gauche", "fr")]))
    found = json.loads(kitt("talk.wav", "--json", "--lang", "fr")[1])
    assert [r["text"] for r in found["results"]] == ["gauche"]
    status, out, errors = kitt("talk.wav", "--lang", "klingon")
    assert (status, out) == (2, "")
    assert "klingon" in errors[-1]


def bad_files(folder):
    sound = say("turn left")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "noise.wav").write_bytes(b"this is no sound at all, it is a text")
    whole = write_wav(folder / "cut.wav", sound).read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) * 3 // 4])
    write_wav(folder / "silent.wav", np.zeros(0, np.int16))
    return {"empty.wav", "noise.wav", "cut.wav", "silent.wav", "gone.wav"}


def test_bad_files_are_a_line_each_and_the_good_ones_are_heard(kitt, folder):
    bad = bad_files(folder)
    write_wav(folder / "good.wav", say("stop"))
    status, out, errors = kitt(*sorted(bad), "good.wav", "--json")
    assert status == 2
    found = json.loads(out)
    assert "good.wav" in [r["file"] for r in found["results"]]
    assert {error["file"] for error in found["errors"]} == bad
    assert len(errors) == len(bad)
    assert not any("Traceback" in line for line in errors)


@pytest.mark.parametrize(
    ("rate", "channels", "kind"), [(RATE, 1, "PCM_U8"), (RATE, 2, "PCM_24"), (96000, 1, "PCM_16"), (8000, 1, "PCM_16")]
)
def test_other_formats_are_read(kitt, folder, rate, channels, kind):
    sound = say("turn left") / 32768.0
    at = np.arange(len(sound) * rate // RATE) * RATE / rate
    resampled = np.interp(at, np.arange(len(sound)), sound)
    soundfile.write(folder / "a.wav", np.repeat(resampled[:, None], channels, axis=1), rate, subtype=kind)
    status, out, errors = kitt("a.wav", "--json")
    assert (status, errors) == (0, [])
    commands = [r["command"] for r in json.loads(out)["results"]]
    assert commands == (["left"] if rate >= RATE else commands)  # at 8 kHz the upper tones are gone: no fault, no words


def test_folders_are_searched_and_an_empty_one_is_told(kitt, folder):
    (folder / "a/b").mkdir(parents=True)
    (folder / "void").mkdir()
    write_wav(folder / "a/b/talk.wav", say("stop"))
    status, out, errors = kitt("a", "void", "--json")
    assert status == 2
    assert [r["file"] for r in json.loads(out)["results"]] == [os.path.join("a", "b", "talk.wav")]
    assert "void" in errors[0]


def test_files_or_a_microphone_but_not_both(kitt):
    for arguments in ((), ("a.wav", "--mic", "default")):
        status, _, errors = kitt(*arguments)
        assert status == 2 and "one of them" in errors[-1]


def test_a_file_as_microphone_gives_json_lines(kitt, folder):
    write_wav(folder / "talk.wav", np.concatenate([say("left"), say("stop")]))
    status, out, _ = kitt("--mic", folder / "talk.wav", "--json")
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["command"] for line in lines] == ["left", "stop"]
    assert lines[0]["stamp"] <= lines[1]["stamp"]


def test_a_missing_device_is_a_line(kitt):
    status, _, errors = kitt("--mic", "no such microphone")
    assert status == 2
    assert len(errors) == 1 and errors[0].startswith("error:")


def test_ctrl_c_keeps_what_was_heard(folder):
    soundfile.write(folder / "long.flac", np.concatenate([say("stop"), np.zeros(RATE * 7200, np.int16)]), RATE)
    # Who runs the tests in the background has SIGINT ignored, and that is inherited.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import tone_speech; "
    code += "tone_speech.install(); from kitt_cli.main import main; main()"
    command = [sys.executable, "-c", code, "listen", "long.flac", "--grammar", "grammar.yaml", "--json"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder
    )
    time.sleep(6.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10.0)
    assert process.returncode == 130, err
    assert [r["command"] for r in json.loads(out)["results"]] == ["stop"]
    assert "Traceback" not in err
