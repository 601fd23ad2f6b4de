"""Tiles: where they lie, and how what they cut is put together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kitt_inference.card import Tiling
from kitt_inference.detection.tiles import Tile, cut_boxes, drop_doubles, merge_cut, plan_tiles

PLAIN = Tiling()


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080), (480, 640), (416, 416), (800, 400)])
def test_ordinary_pictures_are_one_tile(size):
    assert plan_tiles(*size, 1.0, PLAIN) == [Tile(0, 0, *size)]


@pytest.mark.parametrize("size", [(2482, 614), (614, 2482), (1242, 375), (10000, 100), (3, 1), (900, 400)])
@pytest.mark.parametrize("aspect", [1.0, 16 / 9])
def test_tiles_cover_everything_with_overlap(size, aspect):
    width, height = size
    *tiles, whole = plan_tiles(width, height, aspect, PLAIN)
    assert whole == Tile(0, 0, width, height)
    if not tiles:
        assert 0.5 <= width / height / aspect <= 2
        return
    across = width / height > aspect
    spans = [(t.left, t.right) if across else (t.top, t.bottom) for t in tiles]
    assert spans[0][0] == 0
    assert spans[-1][1] == max(width, height)
    for (begin, end), (following, _) in itertools.pairwise(spans):
        assert end - following >= 0.25 * (end - begin) - 1.5  # rounded to pixels
    for tile in tiles:
        shape = (tile.right - tile.left) / (tile.bottom - tile.top) / aspect
        assert 1 / 1.5 <= shape <= 1.5 or min(width, height) < 10


def test_cut_boxes_are_those_at_inner_edges():
    tile = Tile(100, 0, 200, 50)
    boxes = np.array([[100, 10, 120, 20], [150, 0, 160, 50], [180, 10, 200, 20], [120, 10, 180, 20]], float)
    assert cut_boxes(boxes, tile, 300, 50).tolist() == [True, False, True, False]
    assert cut_boxes(boxes, Tile(100, 0, 200, 50), 200, 50).tolist() == [True, False, False, False]


def merged(rows):
    """Each row: box, score, class, tile, cut."""
    boxes = np.array([row[0] for row in rows], float)
    rest = (np.array([row[place] for row in rows]) for place in (1, 2, 3, 4))
    grown, keep = merge_cut(boxes, *rest)
    return [grown[index].tolist() for index in keep]


def test_a_fragment_yields_to_the_whole():
    whole, part = [10, 0, 50, 40], [10, 0, 30, 40]
    assert merged([(part, 0.9, 0, 0, True), (whole, 0.6, 0, 1, False)]) == [whole]
    assert merged([(whole, 0.6, 0, 1, False), (part, 0.9, 0, 0, True)]) == [whole]
    # Not to another class, nor to a thing of its own tile, nor to one elsewhere.
    assert len(merged([(part, 0.9, 1, 0, True), (whole, 0.6, 0, 1, False)])) == 2
    assert len(merged([(part, 0.9, 0, 1, True), (whole, 0.6, 0, 1, False)])) == 2
    assert len(merged([([200, 0, 230, 40], 0.9, 0, 0, True), (whole, 0.6, 0, 1, False)])) == 2


def test_two_fragments_become_one():
    left, right = [10, 5, 100, 40], [80, 4, 190, 41]
    assert merged([(left, 0.7, 0, 0, True), (right, 0.9, 0, 1, True)]) == [[10, 4, 190, 41]]
    # Things that only touch at a corner are two.
    low = [80, 38, 190, 90]
    assert len(merged([(left, 0.7, 0, 0, True), (low, 0.9, 0, 1, True)])) == 2


def test_fragments_in_a_row_become_one():
    spans, scores = [(0, 100), (80, 200), (180, 290), (270, 400)], (0.9, 0.5, 0.6, 0.7)
    rows = [
        ([low, 0, high, 40], score, 0, tile, True)
        for tile, ((low, high), score) in enumerate(zip(spans, scores, strict=True))
    ]
    assert merged(rows) == [[0, 0, 400, 40]]


def test_one_thing_seen_by_two_tiles_is_one():
    boxes = np.array([[0, 0, 100, 40], [40, 0, 98, 38], [0, 0, 100, 40], [41, 0, 98, 38], [90, 0, 150, 40]], float)
    scores = np.array([0.6, 0.9, 0.5, 0.8, 0.7])
    classes, tiles = np.array([0, 0, 1, 0, 0]), np.array([0, 1, 1, 1, 0])
    # 0 covers 1, of another tile; 2 is of another class; 3 is of 1's own tile, where NMS has spoken; 4 overlaps little.
    assert drop_doubles(boxes, scores, classes, tiles).tolist() == [1, 2, 3, 4]
    assert drop_doubles(np.zeros((0, 4)), *(np.zeros(0),) * 3).tolist() == []


@pytest.mark.parametrize("size", [(12000, 1), (1, 12000), (65000, 100)])
def test_a_thin_strip_is_not_cut_into_thousands(size):
    *tiles, _ = plan_tiles(*size, 1.0, PLAIN)
    assert 90 <= len(tiles) <= 100
    across = size[0] > size[1]
    spans = [(t.left, t.right) if across else (t.top, t.bottom) for t in tiles]
    assert (spans[0][0], spans[-1][1]) == (0, max(size))
    assert all(end - following >= 0.2 * (end - begin) for (begin, end), (following, _) in itertools.pairwise(spans))
