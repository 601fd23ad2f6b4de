"""kitt say: into files, from pipes, and with whatever else is asked of it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import wave

import numpy as np
import pytest

from kitt_cli import main
from kitt_inference.errors import KittError
from kitt_voice.speech import studio, voices
from kitt_voice.speech.base import RATE


class Beeper:
    name = "beeper"

    def speak(self, text, language):
        return (0.3 * np.sin(np.arange(RATE // 2) * 0.2)).astype(np.float32)


@pytest.fixture
def kitt(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(studio, "open_voice", lambda name, language: Beeper())
    for module in (studio, sys.modules["kitt_voice.speech.voices"]):
        monkeypatch.setattr(module, "name_of", lambda name, language: "beeper")
    monkeypatch.setattr("kitt_cli.speech.saying.name_of", lambda name, language: "beeper")
    monkeypatch.setattr("kitt_cli.speech.saying.make_ready", lambda voice, language: None)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, pipe=None):
        if pipe is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pipe)))
        monkeypatch.setattr("sys.argv", ["kitt", "say", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


def test_a_text_into_a_file(kitt, tmp_path):
    status, out, _ = kitt("I", "see", "2", "cars.", "--out", "a.wav", "--json")
    told = json.loads(out)
    assert status == 0
    assert told["said"][0]["spoken"] == ["I see two cars."]
    assert told["file"] == "a.wav"
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert file.getnframes() / RATE == pytest.approx(told["seconds"], abs=0.001)


def test_lines_from_a_pipe(kitt):
    status, out, err = kitt("--out", "a.wav", "--json", pipe="one\n\n\U0001f600\ntwo\n".encode())
    said = json.loads(out)["said"]
    assert status == 0
    assert [entry["text"] for entry in said] == ["one", "\U0001f600", "two"]
    assert [bool(entry["reason"]) for entry in said] == [False, True, False]
    assert "nothing in the text" in err
    status, out, err = kitt("--out", "a.wav", "--json", pipe=b"one\n\xff\xfe\ntwo\n")
    assert (status, [entry["text"] for entry in json.loads(out)["said"]]) == (0, ["one", "two"])
    assert "line 2 of standard input is not UTF-8" in err


@pytest.mark.parametrize("pipe", [b"", b"\xff\xfe\x00", b"a" * 1_000_000, "привет".encode(), b"\x1b[0m\n" * 1000])
def test_garbage_takes_bounded_time_and_says_nothing(kitt, pipe):
    begin = time.perf_counter()
    status, out, _ = kitt("--out", "a.wav", "--json", pipe=pipe)
    assert status == 0
    assert json.loads(out)["seconds"] < 1000
    assert time.perf_counter() - begin < 5
    assert len(out) < 500_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hi", "--out", "a.mp3"), "let it end in .wav"),
        (("hi", "--out", "none/a.wav"), "cannot be written"),
        (("hi", "--lang", "de", "--out", "a.wav"), "take one of en, fr, es"),
    ],
)
def test_wrong_options_say_what_would_be_right(kitt, arguments, message):
    status, out, err = kitt(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_nothing_to_say(kitt, monkeypatch):
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    status, _, err = kitt()
    assert status == 2
    assert "there is nothing to say" in err


def test_a_missing_voice_is_one_line(monkeypatch, capfd):
    def missing(name, language):
        raise KittError("no voice", "get one")

    monkeypatch.setattr("kitt_cli.speech.saying.name_of", missing)
    monkeypatch.setattr("sys.argv", ["kitt", "say", "hi", "--out", "/tmp/never.wav"])
    with pytest.raises(SystemExit) as stop:
        main.main()
    assert stop.value.code == 2
    assert capfd.readouterr().err.strip() == "error: no voice. get one"


def test_a_missing_loudspeaker_names_the_file_as_a_way_out(kitt, monkeypatch):
    monkeypatch.setattr("kitt_voice.speech.outputs.listed", lambda direction, what: [])
    pytest.importorskip("sounddevice", exc_type=OSError, reason="PortAudio: apt-get install libportaudio2")
    status, _, err = kitt("hi")
    assert status == 2
    assert "no device plays sound" in err
    assert "--out FILE.wav" in err


@pytest.mark.slow
def test_ctrl_c_stops_at_once(tmp_path):
    try:
        voices.name_of("espeak", "en")
    except KittError as error:
        pytest.skip(str(error))
    # SIGINT is ignored where the tests run in the background
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from kitt_cli.main import main; main()"
    arguments = ["say", "--voice", "espeak", "--device", "none", "word " * 100]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=tmp_path)
    time.sleep(4)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
