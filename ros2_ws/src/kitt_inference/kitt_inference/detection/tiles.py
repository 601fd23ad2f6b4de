"""Wide (or tall) pictures: overlapping tiles instead of a squashed whole, and the merging of what they find.

As in Akyon et al., Slicing Aided Hyper Inference, arXiv:2202.06934: tiles for detail, the whole for what is larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.card import Tiling
from kitt_inference.detection.nms import areas, intersections

Array = np.ndarray[Any, Any]

# A fragment lies this far within another tile's box before it counts as the same thing.
_COVERED = 0.6
# Boxes of two tiles that share so much of the smaller are one thing.
_SAME = 0.75
# A box that ends so close to a tile's inner edge (in parts of the tile's side) was cut by it.
_EDGE = 0.01
# A strip a pixel high would be cut into thousands: beyond so many the tiles grow longer instead.
_MOST_TILES = 100


@dataclass(frozen=True)
class Tile:
    """A part of a picture: left, top (inclusive), right, bottom (exclusive), in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def plan_tiles(width: int, height: int, model_aspect: float, tiling: Tiling) -> list[Tile]:
    """Tiles for a picture; the whole alone when its aspect is within `tiling.max_aspect` of the model's.

    Otherwise the tiles along the long side, each as wide as `tiling.tile_aspect` times the model's aspect, spread
    evenly with at least `tiling.overlap` (at most 100), then the whole, for things longer than a tile.
    """
    whole = Tile(0, 0, width, height)
    aspect = width / height / model_aspect
    if 1 / tiling.max_aspect <= aspect <= tiling.max_aspect:
        return [whole]
    if aspect > 1:
        side = _side(round(height * model_aspect * tiling.tile_aspect), width, tiling.overlap)
        return [Tile(start, 0, start + side, height) for start in _starts(width, side, tiling.overlap)] + [whole]
    side = _side(round(width / model_aspect * tiling.tile_aspect), height, tiling.overlap)
    return [Tile(0, start, width, start + side) for start in _starts(height, side, tiling.overlap)] + [whole]


def _side(wanted: int, length: int, overlap: float) -> int:
    least = math.ceil(length / (1 + (_MOST_TILES - 1) * (1 - overlap)))
    return min(length, max(wanted, least))


def _starts(length: int, side: int, overlap: float) -> list[int]:
    count = 1 + max(0, -(-round((length - side) * 1000) // max(1, round(side * (1 - overlap) * 1000))))
    return [round(index * (length - side) / max(1, count - 1)) for index in range(count)]


def cut_boxes(boxes: Array, tile: Tile, width: int, height: int) -> Array:
    """Which of the boxes (N, 4), in picture pixels, end at an edge of the tile that is no edge of the picture."""
    margin_x, margin_y = _EDGE * (tile.right - tile.left), _EDGE * (tile.bottom - tile.top)
    cut = np.zeros(len(boxes), bool)
    if tile.left > 0:
        cut |= boxes[:, 0] <= tile.left + margin_x
    if tile.top > 0:
        cut |= boxes[:, 1] <= tile.top + margin_y
    if tile.right < width:
        cut |= boxes[:, 2] >= tile.right - margin_x
    if tile.bottom < height:
        cut |= boxes[:, 3] >= tile.bottom - margin_y
    return cut


def merge_cut(boxes: Array, scores: Array, class_ids: Array, tile_ids: Array, cut: Array) -> tuple[Array, Array]:
    """Resolve the boxes that tile edges cut.

    A cut box which another tile's box of its class covers is dropped, if that one is whole; two cut boxes of a class
    from different tiles, of which one lies mostly within the other in the direction shared, become their union.

    Args:
        boxes: (N, 4) xyxy. scores, class_ids, tile_ids: (N,). cut: (N,) bool.

    Returns:
        The boxes, some of them grown, and the indices of those to keep.
    """
    boxes = boxes.copy()
    keep = np.ones(len(boxes), bool)
    order = np.argsort(-scores, kind="stable")
    for index in order[cut[order]]:
        while keep[index] and _merge_one(index, boxes, keep, class_ids=class_ids, tile_ids=tile_ids, cut=cut):
            pass  # a box that has grown may now reach the next fragment
    return boxes, np.flatnonzero(keep)


def _merge_one(index: int, boxes: Array, keep: Array, *, class_ids: Array, tile_ids: Array, cut: Array) -> bool:
    """Drop or grow one cut box, in place; whether it grew."""
    rivals = np.flatnonzero(keep & (class_ids == class_ids[index]) & (tile_ids != tile_ids[index]))
    shared = intersections(boxes[index : index + 1], boxes[rivals])[0]
    if np.any(~cut[rivals] & (shared > _COVERED * areas(boxes[index : index + 1])[0])):
        keep[index] = False
        return False
    grew = False
    for rival in rivals[cut[rivals] & (shared > 0)]:
        if _continues(boxes[index], boxes[rival]):
            low = np.minimum(boxes[index, :2], boxes[rival, :2])
            boxes[index] = np.concatenate([low, np.maximum(boxes[index, 2:], boxes[rival, 2:])])
            keep[rival] = False
            grew = True
    return grew


def drop_doubles(boxes: Array, scores: Array, class_ids: Array, tile_ids: Array) -> Array:
    """Indices (of N) of the boxes that no better box of their class from another tile mostly covers or lies within.

    Intersection over the smaller box, as two tiles often see one thing at sizes too different for IoU.
    """
    shared = intersections(boxes, boxes)
    sizes = areas(boxes)
    double = shared > _SAME * np.minimum(sizes[:, None], sizes[None])
    double &= (class_ids[:, None] == class_ids[None]) & (tile_ids[:, None] != tile_ids[None])
    keep = np.ones(len(boxes), bool)
    order = np.argsort(-scores, kind="stable")
    for place, index in enumerate(order):
        if keep[index]:
            later = order[place + 1 :]
            keep[later[double[index, later]]] = False
    return np.flatnonzero(keep)


def _continues(first: Array, second: Array) -> bool:
    """Whether two overlapping boxes agree in one direction, so that the other continues across a tile's edge."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    union = np.maximum(first[2:], second[2:]) - np.minimum(first[:2], second[:2])
    agreement = np.clip(high - low, 0, None) / np.maximum(union, 1e-6)
    return bool(agreement.max() > _COVERED)
