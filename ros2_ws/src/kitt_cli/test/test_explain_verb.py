"""`kitt explain`: reports that need no network, and faults in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kitt_cli.demo.script import FOLDER
from kitt_cli.verbs import explain
from kitt_inference import zoo
from kitt_inference.errors import KittError

pytest.importorskip("onnx")
app = typer.Typer()
app.command()(explain.command)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_picture_a_recording_and_a_text(tmp_path):
    try:
        zoo.resolve("auto")
    except KittError as error:
        pytest.skip(str(error))
    for thing, words in (
        (zoo.models_dir() / "frames" / "03.jpg", "stop sign 0."),
        (FOLDER / "stop.flac", "«stop» (stop"),
        ("turn left at the", "The next word"),
    ):
        out = tmp_path / "report.html"
        assert run(thing, "--out", out).exit_code == 0
        html = out.read_text("utf-8")
        assert words in html and html.startswith("<!doctype html>")
        assert 'src="http' not in html and "<script" not in html


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["none.jpg"], "none.jpg cannot be read"),
        (["none.wav"], "does not exist"),
        ([""], "the text is empty"),
        (["hello", "--lang", "de"], "no language «de»"),
        (["hello", "--out", "report.pdf"], "no .html file"),
        (["hello", "--out", "/nowhere/report.html"], "cannot be written"),
        ([str(Path(__file__))], "neither a picture nor a recording"),
        (["none.jpg", "--text", "--lang", "xx"], "no language «xx»"),
    ],
)
def test_faults_are_named(tmp_path, monkeypatch, words, fault):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert isinstance(result.exception, KittError) and fault in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_help_is_quick_and_opens_no_network():
    code = "import sys, kitt_cli.verbs.explain; print({'onnx', 'onnxruntime', 'torch', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
