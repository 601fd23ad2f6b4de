"""Each head against a small graph whose outputs are known: the boxes worked out by hand must come out."""

from __future__ import annotations

import numpy as np
import pytest
from inference_helpers import make_card, make_detector, with_options

from kitt_inference.errors import KittError

PICTURE = np.zeros((128, 192, 3), np.uint8)  # stretched to 64x64: x by 1/3, y by 1/2


def expect(found, *wanted):
    """Label, score and box in the model's 64x64 input of each detection, best first."""
    assert found.labels == tuple(label for label, _, _ in wanted)
    np.testing.assert_allclose(found.scores, [score for _, score, _ in wanted], atol=1e-5)
    boxes = np.array([box for _, _, box in wanted], float).reshape(-1, 4) * [3, 2, 3, 2]
    np.testing.assert_allclose(found.boxes_xyxy, boxes, atol=1e-2)


def one_hot(bins, count):
    """Logits whose softmax is all in one bin a side."""
    logits = np.full((4, count), -50.0)
    logits[range(4), bins] = 50.0
    return logits.ravel()


def distribution_outputs(bins=8):
    """Two levels, strides 16 (4x4 cells) and 32 (2x2)."""
    scores = {16: np.full((1, 16, 3), 0.01), 32: np.full((1, 4, 3), 0.01)}
    boxes = {16: np.zeros((1, 16, 4 * bins)), 32: np.zeros((1, 4, 4 * bins))}
    scores[16][0, 6, 1] = 0.9  # column 2, row 1
    boxes[16][0, 6] = one_hot([1, 1, 0, 1], bins)
    scores[32][0, 3, 2] = 0.5  # column 1, row 1
    mixed = one_hot([1, 0, 0, 0], bins).reshape(4, bins)
    mixed[1, :2] = 50.0  # half in bin 0, half in bin 1
    boxes[32][0, 3] = mixed.ravel()
    return {"s16": scores[16], "s32": scores[32], "b16": boxes[16], "b32": boxes[32]}


@pytest.mark.parametrize("names", [{}, {"scores": ["s16", "s32"], "boxes": ["b16", "b32"]}])
def test_picodet_distribution(tmp_path, names):
    card = make_card(tmp_path, "picodet", {"strides": [16, 32], "reg_max": 7, **names})
    found = make_detector(tmp_path, card, distribution_outputs()).detect(PICTURE)
    # Cell centres (2.5, 1.5) * 16 and (1.5, 1.5) * 32.
    expect(found, ("bee", 0.9, [40 - 16, 24 - 16, 40, 24 + 16]), ("cat", 0.5, [48 - 32, 48 - 16, 48, 48]))


def test_nanodet_plus_joint_output_without_offset(tmp_path):
    parts = distribution_outputs(bins=11)
    scores = np.concatenate([parts["s16"], parts["s32"]], axis=1)
    scores = np.log(scores / (1 - scores))
    boxes = np.concatenate([parts["b16"], parts["b32"]], axis=1)
    options = {"strides": [16, 32], "reg_max": 10, "offset": 0.0, "activation": "sigmoid"}
    card = make_card(tmp_path, "nanodet", options)
    found = make_detector(tmp_path, card, {"out": np.concatenate([scores, boxes], axis=2)}).detect(PICTURE)
    expect(found, ("bee", 0.9, [32 - 16, 0, 32, 16 + 16]), ("cat", 0.5, [0, 16, 32, 32]))


@pytest.mark.parametrize("decoded", [False, True])
def test_yolox_grid(tmp_path, decoded):
    values = np.zeros((1, 20, 8))
    cell = 16 + 2  # second level (2x2), column 0, row 1
    box = [16.0, 40.0, 32.0, 16.0] if decoded else [0.5, 0.25, np.log(1.0), np.log(0.5)]
    values[0, cell] = [*box, 0.8, 0.1, 0.5, 0.0]
    values[0, 3, 4:] = [0.2, 1, 1, 1]  # unlikely object
    card = make_card(tmp_path, "yolox", {"strides": [16, 32], "decoded": decoded})
    found = make_detector(tmp_path, card, {"out": values}).detect(PICTURE)
    expect(found, ("bee", 0.4, [0, 32, 32, 48]))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
def test_yolov8(tmp_path, transposed, normalised):
    values = np.zeros((1, 7, 30))
    values[0, :, 11] = [20, 30, 10, 20, 0, 0, 0.7]
    values[0, :, 12] = [21, 30, 10, 20, 0, 0, 0.6]  # suppressed: the same thing
    values[0, :, 13] = [21, 30, 10, 20, 0.5, 0, 0]  # another class stays
    if normalised:
        values[0, :4] /= 64
    card = make_card(tmp_path, "yolov8", {"normalised": normalised})
    output = values.transpose(0, 2, 1) if transposed else values
    found = make_detector(tmp_path, card, {"out": output}).detect(PICTURE)
    expect(found, ("cat", 0.7, [15, 20, 25, 40]), ("ant", 0.5, [16, 20, 26, 40]))


@pytest.mark.parametrize("source", ["made", "file"])
def test_ssd(tmp_path, source):
    made = {"strides": [32], "sizes": [[16, 36]], "ratios": [[4]]}
    # Four cells of four priors: 16x16, 24x24, 32x8, 8x32.
    sizes = np.array([[16, 16], [24, 24], [32, 8], [8, 32]])
    centres = np.array([[16, 16], [48, 16], [16, 48], [48, 48]])
    priors = np.array([[*c, *s] for c in centres for s in sizes]) / 64
    np.save(tmp_path / "priors.npy", priors)
    scores = np.tile([9.0, 0.0, 0.0, 0.0], (1, 16, 1))
    scores[0, 4 + 2] = np.log([0.1, 0.2, 0.6, 0.1])  # second cell, the broad prior
    offsets = np.zeros((1, 16, 4))
    offsets[0, 6] = [1.0, -1.0, np.log(0.5) / 0.2, np.log(2) / 0.2]
    card = make_card(tmp_path, "ssd", {"priors": made if source == "made" else "priors.npy"})
    found = make_detector(tmp_path, card, {"scores": scores, "boxes": offsets}).detect(PICTURE)
    x, y = 48 + 0.1 * 32, 16 - 0.1 * 8
    expect(found, ("bee", 0.6, [x - 8, y - 8, min(x + 8, 64), y + 8]))
    swapped = with_options(card, order="yxhw")
    found = make_detector(tmp_path, swapped, {"scores": scores, "boxes": offsets[..., [1, 0, 3, 2]]}).detect(PICTURE)
    expect(found, ("bee", 0.6, [x - 8, y - 8, min(x + 8, 64), y + 8]))


def test_detr_sigmoid_and_softmax(tmp_path):
    boxes = np.tile([0.5, 0.5, 0.25, 0.5], (1, 5, 1))
    logits = np.full((1, 5, 3), -9.0)
    logits[0, 2, 0] = np.log(0.8 / 0.2)
    logits[0, 3, 0] = np.log(0.7 / 0.3)  # the same box again: queries are not suppressed
    found = make_detector(tmp_path, make_card(tmp_path, "detr"), {"l": logits, "b": boxes}).detect(PICTURE)
    expect(found, ("ant", 0.8, [24, 16, 40, 48]), ("ant", 0.7, [24, 16, 40, 48]))
    logits = np.tile([0.0, 0.0, 0.0, 9.0], (1, 5, 1))
    logits[0, 1] = np.log([0.05, 0.1, 0.75, 0.1])
    card = make_card(tmp_path, "detr", {"activation": "softmax"})
    found = make_detector(tmp_path, card, {"l": logits, "b": boxes}).detect(PICTURE)
    expect(found, ("cat", 0.75, [24, 16, 40, 48]))


def test_two_classes_look_like_boxes(tmp_path):
    """Four classes are as wide as a box: names in the card tell the outputs apart."""
    boxes = np.tile([0.5, 0.5, 0.25, 0.5], (1, 5, 1))
    logits = np.full((1, 5, 4), -9.0)
    logits[0, 2, 3] = 9.0
    card = make_card(tmp_path, "detr", {"logits": "l", "boxes": "b"}, labels="abcd")
    found = make_detector(tmp_path, card, {"b": boxes, "l": logits}).detect(PICTURE)
    expect(found, ("d", 0.99988, [24, 16, 40, 48]))


@pytest.mark.parametrize(
    ("head", "options", "words"),
    [
        ("yolo99", {}, "head.type «yolo99» is unknown"),
        ("picodet", {"stride": [8]}, "head.stride is unknown"),
        ("picodet", {"strides": "8"}, "head.strides is '8'"),
        ("yolox", {"activation": "tanh"}, "head.activation is 'tanh'"),
        ("ssd", {}, "head.priors is missing"),
        ("ssd", {"priors": "gone.npy"}, "cannot be read"),
        ("ssd", {"priors": {"strides": [8]}}, "cannot be made"),
    ],
)
def test_a_bad_head_is_refused_by_name(tmp_path, head, options, words):
    with pytest.raises(KittError, match=r"card\.md") as caught:
        make_detector(tmp_path, make_card(tmp_path, head, options), {"out": np.zeros((1, 5, 8))})
    assert words in caught.value.message


@pytest.mark.parametrize("head", ["picodet", "nanodet", "yolox", "yolov8", "detr", "ssd"])
def test_outputs_that_do_not_fit_are_named(tmp_path, head):
    options = {"priors": {"strides": [32], "sizes": [[16, 36]], "ratios": [[4]]}} if head == "ssd" else {}
    detector = make_detector(tmp_path, make_card(tmp_path, head, options), {"strange": np.zeros((1, 5, 9))})
    with pytest.raises(KittError, match="strange 1x5x9"):
        detector.detect(PICTURE)


@pytest.mark.parametrize("head", ["picodet", "yolox", "yolov8", "detr"])
def test_nothing_found_is_an_empty_result(tmp_path, head):
    outputs = {
        "picodet": distribution_outputs(),
        "yolox": {"o": np.zeros((1, 84, 8))},
        "yolov8": {"o": np.zeros((1, 7, 30))},
        "detr": {"l": np.full((1, 5, 3), -9.0), "b": np.zeros((1, 5, 4))},
    }[head]
    options = {"strides": [16, 32]} if head == "picodet" else {}
    found = make_detector(tmp_path, make_card(tmp_path, head, options), outputs, score=0.95).detect(PICTURE)
    assert len(found) == 0
    assert found.boxes_xyxy.shape == (0, 4)
    assert found.boxes_xyxy.dtype == np.float32
    assert found.labels == ()
