"""Each shipped model's AP on real photographs, beside a plain reference implementation's."""

from __future__ import annotations

import logging

import cv2
import pytest
from reference_detectors import REFERENCES

from kitt_inference import evaluation, zoo
from kitt_inference.detection import ObjectDetector
from kitt_inference.errors import KittError
from kitt_inference.session import open_session

SETTINGS = {"score": evaluation.SCORE, "nms_iou": evaluation.NMS_IOU, "max_detections": evaluation.MAX_DETECTIONS}


def open_for_test(name):
    try:
        resolved = zoo.resolve(name)
    except KittError as error:
        pytest.skip(f"{name} cannot be had here: {error.message}")
    return resolved, open_session(resolved.file, threads=1)


def product_ap(name, photo, annotations, cat_ids=None):
    resolved, session = open_for_test(name)
    detector = ObjectDetector(resolved.card, session, **SETTINGS)
    return evaluation.evaluate(detector, photo / annotations, photo, cat_ids)


def reference_ap(name, photo, annotations, cat_ids=None):
    import onnxruntime

    resolved, _ = open_for_test(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(resolved.file), options, providers=["CPUExecutionProvider"])
    truth = evaluation.load_annotations(photo / annotations)
    ids = [truth.categories[label] for label in resolved.card.labels]
    results = []
    for entry in truth.data["images"]:
        allowed = entry.get("labelled_category_ids") or ids
        found = REFERENCES[name](session, cv2.imread(str(photo / entry["file_name"])))
        results += [
            {"image_id": entry["id"], "category_id": ids[label], "score": score, "bbox": list(box)}
            for label, score, *box in found
            if ids[label] in allowed
        ]
    return evaluation.score_results(truth, results, cat_ids)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", list(REFERENCES))
@pytest.mark.parametrize(
    ("annotations", "cat_ids"),
    [
        ("annotations_cocoval.json", None),
        ("annotations_signs.json", [10, 13]),
        ("annotations_openimages.json", None),
    ],
)
def test_ap_agrees_with_the_plain_reference(mirrored, name, annotations, cat_ids):
    pytest.importorskip("pycocotools")
    ours = product_ap(name, mirrored / "photo", annotations, cat_ids)
    plain = reference_ap(name, mirrored / "photo", annotations, cat_ids)
    figures = f"AP {ours.ap:.2f} / {ours.ap50:.2f}, reference {plain.ap:.2f} / {plain.ap50:.2f}"
    logging.getLogger(__name__).info("%s %s: %s", name, annotations, figures)
    assert ours.ap == pytest.approx(plain.ap, abs=0.3)
    assert ours.ap50 == pytest.approx(plain.ap50, abs=1.0)
    assert ours.ap > 10


@pytest.mark.slow
def test_the_default_is_well_above_the_last_resort(mirrored):
    """PicoDet-S beats NanoDet-g by 8 points over the 118 COCO photographs (on the 45 of val2017 by 6.4)."""
    pytest.importorskip("pycocotools")
    best, last = (
        product_ap(name, mirrored / "photo", "annotations_coco.json") for name in ("picodet_s_416", "nanodet_g_416")
    )
    assert best.ap >= last.ap + 8
