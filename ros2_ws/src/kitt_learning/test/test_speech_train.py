"""Training on tones: it learns, is gone on with, and leaves no process behind however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kitt_inference.errors import KittError
from tone_corpus import NEEDS, write_corpus, write_noise

pytest.importorskip("torch", reason=NEEDS)
pytest.importorskip("torchaudio", reason=NEEDS, exc_type=ImportError)
pytest.importorskip("soxr", reason=NEEDS)
from kitt_learning.speech import export, network, pool, train
from kitt_learning.speech.mixing import Stream

WORDS = ("stop", "go", "left", "turn right", "what do you see")
SMALL = network.Shape(32, 2)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("corpus")
    return SimpleNamespace(
        corpus=(write_corpus(folder / "people", WORDS * 3),),
        noise=(write_noise(folder / "noise"),),
        dev=(write_corpus(folder / "people_dev", WORDS),),
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches and pools of a few streams."""
    for module, name, value in (
        (train, "DEV_STREAMS", 8), (pool, "POOL", 48), (pool, "LEAST_POOL", 24),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    """A second a step, and streams mixed by this process: so many seconds are so many steps."""
    seconds = iter(range(10**6))
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))

    class Pool:
        made = 0

        def __init__(self, corpus: Any, noise: Any, seed: int, phase: pool.Phase, workers: int) -> None:
            self.phase, self._given = phase, (corpus, noise, seed)
            self._mixer = pool.mixer(*self._given, *phase)

        def batch(self, size: int) -> list[Stream]:
            return [self._mixer.stream() for _ in range(size)]

        def turn(self, phase: pool.Phase) -> None:
            if phase != self.phase:
                self.phase, self._mixer = phase, pool.mixer(*self._given, *phase)

        def close(self) -> None:
            pass

    monkeypatch.setattr(train, "Pool", Pool)


def settings(shards: SimpleNamespace, out: Path, seconds: float, **others: Any) -> train.TrainSettings:
    return train.TrainSettings(
        shards.corpus, shards.noise, shards.dev, out, hours=seconds / 3600, **{"batch": 32.0, "shape": SMALL, **others}
    )


def run(trainer: train.Trainer) -> list[dict[str, Any]]:
    reports: list[dict[str, Any]] = []
    trainer.run(reports.append)
    return reports


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_it_learns_and_is_gone_on_with(shards: SimpleNamespace, tmp_path: Path) -> None:
    trainer = train.Trainer(settings(shards, tmp_path, 100))
    before = trainer.look()
    reports = run(trainer)
    losses = [line["loss"] for line in reports if "loss" in line]
    assert losses[-1] < losses[0]
    assert [line["steps"] for line in reports if "steps" in line] == [150, 150, 400]  # longer streams later on
    assert reports[-1]["dev_loss"] < 0.7 * before["dev_loss"]
    assert reports[-1]["dev_phone_errors"] <= 1.0
    content = network.read(trainer.checkpoint)
    assert content["step"] == trainer.step == pytest.approx(100, abs=3)
    assert network.Shape(**content["shape"]) == SMALL

    # Another shape is asked for; the checkpoint's stays.
    again = train.Trainer(settings(shards, tmp_path, 120, shape=network.Shape(8, 2)), resume=True)
    assert (again.step, again.elapsed) == (content["step"], content["elapsed"])
    assert again.look()["dev_loss"] == reports[-1]["dev_loss"]
    later = run(again)
    assert 15 <= again.step - content["step"] <= 21
    assert network.read(again.checkpoint)["step"] == again.step == later[-1]["step"]

    # A run that is done stays as it is.
    done = train.Trainer(settings(shards, tmp_path, 50), resume=True)
    assert [line["step"] for line in run(done)] == [again.step]


@pytest.mark.usefixtures("clock")
def test_another_run_begins_with_the_mean_weights(shards: SimpleNamespace, tmp_path: Path) -> None:
    first = train.Trainer(settings(shards, tmp_path / "first", 5))
    run(first)
    mean = network.read(first.checkpoint)["mean"]
    onnx = tmp_path / "ears.onnx"
    export.export(export.load(first.checkpoint), onnx)
    for start in (first.checkpoint, onnx):
        second = train.Trainer(settings(shards, tmp_path / "second", 5, start=start, shape=network.Shape(8, 2)))
        assert (second.step, second.settings.shape) == (0, SMALL)
        for net in (second.net, second.mean):
            assert all(np.array_equal(value, mean[name]) for name, value in net.state_dict().items())


@pytest.mark.usefixtures("clock")
def test_features_are_standardised_by_what_is_heard(shards: SimpleNamespace, tmp_path: Path) -> None:
    trainer = train.Trainer(settings(shards, tmp_path, 5))
    seen = np.concatenate([stream.features.astype(np.float32) for stream in trainer._dev])
    standard = (seen - trainer.net.mean.numpy()) * trainer.net.scale.numpy()
    assert np.abs(standard.mean(axis=0)).max() < 0.1 and np.abs(standard.std(axis=0) - 1).max() < 0.1
    assert np.array_equal(trainer.mean.mean, trainer.net.mean)


@pytest.mark.usefixtures("quick")
def test_slips_are_named_before_anything_is_learnt(shards: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(KittError, match=r"checkpoint\.pt is no checkpoint"):
        train.Trainer(settings(shards, tmp_path, 5), resume=True)
    with pytest.raises(KittError, match=r"gone\.pt is no checkpoint"):
        train.Trainer(settings(shards, tmp_path, 5, start=tmp_path / "gone.pt"))
    shards = SimpleNamespace(**{**shards.__dict__, "corpus": (tmp_path,), "dev": ()})
    with pytest.raises(KittError, match="no clip with words"):
        train.Trainer(settings(shards, tmp_path, 5))
    shards.dev = (write_corpus(tmp_path / "long_dev", ["what do you see " * 20]),)
    with pytest.raises(KittError, match=r"no clip in .*long_dev fits"):
        train.Trainer(settings(shards, tmp_path, 5))


@pytest.fixture
def workers() -> Iterator[Callable[[], list[int]]]:
    """The processes that mix and have not ended; ended when the test does."""

    def alive() -> list[int]:
        return [process.pid or 0 for process in multiprocessing.active_children()]

    yield alive
    for process in multiprocessing.active_children():
        process.kill()


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError("no space"), None])
def test_workers_end_with_the_training(
    shards: SimpleNamespace, tmp_path: Path, workers: Callable[[], list[int]], failure: Any
) -> None:
    trainer = train.Trainer(settings(shards, tmp_path, 1, workers=2))
    during: list[int] = []

    def report(_: dict[str, Any]) -> None:
        during.extend(workers())
        if failure:
            raise failure

    if failure:
        with pytest.raises(failure if isinstance(failure, type) else type(failure)):
            trainer.run(report)
    else:
        trainer.run(report)
    assert len(during) == 2 and workers() == []
    assert network.read(trainer.checkpoint)["step"] == trainer.step >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_worker_that_fails_ends_the_training(
    shards: SimpleNamespace, tmp_path: Path, workers: Callable[[], list[int]], capfd: pytest.CaptureFixture[str]
) -> None:
    trainer = train.Trainer(settings(shards, tmp_path, 1))
    (tmp_path / "empty").mkdir()
    trainer.settings = settings(SimpleNamespace(**{**shards.__dict__, "corpus": (tmp_path / "empty",)}), tmp_path, 1)
    with pytest.raises(KittError, match="a process that mixes audio has ended"):
        run(trainer)
    assert "no clip with words" in capfd.readouterr().err
    assert workers() == []


SCRIPT = """
import multiprocessing, signal, sys
from pathlib import Path
from kitt_learning.speech import network, pool, train

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    pool.POOL, pool.LEAST_POOL, train.DEV_STREAMS, train.REPORT_S = 48, 24, 8, 0.0
    corpus, noise, out = (Path(text) for text in sys.argv[1:])
    plan = train.TrainSettings((corpus,), (noise,), (), out, batch=32.0, shape=network.Shape(32, 2), workers=2)
    def report(line):
        print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    train.Trainer(plan).run(report)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_a_process_that_is_stopped(
    shards: SimpleNamespace, tmp_path: Path, sent: signal.Signals
) -> None:
    """Ctrl-C goes to all processes of the terminal; a kill to the training alone."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(shards.corpus[0]), str(shards.noise[0]), str(tmp_path)]
    errors = (tmp_path / "errors.txt").open("w")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    children: list[int] = []
    try:
        assert process.stdout is not None
        children = [int(word) for word in process.stdout.readline().split()]
        assert len(children) == 2, (tmp_path / "errors.txt").read_text()
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)
        else:
            process.send_signal(sent)
        process.wait(timeout=60)
        deadline = time.monotonic() + 60
        while any(_runs(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [child for child in children if _runs(child)] == []
        if sent == signal.SIGINT:
            assert network.read(tmp_path / "checkpoint.pt")["step"] >= 1
            # One process tells of the interrupt, not each.
            assert (tmp_path / "errors.txt").read_text().count("Traceback") == 1
    finally:
        errors.close()
        for pid in (process.pid, *children):
            if _runs(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
