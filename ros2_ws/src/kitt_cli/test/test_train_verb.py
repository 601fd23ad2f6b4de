"""kitt train speech: which folders are learnt from, what the training gets, what a slip says. It trains a stub."""

from __future__ import annotations

import json
import multiprocessing
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kitt_cli import main
from kitt_cli.speech.training import Folders, speech_commands
from kitt_inference.errors import KittError
from kitt_voice.acoustic import AcousticModel
from kitt_voice.evaluation import split_of
from tone_corpus import NEEDS, write_corpus, write_noise


def shards(*folders):
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "a_000.csv").touch()
        (folder / "a_000.npy").touch()


@pytest.fixture
def training(monkeypatch):
    """Stands in for kitt_learning.speech.train and export; remembers what it was given."""

    @dataclass
    class TrainSettings:
        corpus: tuple
        noise: tuple
        dev: tuple
        out: Path
        hours: float = 0.0
        start: Path | None = None
        batch: float = 0.0
        threads: int = 0
        workers: int = 0
        seed: int = 0

    given = SimpleNamespace()

    class Trainer:
        def __init__(self, plan, resume):
            given.plan, given.resume = plan, resume
            plan.out.mkdir(parents=True, exist_ok=True)
            self.checkpoint = plan.out / "checkpoint.pt"

        def run(self, report):
            report({"step": 1, "loss": 2.5})

    def ship(network, folder):
        paths = [folder / f"{kind}.onnx" for kind in ("full", "small")]
        for path in paths:
            path.write_text(path.stem)
        return paths

    export = SimpleNamespace(load=lambda checkpoint: checkpoint, ship=ship)
    module = SimpleNamespace(TrainSettings=TrainSettings, Trainer=Trainer)
    monkeypatch.setitem(sys.modules, "kitt_learning.speech.train", module)
    monkeypatch.setitem(sys.modules, "kitt_learning.speech.export", export)
    return given


@pytest.fixture
def kitt(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kitt", "train", "speech", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]

    return run


def test_test_folders_are_never_learnt_from(tmp_path):
    names = ["human_train", "human_dev", "human_test", "espeak", "noise", "noise_test", "negatives_train"]
    shards(*(tmp_path / name for name in names))
    folders = Folders.sort([tmp_path])
    assert {path.name for path in folders.learnt} == {"human_train", "espeak", "negatives_train"}
    assert [path.name for path in folders.dev] == ["human_dev"]
    assert [path.name for path in folders.noise] == ["noise"]


def test_a_run_is_given_everything_and_leaves_the_robots_files(kitt, training, tmp_path):
    shards(tmp_path / "corpus/human_train", tmp_path / "corpus/human_dev", tmp_path / "corpus/noise")
    options = ["--hours", "0.5", "--seed", "7", "--resume", "--threads", "2"]
    status, out, errors = kitt("--corpus", "corpus", "--out", "run", *options)
    assert (status, errors) == (0, [])
    assert (training.plan.hours, training.plan.seed, training.plan.threads, training.resume) == (0.5, 7, 2, True)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[1] == {"step": 1, "loss": 2.5}
    assert [Path(name).read_text() for name in lines[-1]["written"]] == ["full", "small"]
    assert json.loads((tmp_path / "run/log.jsonl").read_text().splitlines()[0]) == lines[1]


def test_speech_commands_layout_keeps_speakers_apart(tmp_path):
    for speaker in range(40):
        for word in ("left", "turn_around"):
            path = tmp_path / word / f"{speaker:08x}_nohash_0.wav"
            path.parent.mkdir(exist_ok=True)
            path.touch()
    (tmp_path / "_background_noise_").mkdir()
    (tmp_path / "_background_noise_/rain.wav").touch()
    found = list(speech_commands(tmp_path))
    assert len(found) == 81
    assert {row["text"] for row in found} == {"left", "turn around", ""}
    assert all(row["split"] == split_of(row["speaker"]) for row in found if row["kind"] == "word")
    assert [row["split"] for row in found if row["kind"] == "noise"] == ["train"]


@pytest.mark.parametrize(
    ("options", "words"),
    [((), "nothing to learn from"), (("--corpus", "gone"), "gone holds no corpus"),
     (("--speech-commands", "gone"), "not laid out like Speech Commands"),
     (("--corpus", "quiet"), "no noise to mix in")],
)  # fmt: skip
def test_slips_are_a_line(kitt, training, tmp_path, options, words):
    shards(tmp_path / "quiet/human_train")
    status, out, errors = kitt("--out", "run", *options)
    assert (status, out) == (2, "")
    assert words in errors[-1]


@pytest.mark.slow
def test_a_short_run_leaves_files_that_the_ears_take(kitt, tmp_path, monkeypatch):
    """The real training, in batches of few streams."""
    for package in ("torch", "torchaudio", "soxr"):
        pytest.importorskip(package, reason=NEEDS, exc_type=ImportError)
    from kitt_learning.speech import pool, train

    for name, value in (("DEV_STREAMS", 8), ("REPORT_S", 0.0)):
        monkeypatch.setattr(train, name, value)
    monkeypatch.setattr(pool, "LEAST_POOL", 24)
    corpus = tmp_path / "corpus"
    write_corpus(corpus / "people_train", ["stop", "go", "turn left", ""])
    write_corpus(corpus / "people_dev", ["stop", "go"])
    write_noise(corpus / "noise")
    status, out, errors = kitt("--corpus", corpus, "--out", "run", "--hours", "0.001", "--batch", "32")
    assert (status, errors) == (0, [])
    lines = [json.loads(line) for line in out.splitlines()]
    assert any("loss" in line for line in lines) and "dev_phone_errors" in lines[-2]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "checkpoint.pt", "log.jsonl", "kitt_ears.onnx", "kitt_ears_int8.onnx",
    }  # fmt: skip
    steps = np.random.default_rng(0).normal(-7, 2, (50, 80)).astype(np.float32)
    full, small = (AcousticModel.load(tmp_path / "run" / name).run(steps)
                   for name in ("kitt_ears.onnx", "kitt_ears_int8.onnx"))  # fmt: skip
    assert np.abs(np.exp(full[0]) - np.exp(small[0])).max() < 0.05
    assert np.abs(full[1] - small[1]).max() < 0.1
    assert multiprocessing.active_children() == []


def test_without_torch_a_line_says_what_installs_it(tmp_path, monkeypatch):
    from kitt_cli.speech import training

    monkeypatch.setitem(sys.modules, "kitt_learning.speech.train", None)
    with pytest.raises(KittError, match="training needs torch"):
        training.train(Folders((tmp_path,)), tmp_path, {}, False, print)
