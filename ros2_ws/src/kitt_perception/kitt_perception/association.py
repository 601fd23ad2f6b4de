"""Which detection belongs to which track: overlap of boxes and the assignment of least cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

# The cost of a pair beyond the gate. Larger than any sum of permitted costs would be for frames of up to 1000 boxes, so
# that the assignment never gives up a permitted pair to spare itself a forbidden one.
_FORBIDDEN = 1e4


@dataclass(frozen=True)
class Matches:
    """Row and column of each matched pair (K,), and the rows and columns that stayed alone."""

    rows: Indices
    columns: Indices
    free_rows: Indices
    free_columns: Indices


def iou_matrix(a: Array, b: Array) -> Array:
    """Intersection over union of every box of a (N, 4) with every box of b (M, 4), both xyxy [px]; shape (N, M)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    intersection = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=1)
    union = area_a[:, None] + area_b[None, :] - intersection
    overlap: Array = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return overlap


def buffered(boxes: Array, margin: Array | float) -> Array:
    """Boxes (N, 4) grown on each side by margin (N,) times width and height (C-BIoU, Yang et al. 2023)."""
    size = boxes[:, 2:] - boxes[:, :2]
    grow = size * np.broadcast_to(np.asarray(margin, dtype=np.float64), (len(boxes),))[:, None]
    return np.concatenate([boxes[:, :2] - grow, boxes[:, 2:] + grow], axis=1)


def buffered_iou(a: Array, b: Array, margin: Array | float) -> Array:
    """Overlap (N, M) of a (N, 4) and b (M, 4), where margin (N,) of row i grows both a[i] and the boxes it meets."""
    if np.ndim(margin) == 0:
        return iou_matrix(buffered(a, margin), buffered(b, margin))
    overlap = np.zeros((len(a), len(b)))
    for row, grow in enumerate(np.asarray(margin).tolist()):
        overlap[row] = iou_matrix(buffered(a[row : row + 1], grow), buffered(b, grow))[0]
    return overlap


def assign(cost: Array, greatest: float) -> Matches:
    """The one-to-one assignment of least total cost over the pairs whose cost (N, M) is at most `greatest`.

    Jonker-Volgenant as in scipy.optimize.linear_sum_assignment (Crouse 2016).
    """
    permitted = cost <= greatest
    rows, columns = linear_sum_assignment(np.where(permitted, cost, _FORBIDDEN))
    good = permitted[rows, columns]
    rows, columns = rows[good], columns[good]
    return Matches(
        rows=rows,
        columns=columns,
        free_rows=np.setdiff1d(np.arange(cost.shape[0]), rows),
        free_columns=np.setdiff1d(np.arange(cost.shape[1]), columns),
    )
