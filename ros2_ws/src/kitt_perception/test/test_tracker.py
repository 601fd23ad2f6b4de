"""Synthetic scenes with known identities: the tracker must not mix them up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_perception.tracker import Track, Tracker, TrackerParams


@dataclass
class Boxes:
    boxes_xyxy: np.ndarray
    scores: np.ndarray
    labels: list[str]


def boxes(*rows: tuple[float, float, float, float, float, str]) -> Boxes:
    """Rows of centre x, centre y, width, height, score, label."""
    xyxy = [(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2) for cx, cy, w, h, _, _ in rows]
    return Boxes(np.array(xyxy, dtype=np.float32).reshape(-1, 4), np.array([r[4] for r in rows]), [r[5] for r in rows])


NOTHING = boxes()


@dataclass
class Identities:
    """Counts how often a true object's id changes, and remembers all ids it had."""

    last: dict[str, int] = field(default_factory=dict)
    ids: dict[str, set[int]] = field(default_factory=dict)
    switches: int = 0

    def note(self, tracks: list[Track], truth: dict[str, tuple[float, float]]) -> None:
        seen = [t for t in tracks if t.confirmed and t.time_since_update_s == 0.0]
        for name, (cx, cy) in truth.items():
            if not seen:
                continue
            near = min(seen, key=lambda t: abs(t.box_xyxy[[0, 2]].mean() - cx) + abs(t.box_xyxy[[1, 3]].mean() - cy))
            if np.hypot(near.box_xyxy[[0, 2]].mean() - cx, near.box_xyxy[[1, 3]].mean() - cy) > 15:
                continue
            self.switches += name in self.last and self.last[name] != near.track_id
            self.last[name] = near.track_id
            self.ids.setdefault(name, set()).add(near.track_id)


def test_one_object_keeps_one_id_and_its_velocity_is_right() -> None:
    tracker = Tracker()
    for i in range(60):
        tracks = tracker.update(boxes((100 + 4 * i, 200 - i, 60, 80, 0.9, "car")), 10 + i / 20)
    (track,) = tracks
    assert track.confirmed
    assert track.label == "car"
    assert track.velocity == pytest.approx([80, -20], abs=2)
    assert track.age_s == pytest.approx(59 / 20)
    assert track.box_xyxy == pytest.approx([100 + 236 - 30, 200 - 59 - 40, 100 + 236 + 30, 200 - 59 + 40], abs=1)


@pytest.mark.parametrize("seed", range(5))
def test_crossing_objects_keep_their_ids(seed: int) -> None:
    """Two people pass each other; where they overlap, only the nearer one is detected."""
    rng = np.random.default_rng(seed)
    tracker, identities = Tracker(), Identities()
    for i in range(120):
        t = i / 30
        truth = {"left to right": (100 + 100 * t, 240.0), "right to left": (500 - 100 * t, 250.0)}
        apart = abs(truth["left to right"][0] - truth["right to left"][0])
        rows = []
        for name, (cx, cy) in truth.items():
            if name == "right to left" and apart < 25:
                continue
            jitter = rng.normal(0, 1.5, 4)
            rows.append((cx + jitter[0], cy + jitter[1], 50 + jitter[2], 120 + jitter[3], 0.8, "person"))
        identities.note(tracker.update(boxes(*rows), t), truth if apart > 40 else {})
    assert identities.switches == 0
    assert len(identities.ids["left to right"]) == len(identities.ids["right to left"]) == 1
    assert identities.ids["left to right"] != identities.ids["right to left"]


@pytest.mark.parametrize("hidden_s", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_hidden_object_comes_back_with_its_id(hidden_s: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracker, identities = Tracker(), Identities()
    for i in range(150):
        t = i / 30
        cx = 100 + 60 * t
        jitter = rng.normal(0, 2.0, 4)
        row = (cx + jitter[0], 240 + jitter[1], 50 + jitter[2], 110 + jitter[3], 0.8, "person")
        tracks = tracker.update(NOTHING if 1.5 < t < 1.5 + hidden_s else boxes(row), t)
        identities.note(tracks, {"person": (cx, 240)})
        if 1.5 + 1 / 30 < t < 1.5 + hidden_s:
            assert tracks[0].time_since_update_s > 0
    assert identities.ids["person"] == {1}


@pytest.mark.parametrize(("max_margin", "ids"), [(0.5, {1}), (0.0, {1, 2})])
def test_object_that_slowed_down_while_hidden_is_found_within_the_margin(max_margin: float, ids: set[int]) -> None:
    """Without the margin (C-BIoU) it would be a new object: the boxes overlap too little."""
    tracker, seen = Tracker(TrackerParams(max_margin=max_margin)), set()
    for i in range(90):
        t = i / 30
        cx = 100 + 60 * min(t, 1.4)  # it stops behind the tree, and the prediction goes on
        hidden = 1.4 < t < 2.05
        tracks = tracker.update(NOTHING if hidden else boxes((cx, 240, 50, 110, 0.8, "person")), t)
        seen |= {x.track_id for x in tracks if x.confirmed and x.time_since_update_s == 0}
    assert seen == ids


def test_a_stranger_elsewhere_does_not_inherit_a_lost_id() -> None:
    tracker = Tracker()
    for i in range(30):
        tracker.update(boxes((100, 200, 50, 100, 0.9, "person")), i / 30)
    for i in range(30, 60):
        tracks = tracker.update(boxes((420, 200, 50, 100, 0.9, "person")), i / 30)
    assert {t.track_id for t in tracks if t.time_since_update_s == 0} == {2}


def test_low_scores_keep_a_track_but_start_none() -> None:
    tracker = Tracker()
    for i in range(60):
        score = 0.2 if 20 <= i < 50 else 0.8
        tracks = tracker.update(boxes((100 + 3 * i, 200, 60, 80, score, "car"), (500, 100, 40, 40, 0.3, "dog")), i / 30)
        assert tracks[0].time_since_update_s == 0
    assert [t.track_id for t in tracks] == [1]


def test_without_the_second_stage_the_dip_would_lose_the_track() -> None:
    """The contrast that shows what the low scores are for."""
    tracker = Tracker(TrackerParams(low_score=0.45, max_age_s=0.5))
    for i in range(60):
        score = 0.2 if 20 <= i < 50 else 0.8
        tracks = tracker.update(boxes((100 + 3 * i, 200, 60, 80, score, "car")), i / 30)
    assert [t.track_id for t in tracks] == [2]


def test_real_time_not_frame_count() -> None:
    """The same motion seen with irregular, missing frames gives the same velocity and one id."""
    rng = np.random.default_rng(1)
    tracker, t = Tracker(), 0.0
    while t < 3:
        tracks = tracker.update(boxes((100 + 90 * t, 200, 80, 80, 0.9, "car")), t)
        t += rng.choice([1 / 30, 2 / 30, 8 / 30])
    assert [x.track_id for x in tracks] == [1]
    assert tracks[0].velocity == pytest.approx([90, 0], abs=2)


def test_wavering_class_keeps_the_id_and_the_majority_names_it() -> None:
    tracker = Tracker()
    for i in range(40):
        tracks = tracker.update(boxes((200 + i, 200, 90, 60, 0.6, "car" if i % 4 == 0 else "truck")), i / 30)
    assert [(t.track_id, t.label) for t in tracks] == [(1, "truck")]


def test_two_classes_on_one_object_are_one_track() -> None:
    tracker = Tracker()
    for i in range(10):
        both = boxes((200, 200, 90, 60, 0.8, "truck"), (201, 200, 90, 60, 0.6, "car"))
        tracks = tracker.update(both, i / 30)
    assert {t.label for t in tracks if t.confirmed and t.time_since_update_s == 0} == {"truck"}


def test_one_flash_is_never_confirmed() -> None:
    tracker = Tracker()
    for i in range(20):
        tracks = tracker.update(boxes((200, 200, 50, 50, 0.9, "cat")) if i == 5 else NOTHING, i / 30)
        assert not any(t.confirmed for t in tracks)
    assert tracks == []


def test_empty_frames_and_max_age() -> None:
    tracker = Tracker(TrackerParams(max_age_s=1.0))
    assert tracker.update(NOTHING, 0.0) == []
    for i in range(5):
        tracker.update(boxes((100, 100, 50, 50, 0.9, "car")), 1 + i * 0.1)
    assert len(tracker.update(NOTHING, 2.3)) == 1
    assert tracker.update(NOTHING, 2.5) == []


def test_bad_boxes_are_counted_not_tracked() -> None:
    nan, inf = float("nan"), float("inf")
    bad = Boxes(
        np.array([[nan, 0, 10, 10], [0, 0, inf, 10], [50, 50, 40, 60], [5, 5, 5, 9], [0, 0, 9, 9], [10, 10, 60, 60]]),
        np.array([0.9, 0.9, 0.9, 0.9, nan, 0.9]),
        ["car"] * 6,
    )
    tracker = Tracker()
    for i in range(3):
        tracks = tracker.update(bad, i / 30)
    assert len(tracks) == 1
    assert np.isfinite(tracks[0].box_xyxy).all()
    assert tracker.rejected == 15


@pytest.mark.parametrize("jump_s", [-100.0, -1.0, 60.0])
def test_clock_jump_starts_anew_and_ids_go_on(jump_s: float) -> None:
    tracker = Tracker()
    for i in range(10):
        tracker.update(boxes((100, 100, 50, 50, 0.9, "car")), 1000 + i / 30)
    for i in range(10):
        tracks = tracker.update(boxes((100, 100, 50, 50, 0.9, "car")), 1000 + jump_s + i / 30)
    assert [t.track_id for t in tracks] == [2]
    assert tracks[0].age_s == pytest.approx(9 / 30)
    assert tracker.resets == 1


def test_a_late_frame_changes_nothing() -> None:
    tracker = Tracker()
    for i in range(10):
        before = tracker.update(boxes((100 + 5 * i, 100, 50, 50, 0.9, "car")), i / 30)
    after = tracker.update(boxes((130, 100, 50, 50, 0.9, "car")), 7 / 30)
    assert [t.track_id for t in after] == [t.track_id for t in before]
    assert after[0].box_xyxy == pytest.approx(before[0].box_xyxy)
    assert tracker.late_frames == 1


def test_no_time_and_uneven_arrays_are_refused() -> None:
    with pytest.raises(KittError, match="not a time"):
        Tracker().update(NOTHING, float("nan"))
    with pytest.raises(KittError, match="1 boxes, 0 scores"):
        Tracker().update(Boxes(np.ones((1, 4)), np.zeros(0), ["car"]), 0.0)


def test_a_busy_street_keeps_all_ids() -> None:
    """Twelve objects with their own velocities, one frame in ten without a given object, jitter, false alarms."""
    rng = np.random.default_rng(4)
    starts = [(80.0 + 150 * (k % 4), 100.0 + 160 * (k // 4)) for k in range(12)]
    speeds = rng.uniform(-25, 25, (12, 2))
    tracker, identities = Tracker(), Identities()
    for i in range(150):
        t = i / 30
        truth = {str(k): (x + speeds[k, 0] * t, y + speeds[k, 1] * t) for k, (x, y) in enumerate(starts)}
        rows = [
            (*(np.array(c) + rng.normal(0, 1.5, 2)), 50, 80, rng.uniform(0.3, 0.9), "person")
            for c in truth.values()
            if rng.random() > 0.1
        ]
        rows.append((*rng.uniform(0, 600, 2), 30, 30, 0.55, "bird"))
        identities.note(tracker.update(boxes(*rows), t), truth)
    assert identities.switches == 0
    assert all(len(ids) == 1 for ids in identities.ids.values())
    assert len(identities.ids) == 12


def test_two_hundred_boxes_in_time() -> None:
    rng = np.random.default_rng(0)
    centres = rng.uniform(0, 2000, (200, 2))
    tracker, times = Tracker(), []
    for i in range(20):
        rows = [(*(c + rng.normal(0, 1, 2)), 40, 40, 0.8, f"class {k % 5}") for k, c in enumerate(centres)]
        frame = boxes(*rows)
        begin = time.perf_counter()
        tracker.update(frame, i / 30)
        times.append(time.perf_counter() - begin)
    # 5 ms on a quiet core; the bound leaves room for a busy machine, yet catches anything that grows with the square.
    assert np.median(times) < 0.04
