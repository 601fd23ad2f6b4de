"""Non-maximum suppression."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_NO_CLASS = -1
_BLOCK = 16


def areas(boxes: Array) -> Array:
    """Areas (N,) of boxes (N, 4) xyxy; an inverted box has area 0."""
    sides: Array = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    product: Array = sides[:, 0] * sides[:, 1]
    return product


def intersections(first: Array, second: Array) -> Array:
    """Areas (N, M) which boxes (N, 4) and boxes (M, 4) share."""
    # Side by side in planes: a last axis of two would cost five times as much.
    width = np.minimum(first[:, None, 2], second[None, :, 2]) - np.maximum(first[:, None, 0], second[None, :, 0])
    height = np.minimum(first[:, None, 3], second[None, :, 3]) - np.maximum(first[:, None, 1], second[None, :, 1])
    shared: Array = np.maximum(width, 0) * np.maximum(height, 0)
    return shared


def iou_matrix(first: Array, second: Array) -> Array:
    """Intersection over union (N, M) of boxes (N, 4) and (M, 4) xyxy; 0 where both are empty."""
    shared = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None] - shared
    result: Array = np.where(union > 0, shared / np.maximum(union, 1e-12), 0)
    return result


def batched_nms(
    boxes: Array, scores: Array, class_ids: Array, iou: float, *, limit: int = 100, top: int = 1000
) -> Array:
    """Greedy suppression within each class.

    Args:
        boxes: (N, 4) xyxy. scores: (N,). class_ids: (N,).
        iou: a box is dropped when its overlap with a better one of its class is greater.
        limit: keep at most so many.
        top: only the best so many of each class take part.

    Returns:
        Indices kept, best score first; equal scores keep their order, so the result is deterministic.
    """
    order = np.argsort(-scores, kind="stable")
    classes = class_ids[order]
    if len(order) > top:
        for class_id in np.unique(classes):
            classes[np.flatnonzero(classes == class_id)[top:]] = _NO_CLASS
        order, classes = order[classes != _NO_CLASS], classes[classes != _NO_CLASS]
    ranked = boxes[order]
    kept: list[int] = []
    rest = np.arange(len(order))
    # All classes in one pass, best first, so that it ends with the last box wanted; a block's overlaps at a time.
    while len(rest) and len(kept) < limit:
        block = min(_BLOCK, len(rest))
        overlaps = iou_matrix(ranked[rest[:block]], ranked[rest]) > iou
        spared = ~(overlaps & (classes[rest[:block], None] == classes[rest]))
        alive = np.ones(len(rest), bool)
        for rank in range(block):
            if alive[rank]:
                kept.append(int(rest[rank]))
                alive[rank + 1 :] &= spared[rank, rank + 1 :]
        rest = rest[block:][alive[block:]]
    best: Array = order[kept[:limit]]
    return best
