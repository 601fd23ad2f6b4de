"""Plain reference detectors, one function a model, each written from the model's official recipe.

They share no code with kitt_inference on purpose: agreement in AP says that the product's preprocessing, decoding and
suppression are right. Each takes an onnxruntime session and a BGR picture and returns (label index, score, x, y, w, h).
"""

from __future__ import annotations

import math

import cv2
import numpy as np

SCORE, IOU, LIMIT = 0.01, 0.6, 100


def overlaps(box, others):
    """IoU of a box x1, y1, x2, y2 with each of the others."""
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared = np.where((width > 0) & (height > 0), width * height, 0)
    sizes = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return shared / ((box[2] - box[0]) * (box[3] - box[1]) + sizes - shared + 1e-12)


def suppress(boxes, scores):
    """Greedy suppression a class, the hundred best of all; boxes (N, 4), scores (N, C)."""
    result = []
    for label in range(scores.shape[1]):
        rows = np.flatnonzero(scores[:, label] > SCORE)
        rows = rows[np.argsort(-scores[rows, label], kind="stable")][:1000]
        kept = []
        while len(rows):
            best, rows = rows[0], rows[1:]
            kept.append(best)
            rows = rows[overlaps(boxes[best], boxes[rows]) <= IOU]
        for row in kept:
            x1, y1, x2, y2 = (float(value) for value in boxes[row])
            result.append((label, float(scores[row, label]), x1, y1, x2 - x1, y2 - y1))
    return sorted(result, key=lambda item: -item[1])[:LIMIT]


def clip(boxes, width, height):
    """Cut boxes to the picture."""
    boxes = np.array(boxes, np.float64)
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, width)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height)
    return boxes


def expectation(logits):
    """The mean of a softmax over bins 0, 1, 2, ..., for one side of one box."""
    powers = [math.exp(value - max(logits)) for value in logits]
    return sum(index * power for index, power in enumerate(powers)) / sum(powers)


def distribution_boxes(score_maps, box_maps, strides, size, bins):
    """Boxes and scores of a generalised-focal-loss head whose centres lie half a cell in."""
    boxes, scores = [], []
    for stride, score_map, box_map in zip(strides, score_maps, box_maps, strict=True):
        side = math.ceil(size / stride)
        for cell in range(side * side):
            if score_map[cell].max() <= SCORE:
                continue
            x, y = (cell % side + 0.5) * stride, (cell // side + 0.5) * stride
            sides = box_map[cell].reshape(4, bins).tolist()
            left, top, right, bottom = (expectation(side_logits) * stride for side_logits in sides)
            boxes.append([x - left, y - top, x + right, y + bottom])
            scores.append(score_map[cell])
    return np.array(boxes).reshape(-1, 4), np.array(scores).reshape(len(boxes), -1)


def picodet(session, bgr):
    """PicoDet, as PaddleDetection's EvalReader has it (picodet_416_reader.yml).

    Stretched to 416 by interp 2 (cubic), RGB, ImageNet's mean and deviation, strides 8 to 64, 8 bins.
    """
    height, width = bgr.shape[:2]
    rgb = cv2.cvtColor(cv2.resize(bgr, (416, 416), interpolation=cv2.INTER_CUBIC), cv2.COLOR_BGR2RGB) / 255.0
    tensor = ((rgb - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).transpose(2, 0, 1)[None].astype(np.float32)
    outputs = session.run(None, {session.get_inputs()[0].name: tensor})
    score_maps, box_maps = [value[0] for value in outputs[:4]], [value[0] for value in outputs[4:]]
    boxes, scores = distribution_boxes(score_maps, box_maps, (8, 16, 32, 64), 416, 8)
    if not len(boxes):
        return []
    return suppress(clip(boxes * [width / 416, height / 416, width / 416, height / 416], width, height), scores)


def yolox(session, bgr):
    """YOLOX's ONNX demo: top-left letterbox with 114, raw BGR, exp of the size, objectness times class."""
    height, width = bgr.shape[:2]
    ratio = min(416 / height, 416 / width)
    canvas = np.ones((416, 416, 3), np.uint8) * 114
    small = cv2.resize(bgr, (int(width * ratio), int(height * ratio)), interpolation=cv2.INTER_LINEAR)
    canvas[: small.shape[0], : small.shape[1]] = small
    tensor = canvas.transpose(2, 0, 1)[None].astype(np.float32)
    table = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    boxes, scores, cell = [], [], 0
    for stride in (8, 16, 32):
        for row in range(416 // stride):
            for column in range(416 // stride):
                x, y, w, h = table[cell, :4]
                x, y, w, h = (x + column) * stride, (y + row) * stride, np.exp(w) * stride, np.exp(h) * stride
                boxes.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
                scores.append(table[cell, 4] * table[cell, 5:])
                cell += 1
    boxes, scores = np.array(boxes), np.array(scores)
    return suppress(clip(boxes / ratio, width, height), scores)


def nanodet(session, bgr):
    """NanoDet-g: its own warp (aspect kept, centred, black border), BGR, 11 bins, strides 8 to 32."""
    height, width = bgr.shape[:2]
    ratio = min(416 / width, 416 / height)
    # From the picture's centre to the input's, in continuous coordinates; OpenCV's matrices count from pixel centres.
    shift_x, shift_y = 208 - ratio * width / 2, 208 - ratio * height / 2
    half = 0.5 * (ratio - 1)
    matrix = np.array([[ratio, 0, shift_x + half], [0, ratio, shift_y + half]])
    warped = cv2.warpAffine(bgr, matrix, (416, 416), flags=cv2.INTER_LINEAR)
    tensor = (warped.astype(np.float32) - [103.53, 116.28, 123.675]) / [57.375, 57.12, 58.395]
    tensor = tensor.transpose(2, 0, 1)[None].astype(np.float32)
    outputs = [value[0] for value in session.run(None, {session.get_inputs()[0].name: tensor})]
    score_maps = sorted((value for value in outputs if value.shape[1] == 80), key=lambda value: -len(value))
    box_maps = sorted((value for value in outputs if value.shape[1] == 44), key=lambda value: -len(value))
    boxes, scores = distribution_boxes(score_maps, box_maps, (8, 16, 32), 416, 11)
    if not len(boxes):
        return []
    boxes = (boxes - [shift_x, shift_y, shift_x, shift_y]) / ratio
    return suppress(clip(boxes, width, height), scores)


REFERENCES = {"picodet_s_416": picodet, "yolox_nano_416": yolox, "nanodet_g_416": nanodet}
