"""Average precision on pictures whose figures are known."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from inference_helpers import make_card, make_detector

from kitt_inference.errors import KittError
from kitt_inference.evaluation import evaluate

pytest.importorskip("pycocotools")


@pytest.fixture
def data(tmp_path):
    """Two pictures of 128x128; the detector finds a bee at 32, 32, 64, 64 (x, y, w, h) in each, and an ant."""
    images = [{"id": n, "file_name": f"sub/{n}.png"} for n in (1, 2)]
    for image in images:
        cv2.imwrite(str(tmp_path / f"{image['id']}.png"), np.zeros((128, 128, 3), np.uint8))
    categories = [{"id": 7, "name": "bee"}, {"id": 8, "name": "ant"}, {"id": 9, "name": "dog"}]
    boxes = [{"image_id": n, "category_id": 7, "bbox": [32, 32, 64, 64]} for n in (1, 2)]
    boxes.append({"image_id": 1, "category_id": 8, "bbox": [0, 0, 10, 10]})
    values = np.zeros((1, 7, 10))
    values[0, :, 3] = [32, 32, 32, 32, 0, 0.9, 0]
    values[0, :, 4] = [50, 50, 8, 8, 0.8, 0, 0]
    detector = make_detector(tmp_path, make_card(tmp_path, "yolov8"), {"out": values}, score=0.01)
    return tmp_path, {"images": images, "categories": categories, "annotations": boxes}, detector


def run(data, cat_ids=None):
    folder, truth, detector = data
    path = folder / "truth.json"
    path.write_text(json.dumps(truth))
    return evaluate(detector, path, folder, cat_ids)


def test_known_figures(data, capsys):
    result = run(data)
    # The bee is found exactly (100), the ant never (0).
    assert (result.ap, result.ap50) == (pytest.approx(50), pytest.approx(50))
    assert (result.images, result.boxes, result.category_ids) == (2, 3, (7, 8))
    assert run(data, [7]).ap == pytest.approx(100)
    assert run(data, [8]).ap == 0
    assert capsys.readouterr().out == ""


def test_a_class_that_was_not_looked_for_does_not_count(data):
    data[1]["annotations"] = [box for box in data[1]["annotations"] if box["image_id"] == 1]
    assert run(data, [7]).ap == pytest.approx(100 * 51 / 101, abs=51)
    before = run(data, [7]).ap50
    data[1]["images"][1]["labelled_category_ids"] = [8]
    after = run(data, [7]).ap50
    assert after == pytest.approx(100)
    assert after >= before


def test_nothing_found_is_zero(data):
    data[2].score = 0.95
    assert run(data).ap == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda truth: truth.pop("images"), "is no COCO annotation file"),
        (lambda truth: truth["annotations"][0].pop("bbox"), "is no COCO annotation file"),
        (lambda truth: truth.update(categories=[{"id": 1, "name": "dog"}]), "share no class name"),
        (lambda truth: truth["images"].append({"id": 3, "file_name": "gone.png"}), "gone.png is not under"),
        (lambda truth: truth.update(annotations=[]), "has no box"),
    ],
)
def test_bad_annotations_are_refused(data, change, words):
    change(data[1])
    with pytest.raises(KittError, match=words):
        run(data)
    with pytest.raises(KittError, match=r"cannot be read|no category 99|is no COCO|share no class"):
        run(data, [99])
