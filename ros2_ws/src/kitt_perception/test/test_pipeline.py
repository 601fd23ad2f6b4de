"""The detector with its tracker, on a small stand-in for a network and, where data is at hand, on photographs."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from kitt_inference.detection import Detections, Timings
from kitt_inference.engines.background import BuildState
from kitt_inference.errors import KittError
from kitt_perception import engine_upkeep, pipeline
from kitt_perception.engine_upkeep import EngineUpkeep, check_engine
from kitt_perception.pipeline import Loaded, Pipeline, Wish, at_least, load

DATA = Path(os.environ.get("KITT_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data")


class Detector:
    """Finds one car with a clear score and one with a doubtful one."""

    timings = Timings(1.0, 2.0, 3.0)

    def __init__(self) -> None:
        self.score = 0.0
        self.session = SimpleNamespace(backend="test", reason="because")
        self.card = SimpleNamespace(thresholds=SimpleNamespace(score=0.4), labels=("car",))

    def detect(self, _: Any) -> Detections:
        boxes = np.array([[10, 10, 60, 60], [200, 200, 260, 260]], dtype=np.float32)
        scores = np.array([0.9, 0.3], dtype=np.float32)
        keep = scores >= self.score
        return Detections(boxes[keep], scores[keep], np.zeros(keep.sum(), dtype=np.int64), ("car",) * int(keep.sum()))


def loaded(name: str = "stand-in") -> Loaded:
    return Loaded(Detector(), name, "0" * 64, "test", "because")  # type: ignore[arg-type]


IMAGE = np.zeros((480, 640, 3), dtype=np.uint8)


def test_doubtful_detections_reach_the_tracker_only() -> None:
    subject = Pipeline(loaded())
    found = subject.detect(IMAGE)
    assert len(found.everything) == 2
    seen = subject.track(found, 1.0)
    assert seen.detections.scores == pytest.approx([0.9])
    assert [track.label for track in seen.tracks] == ["car"]
    assert seen.timings.total == 6.0


def test_threshold_can_be_set_below_and_above_the_cards() -> None:
    subject = Pipeline(loaded())
    subject.score = 0.05
    assert len(subject.track(subject.detect(IMAGE), 1.0).detections) == 2
    assert subject.loaded.detector.score == 0.05
    subject.score = 0.95
    assert len(subject.track(subject.detect(IMAGE), 1.1).detections) == 0


def test_at_least_keeps_the_order() -> None:
    kept = at_least(Detector().detect(None), 0.2)
    assert kept.labels == ("car", "car")
    assert len(at_least(kept, 0.95)) == 0


def test_reload_changes_over_and_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, done = threading.Event(), threading.Event()

    def slow(wish: Wish) -> Loaded:
        gate.wait(5)
        return loaded(wish.model)

    monkeypatch.setattr(pipeline, "load", slow)
    subject = Pipeline(loaded())
    subject.reload(Wish("other"), lambda *_: done.set())
    with pytest.raises(KittError, match="being loaded"):
        subject.reload(Wish("third"), lambda *_: None)
    assert subject.detect(IMAGE).loaded.model == "stand-in"
    gate.set()
    assert done.wait(5)
    assert subject.detect(IMAGE).loaded.model == "other"


def test_failed_reload_keeps_the_old_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Wish) -> Loaded:
        raise KittError("no such model", "choose another")

    monkeypatch.setattr(pipeline, "load", refuse)
    subject, said, done = Pipeline(loaded()), [], threading.Event()
    subject.reload(Wish("other"), lambda new, why: (said.append((new, why)), done.set()))
    assert done.wait(5)
    assert said == [(None, "no such model. choose another")]
    assert subject.loaded.model == "stand-in"


@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="no models: set KITT_DATA to the folder of shared data")
def test_missing_model_and_backend_fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(DATA / "models"))
    got = load(Wish("no_such_model", "no_such_backend", 1))
    assert "no_such_model" in got.fallback
    assert "serves instead" in got.fallback
    image = cv2.imread(str(sorted((DATA / "photo" / "images").glob("coco_*.jpg"))[0]))
    subject = Pipeline(got)
    seen = subject.track(subject.detect(image), 1.0)
    assert len(seen.detections) > 0
    assert load(Wish("auto", "auto", 1)).fallback == ""


@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="no models: set KITT_DATA to the folder of shared data")
@pytest.mark.parametrize("backend", ["tensorrt", "no_such_backend"])
def test_a_backend_that_is_not_here_does_not_cost_the_model(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(DATA / "models"))
    monkeypatch.setattr(engine_upkeep.tensorrt, "missing", lambda: "no NVIDIA GPU")
    got = load(Wish("yolox_nano_416", backend, 1))
    assert (got.model, got.backend) == ("yolox_nano_416", "onnxruntime")
    assert backend in got.fallback and got.fallback.endswith("serves instead")
    assert "\n" not in got.fallback


def test_a_backend_that_fails_is_told_once_and_named_from_then_on() -> None:
    subject, told = Pipeline(loaded()), []
    subject.failed_over = told.append
    assert subject.detect(IMAGE).loaded.backend == "test"
    session = subject.loaded.detector.session
    session.backend, session.reason, session.complaint = "other", "next best", "test failed; other has taken over"  # type: ignore[attr-defined]
    for _ in range(2):
        found = subject.detect(IMAGE)
        assert (found.loaded.backend, found.loaded.fallback) == ("other", "test failed; other has taken over")
    assert [new.reason for new in told] == ["next best"]


class Build:
    """A build that ends when the test says so."""

    def __init__(self, done: Any) -> None:
        self.done, self.state, self.started = done, BuildState(), []

    def start(self, model: str, precision: str) -> None:
        self.started.append((model, precision))
        self.state = BuildState(True, 0.5, "building")

    def stop(self) -> None:
        self.state = BuildState()


def upkeep(
    subject: Pipeline, monkeypatch: pytest.MonkeyPatch, missing: str = ""
) -> tuple[EngineUpkeep, Build, list[Any]]:
    monkeypatch.setattr(engine_upkeep.tensorrt, "missing", lambda: missing)
    said: list[Any] = []
    keeper = EngineUpkeep(subject, lambda new, why: said.append((new, why)), Build)  # type: ignore[arg-type]
    return keeper, keeper._build, said  # type: ignore[return-value]


def test_an_engine_is_built_beside_and_changed_over_to(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Pipeline(loaded())
    keeper, build, said = upkeep(subject, monkeypatch)
    assert not keeper.has_news()
    keeper.look(Wish(engine="fp16"))
    assert build.started == [("stand-in", "fp16")]
    assert keeper.has_news()
    assert not keeper.has_news()
    assert subject.detect(IMAGE).loaded.backend == "test"  # serves meanwhile
    monkeypatch.setattr(pipeline, "load", lambda wish: loaded(f"{wish.engine} engine"))
    build.done("")
    while not said:
        time.sleep(0.01)
    assert subject.detect(IMAGE).loaded.model == "fp16 engine"


def test_a_refused_engine_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Pipeline(loaded())
    keeper, build, said = upkeep(subject, monkeypatch)
    keeper.look(Wish("picodet_s_416", "tensorrt", engine="int8"))
    assert build.started == [("picodet_s_416", "int8")]
    build.done("recall 0.5")
    keeper.look(Wish("picodet_s_416", "tensorrt", engine="int8"))
    assert len(build.started) == 1  # not again and again
    assert said == []
    assert subject.loaded.model == "stand-in"


@pytest.mark.parametrize(
    ("wish", "missing"),
    [
        (Wish(), ""),
        (Wish(engine="off"), ""),
        (Wish(backend="onnxruntime", engine="fp16"), ""),
        (Wish(engine="fp16"), "no GPU"),
    ],
)
def test_no_engine_is_built_where_none_could_run(wish: Wish, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, build, _ = upkeep(Pipeline(loaded()), monkeypatch, missing)
    keeper.look(wish)
    assert build.started == []


def test_engine_that_runs_already_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Pipeline(replace(loaded(), backend="tensorrt"))
    keeper, build, _ = upkeep(subject, monkeypatch)
    keeper.look(Wish(engine="fp16"))
    assert build.started == []
    with pytest.raises(KittError, match="engine is fp8"):
        check_engine("fp8")
