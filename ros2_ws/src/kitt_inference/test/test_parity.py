"""The gate: agreement passes; lost, moved and reordered boxes do not, with the numbers."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from inference_helpers import make_card

from kitt_inference.card import Tolerance, load_card
from kitt_inference.detection import Detections
from kitt_inference.engines import make
from kitt_inference.errors import KittError
from kitt_inference.parity import Parity, compare, match


def found(boxes, scores=None, ids=None) -> Detections:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    scores = np.full(len(boxes), 0.9, np.float32) if scores is None else np.array(scores, np.float32)
    ids = np.zeros(len(boxes), np.int64) if ids is None else np.array(ids)
    return Detections(boxes, scores, ids, ("ant",) * len(boxes))


class Detector:
    """Gives the same detections for every frame, from its threshold on."""

    def __init__(self, detections: Detections) -> None:
        self.detections, self.score = detections, 0.4

    def detect(self, _):
        d = self.detections
        keep = d.scores >= self.score
        return Detections(d.boxes_xyxy[keep], d.scores[keep], d.class_ids[keep], ("ant",) * int(keep.sum()))


GRID = [[50 * i, 50 * i, 50 * i + 40, 50 * i + 40] for i in range(12)]
FRAMES = [np.zeros((600, 600, 3), np.uint8)] * 2


def gate(candidate: Detections, **tolerance) -> tuple[Parity, str]:
    parity = compare(Detector(found(GRID)), Detector(candidate), FRAMES)  # type: ignore[arg-type]
    return parity, parity.misses(dataclasses.replace(Tolerance(), **tolerance))


def test_the_same_in_another_order_passes():
    parity, misses = gate(found(GRID[::-1]))
    assert misses == ""
    assert parity == Parity(2, 24, 1.0, 0, 0.0, 0.0)


def test_lost_boxes_are_told():
    parity, misses = gate(found(GRID[:9]))
    assert parity.recall == 0.75
    assert misses == "recall 0.75, at least 0.98"


def test_moved_boxes_and_scores_are_told():
    moved = np.add(GRID, [0, 0, 6, 0])
    parity, misses = gate(found(moved, np.full(12, 0.7)))
    assert (parity.recall, parity.box_px) == (1.0, 6.0)
    assert misses == "boxes differ by [px] 6, at most 4; scores differ by 0.2, at most 0.05"
    assert gate(found(moved, np.full(12, 0.7)), box_px=7, score=0.3)[1] == ""


def test_another_class_is_not_found_again():
    assert gate(found(GRID, ids=[1] * 12))[0].recall == 0.0


def test_a_score_that_slipped_under_the_threshold_counts_as_found_and_extra_is_counted():
    parity, misses = gate(found([*GRID, [500, 0, 540, 40]], [0.9] * 11 + [0.39, 0.9]))
    assert parity.recall == 1.0
    assert parity.extra == 2
    assert "scores" not in misses or parity.score > 0.05


def test_nothing_seen_proves_nothing_and_nan_fails():
    assert "sees only 0 things in 0 frames" in Parity(0, 0, 0.0, 0, 0.0, 0.0).misses(Tolerance())
    assert "boxes" in Parity(1, 20, 1.0, 0, float("nan"), 0.0).misses(Tolerance())
    assert Parity(1, 20, 1.0, 0, 0, 0, 38.5, 37.6).misses(Tolerance()) == ""
    assert "AP 37.4 instead of 38.5" in Parity(1, 20, 1.0, 0, 0, 0, 38.5, 37.4).misses(Tolerance())


def test_each_box_is_matched_once_by_the_best():
    near = found([[0, 0, 10, 10], [1, 0, 11, 10]])
    assert sorted(map(tuple, match(near, found([[1, 0, 11, 10], [0, 0, 10, 10]]), 0.5))) == [(0, 1), (1, 0)]
    assert len(match(near, found([[0, 0, 10, 10]]), 0.5)) == 1
    assert len(match(found([]), near, 0.5)) == 0


def test_the_cards_tolerance(tmp_path):
    text = "---\nname: m\nlabels: [ant]\ninput: {size: [64, 64]}\nhead: {type: yolox}\ntolerance: {recall: %s}\n---\n"
    (tmp_path / "card.md").write_text(text % 0.9)
    assert load_card(tmp_path / "card.md").tolerance == Tolerance(recall=0.9)
    for bad in ("2", "-1", "much"):
        (tmp_path / "card.md").write_text(text % bad)
        with pytest.raises(KittError, match="recall"):
            load_card(tmp_path / "card.md")


class Steps:
    """A recurrent step h_out = h / 2 + x, off by `error` in its output."""

    inputs = tuple(SimpleNamespace(name=name, shape=(1, 4), dtype=np.dtype(np.float32)) for name in ("x", "h"))

    def __init__(self, error: float = 0.0) -> None:
        self.error, self.states = error, []

    def run(self, feeds):
        self.states.append(feeds["h"])
        state = feeds["h"] / 2 + feeds["x"]
        return {"y": state + self.error, "h_out": state}


def test_steps_are_compared_with_their_own_state_carried_on():
    one, other = Steps(), Steps()
    assert make.step_difference(one, other) == 0.0  # type: ignore[arg-type]
    np.testing.assert_array_equal(one.states[1], one.states[0] / 2 + (one.states[1] - one.states[0] / 2))
    assert np.ptp(one.states[5]) > 0
    assert make.step_difference(Steps(), Steps(0.25)) == pytest.approx(0.25)  # type: ignore[arg-type]
    assert make.step_difference(Steps(), Steps(float("nan"))) == float("inf")  # type: ignore[arg-type]


def test_the_gate_on_a_real_network(mirrored):
    """float16 in ONNX Runtime stands in for an engine: it passes; one with another network's weights does not."""
    from kitt_inference.session import open_session

    target = make.find_target("yolox_nano_416")
    pictures = sorted((mirrored / "photo" / "images").glob("coco_*.jpg"))[:6]
    report, refused = make.judge(target, open_session(target.file, "onnxruntime", 1), pictures)
    assert refused == ""
    assert (report["frames"], report["recall"], report["box_px"]) == (6, 1.0, 0.0)
    assert report["detections"] >= 10
    speed = make.measure(target, open_session(target.file, "onnxruntime", 1))
    assert set(speed) == {"engine_ms", "reference_ms"}

    class Blind:
        """Its confidences are a tenth of what they should be."""

        def __init__(self, session):
            self.inputs, self.outputs, self.run_ = session.inputs, session.outputs, session.run

        def run(self, feeds):
            return {name: value * np.float32(0.1) for name, value in self.run_(feeds).items()}

    blind = Blind(open_session(target.file, "onnxruntime", 1))
    report, refused = make.judge(target, blind, pictures)  # type: ignore[arg-type]
    assert "recall 0, at least 0.98" in refused


def test_stored_frames_and_their_faults(tmp_path):
    with pytest.raises(KittError, match="no pictures"):
        make.Frames(tmp_path).pictures()
    for number in range(130):
        (tmp_path / f"{number:03}.png").write_bytes(b"")
    chosen = make.Frames(tmp_path).pictures()
    assert len(chosen) <= 64
    assert chosen[-1].name > "120"


def test_engines_of_networks_that_are_no_detectors(tmp_path):
    (tmp_path / "card.md").write_text("---\nname: ears\ntask: speech\n---\n")
    (tmp_path / "ears.onnx").write_bytes(b"x")
    target = make.find_target(str(tmp_path / "ears.onnx"))
    assert (target.name, target.card) == ("ears", None)
    assert make_card(tmp_path, "yolox").tolerance == Tolerance()
    with pytest.raises(KittError, match="is not here in int8") as caught:
        make.in_precision(target, "int8")
    assert "kitt export detector" in caught.value.remedy
    with pytest.raises(KittError, match="no precision fp8"):
        make.in_precision(target, "fp8")
