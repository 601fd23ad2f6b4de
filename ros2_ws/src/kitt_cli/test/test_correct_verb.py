"""kitt correct on arguments and pipes."""

from __future__ import annotations

import heapq
import io
import json
from functools import lru_cache
from types import SimpleNamespace

import pytest
import wordfreq

from kitt_cli import main
from kitt_text import correction
from kitt_text.correction_dictionary import Dictionary


@lru_cache(maxsize=3)
def small(language):
    """The commonest words only: the whole dictionary takes seconds."""
    words = wordfreq.get_frequency_dict(language, "small").items()
    return Dictionary.build(language, heapq.nlargest(8000, words, key=lambda item: item[1]))


@pytest.fixture
def kitt(monkeypatch, capfdbinary):
    monkeypatch.setattr(correction, "dictionary", small)
    monkeypatch.setattr(correction, "language_model", lambda _language: (None, "without a language model"))

    def run(*arguments, pipe=None):
        monkeypatch.setattr("sys.argv", ["kitt", "correct", *arguments])
        if pipe is not None:
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(pipe), isatty=lambda: False))
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfdbinary.readouterr()
        return stop.value.code or 0, captured.out, captured.err.decode()

    return run


def test_a_text(kitt):
    status, out, errors = kitt("The", "networc  is", "down today", "--lang", "en")
    assert (status, out) == (0, b"The network  is down today\n")
    assert "networc -> network (" in errors


def test_json_names_each_change(kitt):
    status, out, _ = kitt("--json", "trun left")
    found = json.loads(out)
    assert status == 0
    assert (found["text"], found["changed"], found["language"]) == ("turn left", True, "en")
    assert found["edits"][0] | {"confidence": 0} == {
        "begin": 0, "end": 4, "original": "trun", "replacement": "turn", "confidence": 0,
    }  # fmt: skip


def test_a_pipe_keeps_lines_ends_and_bytes(kitt):
    pipe = b"The networc is down today\r\n\n\xff\xfe\n" + b"a" * 300_000 + b"\nlast"
    status, out, errors = kitt("--lang", "en", pipe=pipe)
    assert (status, out) == (0, pipe.replace(b"networc", b"network"))
    assert "line 3 of standard input is not UTF-8" in errors


def test_a_wrong_language_names_the_right_ones(kitt):
    status, out, errors = kitt("hello", "--lang", "de")
    assert (status, out) == (2, b"")
    assert "en, fr, es" in errors
