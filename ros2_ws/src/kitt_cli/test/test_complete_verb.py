"""kitt complete and kitt eval text as a user calls them."""

from __future__ import annotations

import io
import json
import time
from typing import NamedTuple

import pytest

import tiny_words
from kitt_cli import main


class Done(NamedTuple):
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return tiny_words.write_all(tmp_path_factory.mktemp("models"))


@pytest.fixture
def kitt(models, tmp_path, monkeypatch, capfd):
    for name, value in {"KITT_MODELS": models, "XDG_DATA_HOME": tmp_path, "XDG_CONFIG_HOME": tmp_path,
                        "KITT_CACHE": tmp_path / "cache", "COLUMNS": "160"}.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))

    def call(*arguments: str, given: bytes = b"") -> Done:
        monkeypatch.setattr("sys.argv", ["kitt", *arguments])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return Done(stop.value.code or 0, captured.out, captured.err)

    return call


def test_a_text_gives_proposals(kitt):
    done = kitt("complete", "I need a dri", "--lang", "en")
    assert done.returncode == 0 and done.stderr == ""
    assert "\tI need a drink\n" in done.stdout
    found = json.loads(kitt("complete", "turn lef", "--json").stdout)
    assert found["language"] == "en" and found["reason"] == ""
    assert found["completions"][0] == {
        "text": "turn left", "suffix": "t", "score": pytest.approx(1.0, abs=0.6), "command": "left",
    }  # fmt: skip


def test_lines_come_through_a_pipe(kitt):
    given = "turn lef\ntourne à g\n\n😀\n".encode() + b"\xff\xfe\n"
    found = json.loads(kitt("complete", "--json", given=given).stdout)["results"]
    assert [item["text"] for item in found] == ["turn lef", "tourne à g", "", "😀", "��"]
    assert found[1]["completions"][0]["text"] == "tourne à gauche"
    assert found[3]["completions"] == [] and found[3]["reason"] == "the text holds no word"
    assert found[4]["completions"] == [] and "line 5 of standard input is not UTF-8" in found[4]["reason"]
    assert kitt("complete", "-", "--commands", given=given).stdout.count("\n\n") == 4


def test_phrases_are_learnt_and_forgotten(kitt):
    assert "learnt (en): call Grandma now" in kitt("complete", "--learn", "call Grandma now", "--lang", "en").stdout
    assert "call Grandma now" in kitt("complete", "cal", "--lang", "en").stdout
    assert json.loads(kitt("complete", "--forget", "--json").stdout)["phrases"] == 0
    assert "Grandma" not in kitt("complete", "cal", "--lang", "en").stdout


def test_wrong_options_and_bytes_are_named(kitt):
    for arguments, given, message in (
        (("complete", "go", "--lang", "de"), b"", "there is no language «de». there are en, fr, es"),
        (("complete", "--learn", "😀", "--lang", "en"), b"", "is no phrase to learn"),
        (("complete", "x", "--forget"), b"", "stand alone"),
        (("eval", "text", "--part", "corection"), b"", "did you mean correction?"),
        (("eval", "text", "--lang", "en,xx"), b"", "no language «xx»"),
        (("eval", "text", "nowhere.txt", "--lang", "en"), b"", "nowhere.txt cannot be read"),
        (("eval", "text", "--lang", "en"), b"", "en_test.txt is missing"),
    ):
        done = kitt(*arguments, given=given)
        assert done.returncode == 2, arguments
        assert message in done.stderr and "Traceback" not in done.stderr


def test_a_megabyte_without_a_space_takes_no_time(kitt):
    begin = time.monotonic()
    done = kitt("complete", given=b"x" * 1_000_000)
    assert done.returncode == 0 and "too long for a word" in done.stderr
    assert time.monotonic() - begin < 20.0


@pytest.mark.slow
def test_figures_of_a_file_of_ones_own(kitt, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("I need a drink of water.\nThe cat sat on the mat.\n\nHe drives the car to London.\n")
    found = json.loads(kitt("eval", "text", str(file), "--lang", "en", "--json").stdout)["languages"]["en"]
    assert found["prose"]["kitt"]["words"] == 18
    assert 0.3 < found["prose"]["kitt"]["top1"] <= found["prose"]["kitt"]["top3"] <= 1.0
    assert found["commands"]["kitt"]["commands"] == 200
    table = kitt("eval", "text", str(file), "--lang", "en").stdout
    assert "keystroke savings" in table and "costs one key" in table
