"""The detector with its tracker, on a small stand-in for a network and, where data is at hand, on photographs."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from kitt_inference.detection import Detections, Timings
from kitt_inference.errors import KittError
from kitt_perception import pipeline
from kitt_perception.pipeline import Loaded, Pipeline, Wish, at_least, load

DATA = Path(os.environ.get("KITT_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data")


class Detector:
    """Finds one car with a clear score and one with a doubtful one."""

    timings = Timings(1.0, 2.0, 3.0)

    def __init__(self) -> None:
        self.score = 0.0
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
