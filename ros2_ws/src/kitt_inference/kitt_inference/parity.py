"""The gate for engines: does one see on stored frames what the float32 reference sees?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kitt_inference.card import Tolerance
from kitt_inference.detection import Detections, ObjectDetector
from kitt_inference.detection.nms import areas, intersections

Array = np.ndarray[Any, Any]
# With fewer detections of the reference the comparison proves nothing.
LEAST_DETECTIONS = 10


@dataclass(frozen=True)
class Parity:
    """What a candidate makes of the reference's detections.

    Attributes:
        frames, detections: pictures compared, and detections of the reference in them.
        recall: part of these that the candidate finds again; extra: candidate's detections without a counterpart.
        box_px, score: 95th percentiles of the distances between matched boxes' sides [px] and scores.
        ap_reference, ap: points, None without annotations.
    """

    frames: int
    detections: int
    recall: float
    extra: int
    box_px: float
    score: float
    ap_reference: float | None = None
    ap: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: round(v, 5) if isinstance(v, float) else v for name, v in asdict(self).items()}

    def misses(self, tolerance: Tolerance) -> str:
        """What exceeds the tolerance, with the numbers; "" when the candidate passes."""
        if self.detections < LEAST_DETECTIONS:
            return (
                f"the reference sees only {self.detections} things in {self.frames} frames, "
                f"at least {LEAST_DETECTIONS} are needed to compare"
            )
        found = [
            f"{name} {value:.3g}, {word} {limit:.3g}"
            for name, value, word, limit, bad in (
                ("recall", self.recall, "at least", tolerance.recall, not self.recall >= tolerance.recall),
                ("boxes differ by [px]", self.box_px, "at most", tolerance.box_px, not self.box_px <= tolerance.box_px),
                ("scores differ by", self.score, "at most", tolerance.score, not self.score <= tolerance.score),
            )
            if bad
        ]
        if self.ap is not None and self.ap_reference is not None and not self.ap_reference - self.ap <= tolerance.ap:
            found.append(f"AP {self.ap:.1f} instead of {self.ap_reference:.1f}, at most {tolerance.ap:g} less")
        return "; ".join(found)


def compare(
    reference: ObjectDetector,
    candidate: ObjectDetector,
    frames: Iterable[Array],
    iou: float = 0.5,
    progress: Callable[[int], None] = lambda _done: None,
) -> Parity:
    """Run both detectors, which have the same thresholds, over frames.

    A detection near the threshold may fall to its other side by rounding: the candidate may therefore find one again
    with any score from half the threshold on, and its extra detections are counted, not judged.

    Args:
        frames: uint8 (H, W, 3), BGR. iou: least overlap of a detection that is found again.
    """
    threshold = candidate.score
    candidate.score = threshold / 2
    counts = np.zeros(4, int)  # frames, detections, matched, extra
    boxes: list[Array] = []
    scores: list[Array] = []
    try:
        for frame in frames:
            wanted, found = reference.detect(frame), candidate.detect(frame)
            pairs = match(wanted, found, iou)
            left = np.setdiff1d(np.flatnonzero(found.scores >= threshold), pairs[:, 1])
            counts += [1, len(wanted), len(pairs), len(left)]
            boxes.append(np.abs(wanted.boxes_xyxy[pairs[:, 0]] - found.boxes_xyxy[pairs[:, 1]]).max(axis=1, initial=0))
            scores.append(np.abs(wanted.scores[pairs[:, 0]] - found.scores[pairs[:, 1]]))
            progress(int(counts[0]))
    finally:
        candidate.score = threshold
    shown, seen, matched, extra = (int(count) for count in counts)
    return Parity(shown, seen, matched / seen if seen else 0.0, extra, _percentile(boxes), _percentile(scores))


def match(wanted: Detections, found: Detections, iou: float) -> Array:
    """Pairs (N, 2) of indices into both, of one class, best overlap first, each used once."""
    shared = intersections(wanted.boxes_xyxy, found.boxes_xyxy)
    union = areas(wanted.boxes_xyxy)[:, None] + areas(found.boxes_xyxy)[None] - shared
    overlap = np.where(wanted.class_ids[:, None] == found.class_ids[None], shared / np.maximum(union, 1e-9), 0)
    pairs = []
    for flat in np.argsort(-overlap, axis=None, kind="stable"):
        row, column = np.unravel_index(flat, overlap.shape)
        if overlap[row, column] < iou or not overlap[row, column] > 0:
            break
        overlap[row], overlap[:, column] = 0, 0
        pairs.append((row, column))
    # Zeroed rows come again further down: a pair counts once.
    return np.array(list(dict.fromkeys(pairs)), int).reshape(-1, 2)


def _percentile(parts: list[Array]) -> float:
    values = np.concatenate(parts) if parts else np.zeros(0)
    return float(np.percentile(values, 95)) if len(values) else 0.0
