"""Multi-object tracking by detection: ByteTrack (Zhang et al. 2022, https://arxiv.org/abs/2110.06864), in seconds.

Every detection counts: confident ones are assigned first, then the tracks left over take a doubtful one in their
place, so that an object half hidden keeps its identity. What differs from the paper: time is real (stamps, not frame
numbers); a lost track may be found again within a margin that grows with the time it was unseen (buffered IoU, Yang
et al. 2023); a detector that wavers between two classes ("car", "truck") does not cost an object its identity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kitt_inference.errors import KittError
from kitt_perception.association import Array, Indices, assign, buffered_iou, iou_matrix
from kitt_perception.kalman import BoxFilterBank, BoxNoise


class DetectionsLike(Protocol):
    """What a detector gives: boxes (N, 4) xyxy [px], scores (N,), class_ids (N,), labels (N names)."""

    @property
    def boxes_xyxy(self) -> NDArray[Any]: ...
    @property
    def scores(self) -> NDArray[Any]: ...
    @property
    def labels(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class TrackerParams:
    """Thresholds of the tracker; times in seconds."""

    high_score: float = 0.45  # assigned first
    low_score: float = 0.1  # below this a detection is ignored
    new_score: float = 0.5  # an unassigned detection starts a track from here
    min_iou: float = 0.2  # of a confident detection with its track
    min_iou_low: float = 0.5  # of a doubtful one: it must lie where it is expected
    class_penalty: float = 0.35  # a pair of different classes needs this much more overlap; 1 forbids it
    duplicate_iou: float = 0.8  # a new detection that overlaps a seen track this much is the same object
    confirm_hits: int = 2  # detections until a track is believed
    tentative_age_s: float = 0.15  # an unconfirmed track is dropped after this time unseen
    max_age_s: float = 3.0  # a confirmed one after this; also the gap in the stamps that starts anew
    late_s: float = 0.25  # stamps this far back are a late frame (ignored); further back the clock jumped
    max_margin: float = 0.5  # greatest growth of a lost track's box, relative to its size
    margin_per_s: float = 0.5  # growth of a lost track's box per second unseen
    noise: BoxNoise = field(default_factory=BoxNoise)


@dataclass(frozen=True)
class Track:
    """One object over time. box_xyxy (4,) [px], velocity (2,) of the centre [px/s], ages [s]. Ids are never reused."""

    track_id: int
    label: str
    score: float
    box_xyxy: Array
    velocity: Array
    age_s: float
    time_since_update_s: float
    confirmed: bool


@dataclass
class _Record:
    track_id: int
    born_s: float
    seen_s: float
    score: float
    hits: int
    votes: dict[str, float]

    @property
    def label(self) -> str:
        return max(self.votes, key=self.votes.__getitem__)

    def see(self, label: str, score: float, stamp_s: float) -> None:
        # Old votes fade, so that a wrong first guess does not outlive many better ones.
        self.votes = {name: weight * 0.9 for name, weight in self.votes.items()}
        self.votes[label] = self.votes.get(label, 0.0) + score
        self.score, self.seen_s, self.hits = score, stamp_s, self.hits + 1


class Tracker:
    """Call `update` once a frame, in the order of the stamps. Not thread-safe."""

    def __init__(self, params: TrackerParams | None = None) -> None:
        self.params = params or TrackerParams()
        self.rejected = 0  # detections with a box or score that is not finite, or without area
        self.late_frames = 0
        self.resets = 0
        self._next_id = 1
        self._stamp_s: float | None = None
        self._bank = BoxFilterBank(self.params.noise)
        self._records: list[_Record] = []

    def reset(self) -> None:
        """Forget all tracks. Ids go on counting."""
        self._bank = BoxFilterBank(self.params.noise)
        self._records = []
        self._stamp_s = None

    def update(self, detections: DetectionsLike, stamp_s: float) -> list[Track]:
        """Take one frame's detections, seen at stamp_s [s], and return all living tracks, confirmed or not, by id.

        Raises KittError when stamp_s is not finite or the detections' arrays differ in length.
        """
        if not math.isfinite(stamp_s):
            raise KittError(f"frame stamp {stamp_s} is not a time", "check the clock that stamps the images")
        dt = self._time_step(stamp_s)
        if dt is None:
            return self._tracks()
        boxes, scores, labels = self._checked(detections)
        self._bank.predict(dt)
        self._stamp_s = stamp_s
        high = np.flatnonzero(scores >= self.params.high_score)
        low = np.flatnonzero((scores >= self.params.low_score) & (scores < self.params.high_score))

        everyone = np.arange(len(self._records))
        confirmed = np.array([self._confirmed(record) for record in self._records], dtype=bool)
        names = np.array(labels, dtype=np.str_)
        seen: list[Indices] = []

        def match(tracks: Indices, candidates: Indices, min_iou: float, margin: Array | float = 0.0) -> Indices:
            """Assign, correct the assigned tracks, and return the candidates left."""
            overlap = buffered_iou(self._bank.boxes_xyxy[tracks], boxes[candidates], margin)
            track_names = np.array([self._records[row].label for row in tracks.tolist()], dtype=np.str_)
            other = track_names[:, None] != names[candidates][None, :]
            cost = 1.0 - overlap + self.params.class_penalty * other
            found = assign(cost, 1.0 - min_iou)
            rows, columns = tracks[found.rows], candidates[found.columns]
            self._bank.correct(rows, boxes[columns])
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                self._records[row].see(labels[column], float(scores[column]), stamp_s)
            seen.append(rows)
            return candidates[found.free_columns]

        def unseen(rows: Indices) -> Indices:
            return np.setdiff1d(rows, np.concatenate(seen)) if seen else rows

        high = match(everyone[confirmed], high, self.params.min_iou)
        # A doubtful detection may keep a track alive that was seen lately; one long lost needs a confident detection.
        recent = np.array([dt + self._lost_for(record, stamp_s - dt) < 0.5 for record in self._records], dtype=bool)
        match(unseen(everyone[confirmed & recent]), low, self.params.min_iou_low)
        lost = unseen(everyone[confirmed])
        high = match(lost, high, self.params.min_iou, self._margins(lost, stamp_s))
        high = match(everyone[~confirmed], high, self.params.min_iou)

        self._bank.freeze_size(unseen(everyone))
        self._drop_old(stamp_s)
        self._start(high, boxes, scores, labels, stamp_s)
        return self._tracks()

    def _time_step(self, stamp_s: float) -> float | None:
        """Seconds since the last frame; None: this frame is no news. A jump of the clock forgets all tracks."""
        if self._stamp_s is None:
            return 0.0
        dt = stamp_s - self._stamp_s
        if -self.params.late_s <= dt <= 0.0:
            self.late_frames += 1
            return None
        if dt < 0.0 or dt > self.params.max_age_s:
            self.resets += 1
            self.reset()
            return 0.0
        return dt

    def _checked(self, detections: DetectionsLike) -> tuple[Array, Array, list[str]]:
        boxes = np.asarray(detections.boxes_xyxy, dtype=np.float64).reshape(-1, 4)
        scores = np.asarray(detections.scores, dtype=np.float64).reshape(-1)
        labels = list(detections.labels)
        if not len(boxes) == len(scores) == len(labels):
            raise KittError(
                f"detections disagree: {len(boxes)} boxes, {len(scores)} scores, {len(labels)} labels",
                "give one score and one label a box",
            )
        # 1e6 px: beyond any camera, yet small enough that areas stay exact in floating point.
        good = np.isfinite(boxes).all(axis=1) & np.isfinite(scores) & (np.abs(boxes) < 1e6).all(axis=1)
        good &= (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        self.rejected += int(np.count_nonzero(~good))
        return boxes[good], scores[good], [label for label, keep in zip(labels, good, strict=True) if keep]

    def _confirmed(self, record: _Record) -> bool:
        return record.hits >= self.params.confirm_hits

    @staticmethod
    def _lost_for(record: _Record, stamp_s: float) -> float:
        return stamp_s - record.seen_s

    def _margins(self, rows: Indices, stamp_s: float) -> Array:
        unseen_s = np.array([self._lost_for(self._records[row], stamp_s) for row in rows.tolist()], dtype=np.float64)
        return np.minimum(self.params.margin_per_s * unseen_s, self.params.max_margin)

    def _drop_old(self, stamp_s: float) -> None:
        def alive(record: _Record) -> bool:
            limit = self.params.max_age_s if self._confirmed(record) else self.params.tentative_age_s
            return self._lost_for(record, stamp_s) <= limit

        mask = np.array([alive(record) for record in self._records], dtype=bool)
        self._bank.keep(mask)
        self._records = [record for record, keep in zip(self._records, mask, strict=True) if keep]

    def _start(self, rows: Indices, boxes: Array, scores: Array, labels: list[str], stamp_s: float) -> None:
        rows = rows[scores[rows] >= self.params.new_score]
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        taken = self._bank.boxes_xyxy[[record.seen_s == stamp_s for record in self._records]]
        for row in rows.tolist():
            box = boxes[[row]]
            if iou_matrix(box, taken).max(initial=0.0) >= self.params.duplicate_iou:
                continue
            taken = np.concatenate([taken, box])
            self._bank.append(box)
            score = float(scores[row])
            self._records.append(_Record(self._next_id, stamp_s, stamp_s, score, 1, {labels[row]: score}))
            self._next_id += 1

    def _tracks(self) -> list[Track]:
        now_s = self._stamp_s if self._stamp_s is not None else 0.0
        boxes = self._bank.boxes_xyxy
        return [
            Track(
                track_id=record.track_id,
                label=record.label,
                score=record.score,
                box_xyxy=boxes[i].copy(),
                velocity=self._bank.velocity[i, :2].copy(),
                age_s=now_s - record.born_s,
                time_since_update_s=self._lost_for(record, now_s),
                confirmed=self._confirmed(record),
            )
            for i, record in enumerate(self._records)
        ]
