"""kitt understand: a sentence, lines of input, JSON, garbage."""

from __future__ import annotations

import io
import json

import pytest

from kitt_cli import main


@pytest.fixture(autouse=True)
def no_words_of_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def kitt(monkeypatch, capfd, *arguments, given=b""):
    monkeypatch.setattr("sys.argv", ["kitt", "understand", *map(str, arguments)])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    with pytest.raises(SystemExit) as stop:
        main.main()
    captured = capfd.readouterr()
    return stop.value.code or 0, captured.out, captured.err


def test_a_command_in_words_and_in_json(monkeypatch, capfd):
    status, out, _ = kitt(monkeypatch, capfd, "avance", "de", "deux", "mètres", "cinquante")
    assert status == 0
    assert out == "forward (fr, 1.00)\n  distance: deux metres cinquante = 2.5 m\n"
    status, out, _ = kitt(monkeypatch, capfd, "--json", "turn left 90°")
    got = json.loads(out)
    assert (got["command"], got["exact"], [s["name"] for s in got["slots"]]) == ("left", True, ["angle", "direction"])


def test_a_place(monkeypatch, capfd):
    _, out, _ = kitt(monkeypatch, capfd, "--json", "please could you drive over to Roosevelt Street")
    got = json.loads(out)
    assert (got["command"], got["exact"]) == ("go_to_place", False)
    assert [(s["name"], s["text"], s["value"]) for s in got["slots"]] == [("place", "Roosevelt Street", None)]
    assert 0.6 <= got["confidence"] <= 1.0


def test_lines_of_input_one_answer_each(monkeypatch, capfd):
    given = "stop\n\n\xff garbage\nsuis le chien\n".encode("latin-1") + b"x" * 1_000_000
    status, out, err = kitt(monkeypatch, capfd, "--json", given=given)
    assert status == 0 and not err
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["command"] for answer in answers] == ["stop", "", "", "follow", ""]
    assert all(answer["command"] or answer["reason"] for answer in answers)
    assert "line 3 of standard input is not UTF-8" in answers[2]["reason"]


def test_no_command_says_why(monkeypatch, capfd):
    _, out, _ = kitt(monkeypatch, capfd, "don't go forward")
    assert out.startswith("no command: ")


@pytest.mark.parametrize(
    ("arguments", "names"), [(("--lang", "de", "go"), "de"), (("--grammar", "missing.yaml", "go"), "missing.yaml"),
                             (("--model", "missing/model", "go"), "missing/model")],
)  # fmt: skip
def test_wrong_options_are_named(monkeypatch, capfd, arguments, names):
    status, out, err = kitt(monkeypatch, capfd, *arguments)
    assert (status, out) == (2, "")
    assert names in err and "Traceback" not in err
