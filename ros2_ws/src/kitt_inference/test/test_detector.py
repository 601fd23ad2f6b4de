"""The detector as a whole: with known graphs, and with the real models on real photographs."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest
from inference_helpers import make_card, make_detector

from kitt_inference import zoo
from kitt_inference.detection import ObjectDetector, annotate
from kitt_inference.errors import KittError
from kitt_inference.session import open_session


@pytest.fixture
def detector(tmp_path):
    values = np.zeros((1, 7, 10))
    values[0, :, 3] = [32, 32, 16, 32, 0.2, 0.9, 0]
    return make_detector(tmp_path, make_card(tmp_path, "yolov8"), {"out": values})


def test_result_types_and_timings(detector):
    found = detector.detect(np.zeros((128, 192, 3), np.uint8))
    assert found.labels == ("bee",)
    assert found.class_ids.tolist() == [1]
    assert (found.boxes_xyxy.dtype, found.scores.dtype, found.class_ids.dtype) == (np.float32, np.float32, np.int64)
    np.testing.assert_allclose(found.boxes_xyxy, [[72, 32, 120, 96]])
    times = detector.timings
    assert min(times.preprocess, times.inference, times.postprocess) > 0
    assert times.total == pytest.approx(times.preprocess + times.inference + times.postprocess)


def test_wide_picture_is_tiled(detector):
    """The graph sees its thing in the middle of every tile: one for each, and one for the whole."""
    picture = np.zeros((100, 400, 3), np.uint8)
    found = detector.detect(picture)
    assert len(found) > 1
    narrow = found.boxes_xyxy[:, 2] - found.boxes_xyxy[:, 0] < 50
    assert narrow.sum() == 4
    detector.tiled = False
    np.testing.assert_allclose(detector.detect(picture).boxes_xyxy, [[150, 25, 250, 75]])


def test_card_and_model_must_fit(tmp_path, detector):
    wrong = make_card(tmp_path, "yolov8", width=32)
    with pytest.raises(KittError, match=r"says the input is 1x3x64x32.*is 1x3x64x64"):
        ObjectDetector(wrong, detector.session)
    with pytest.raises(KittError, match="out of range"):
        ObjectDetector(detector.card, detector.session, score=1.5)


def test_bad_picture(detector):
    with pytest.raises(KittError, match="the picture is a float64 array"):
        detector.detect(np.zeros((4, 4, 3)))


def test_annotate_draws_on_a_copy(detector):
    picture = np.zeros((128, 192, 3), np.uint8)
    drawn = annotate(picture, detector.detect(picture))
    assert not picture.any()
    assert drawn.shape == picture.shape
    assert drawn[64, 72].any()  # the left side of the box
    assert not drawn[120, 180].any()


def models():
    return pytest.mark.parametrize("name", ["picodet_s_416", "yolox_nano_416"])


def real(name):
    try:
        resolved = zoo.resolve(name)
    except KittError as error:
        pytest.skip(f"{name} cannot be had here: {error.message}")
    return ObjectDetector(resolved.card, open_session(resolved.file, threads=1))


@models()
def test_same_picture_same_boxes(mirrored, name):
    picture = cv2.imread(str(next((mirrored / "photo/images").glob("coco_*.jpg"))))
    first, second = (real(name).detect(picture) for _ in range(2))
    np.testing.assert_array_equal(first.boxes_xyxy, second.boxes_xyxy)
    np.testing.assert_array_equal(first.scores, second.scores)


def wide_picture(photo, names, height=614):
    """Photographs side by side, as wide as a panorama."""
    parts = [cv2.imread(str(photo / name)) for name in names]
    return np.concatenate([cv2.resize(p, (round(p.shape[1] * height / p.shape[0]), height)) for p in parts], axis=1)


@pytest.mark.slow
@models()
def test_tiles_find_more_than_a_squashed_picture(mirrored, name):
    """Recall on wide pictures pasted from annotated photographs, with tiles and without."""
    import json

    photo = mirrored / "photo"
    truth = json.loads((photo / "annotations_cocoval.json").read_text())
    names = {category["id"]: category["name"] for category in truth["categories"]}
    detector = real(name)
    hits = {True: 0, False: 0}
    total = 0
    images = [i for i in truth["images"] if i["width"] > i["height"]][:24]
    for group in (images[start : start + 3] for start in range(0, len(images), 3)):
        picture = wide_picture(photo, [image["file_name"] for image in group])
        assert picture.shape[1] / picture.shape[0] > 3
        boxes, left = [], 0.0
        for image in group:
            scale = 614 / image["height"]
            for a in truth["annotations"]:
                if a["image_id"] == image["id"] and not a["iscrowd"]:
                    x, y, w, h = (side * scale for side in a["bbox"])
                    boxes.append((names[a["category_id"]], [left + x, y, left + x + w, y + h]))
            left += round(image["width"] * scale)
        total += len(boxes)
        for tiled in hits:
            detector.tiled = tiled
            hits[tiled] += recalled(boxes, detector.detect(picture))
    logging.getLogger(__name__).info("%s: %d boxes, %d with tiles, %d without", name, total, hits[True], hits[False])
    assert hits[True] > 1.2 * hits[False]
    assert hits[True] > 0.3 * total


def recalled(boxes, found):
    from kitt_inference.detection.nms import iou_matrix

    used, count = set(), 0
    for label, box in boxes:
        overlaps = iou_matrix(np.array([box]), found.boxes_xyxy.astype(float))[0]
        for index in np.argsort(-overlaps):
            if overlaps[index] > 0.5 and found.labels[index] == label and index not in used:
                used.add(index)
                count += 1
                break
    return count
