"""Each shipped model's AP on real photographs, beside a plain reference implementation's.

A photograph that stands in several annotation files goes through each network once in a test session.
"""

from __future__ import annotations

import functools
import hashlib
import logging

import cv2
import pytest
from reference_detectors import REFERENCES

from kitt_inference import evaluation, zoo
from kitt_inference.detection import ObjectDetector
from kitt_inference.errors import KittError
from kitt_inference.session import open_session

SETTINGS = {"score": evaluation.SCORE, "nms_iou": evaluation.NMS_IOU, "max_detections": evaluation.MAX_DETECTIONS}


class RememberingDetector(ObjectDetector):
    """The product's detector, which keeps what it found in each picture."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self._found = {}

    def detect(self, bgr):
        key = (bgr.shape, hashlib.sha256(bgr.tobytes()).digest())
        if key not in self._found:
            self._found[key] = super().detect(bgr)
        return self._found[key]


def resolve_or_skip(name):
    try:
        return zoo.resolve(name)
    except KittError as error:
        pytest.skip(f"{name} cannot be had here: {error.message}")


@functools.cache
def product(name):
    resolved = resolve_or_skip(name)
    return RememberingDetector(resolved.card, open_session(resolved.file, threads=1), **SETTINGS)


@functools.cache
def reference(name):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    file = str(resolve_or_skip(name).file)
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return functools.cache(lambda path: REFERENCES[name](session, cv2.imread(path)))


def product_ap(name, photo, annotations, cat_ids=None):
    return evaluation.evaluate(product(name), photo / annotations, photo, cat_ids)


def reference_ap(name, photo, annotations, cat_ids=None):
    detect = reference(name)
    truth = evaluation.load_annotations(photo / annotations)
    ids = [truth.categories[label] for label in product(name).card.labels]
    results = []
    for entry in truth.data["images"]:
        allowed = entry.get("labelled_category_ids") or ids
        results += [
            {"image_id": entry["id"], "category_id": ids[label], "score": score, "bbox": list(box)}
            for label, score, *box in detect(str(photo / entry["file_name"]))
            if ids[label] in allowed
        ]
    return evaluation.score_results(truth, results, cat_ids)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", list(REFERENCES))
@pytest.mark.parametrize(
    ("annotations", "cat_ids", "least"),
    [("annotations_cocoval.json", None, 28), ("annotations_signs.json", [10, 13], 55)],
)
def test_ap_agrees_with_the_plain_reference(mirrored, name, annotations, cat_ids, least):
    pytest.importorskip("pycocotools")
    ours = product_ap(name, mirrored / "photo", annotations, cat_ids)
    plain = reference_ap(name, mirrored / "photo", annotations, cat_ids)
    figures = f"AP {ours.ap:.2f} / {ours.ap50:.2f}, reference {plain.ap:.2f} / {plain.ap50:.2f}"
    logging.getLogger(__name__).info("%s %s: %s", name, annotations, figures)
    assert ours.ap == pytest.approx(plain.ap, abs=0.3)
    assert ours.ap50 == pytest.approx(plain.ap50, abs=1.0)
    # Both wrong alike would agree too.
    assert ours.ap > least


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_default_is_well_above_the_last_resort(mirrored):
    """PicoDet-S beats NanoDet-g by 8 points over the 118 COCO photographs (on the 45 of val2017 by 6.9)."""
    pytest.importorskip("pycocotools")
    best, last = (
        product_ap(name, mirrored / "photo", "annotations_coco.json") for name in ("picodet_s_416", "nanodet_g_416")
    )
    logging.getLogger(__name__).info("picodet %.2f, nanodet %.2f", best.ap, last.ap)
    assert best.ap >= last.ap + 8
