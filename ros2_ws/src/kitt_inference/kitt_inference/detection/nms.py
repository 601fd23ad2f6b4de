"""Non-maximum suppression."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def areas(boxes: Array) -> Array:
    """Areas (N,) of boxes (N, 4) xyxy; an inverted box has area 0."""
    sides: Array = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    product: Array = sides[:, 0] * sides[:, 1]
    return product


def intersections(first: Array, second: Array) -> Array:
    """Areas (N, M) which boxes (N, 4) and boxes (M, 4) share."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    shared: Array = sides[..., 0] * sides[..., 1]
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
    kept = []
    for class_id in np.unique(class_ids):
        members = np.flatnonzero(class_ids == class_id)
        members = members[np.argsort(-scores[members], kind="stable")][:top]
        overlaps = iou_matrix(boxes[members], boxes[members]) > iou
        alive = np.ones(len(members), bool)
        for rank in range(len(members)):
            if alive[rank]:
                alive[rank + 1 :] &= ~overlaps[rank, rank + 1 :]
        kept.append(members[alive])
    if not kept:
        return np.zeros(0, np.int64)
    indices = np.sort(np.concatenate(kept))
    best: Array = indices[np.argsort(-scores[indices], kind="stable")][:limit]
    return best
