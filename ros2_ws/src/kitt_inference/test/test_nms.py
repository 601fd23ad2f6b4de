"""Suppression against a plain loop and by hand."""

from __future__ import annotations

import numpy as np

from kitt_inference.detection.nms import batched_nms, iou_matrix


def test_iou_by_hand():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 20, 20], [9, 9, 1, 1]], float)
    table = iou_matrix(boxes, boxes)
    assert table[0, 0] == 1
    np.testing.assert_allclose(table[0, 1], 50 / 150)
    assert table[0, 2] == 0
    assert table[2, 2] == 0
    assert table[3, 3] == 0


def plain_nms(boxes, scores, classes, iou):
    order = sorted(range(len(boxes)), key=lambda i: -scores[i])
    kept = []
    for index in order:
        overlaps = (iou_matrix(boxes[[index]], boxes[[k]])[0, 0] for k in kept if classes[k] == classes[index])
        if all(value <= iou for value in overlaps):
            kept.append(index)
    return kept


def test_same_as_a_plain_loop():
    rng = np.random.default_rng(7)
    for _ in range(20):
        low = rng.uniform(0, 80, (60, 2))
        boxes = np.concatenate([low, low + rng.uniform(5, 40, (60, 2))], axis=1)
        scores, classes = rng.uniform(0, 1, 60), rng.integers(0, 3, 60)
        assert batched_nms(boxes, scores, classes, 0.4).tolist() == plain_nms(boxes, scores, classes, 0.4)


def test_more_boxes_than_a_block_and_an_early_end():
    rng = np.random.default_rng(8)
    low = rng.uniform(0, 100, (400, 2))
    boxes = np.concatenate([low, low + rng.uniform(20, 60, (400, 2))], axis=1)
    scores, classes = rng.uniform(0, 1, 400).round(2), rng.integers(0, 2, 400)
    wanted = plain_nms(boxes, scores, classes, 0.5)
    assert len(wanted) > 120
    for limit in (1, 64, 65, 100, 1000):
        assert batched_nms(boxes, scores, classes, 0.5, limit=limit).tolist() == wanted[:limit]


def test_only_the_best_of_each_class_take_part():
    boxes = np.array([[10.0 * k, 0, 10 * k + 5, 5] for k in range(6)])
    scores, classes = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), np.array([0, 0, 0, 1, 1, 0])
    assert batched_nms(boxes, scores, classes, 0.5, top=2).tolist() == [0, 1, 3, 4]


def test_limits_and_ties():
    boxes = np.array([[0, 0, 1, 1], [10, 0, 11, 1], [20, 0, 21, 1]], float)
    same = np.array([0.5, 0.5, 0.5])
    assert batched_nms(boxes, same, np.zeros(3, int), 0.5).tolist() == [0, 1, 2]
    assert batched_nms(boxes, same, np.zeros(3, int), 0.5, limit=2).tolist() == [0, 1]
    assert batched_nms(boxes, same, np.zeros(3, int), 0.5, top=1).tolist() == [0]
    assert batched_nms(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int), 0.5).tolist() == []
