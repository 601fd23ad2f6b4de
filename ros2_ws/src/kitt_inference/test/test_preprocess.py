"""Pictures into tensors: places, channels, numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kitt_inference.card import InputSpec
from kitt_inference.detection.preprocess import check_picture, preprocess
from kitt_inference.errors import KittError


def spec(**fields):
    return InputSpec(**{"width": 64, "height": 48, **fields})


def test_channels_and_normalisation():
    bgr = np.full((48, 64, 3), (10, 20, 30), np.uint8)
    means, stds = (1.0, 2.0, 3.0), (2.0, 4.0, 5.0)
    rgb, _ = preprocess(bgr, spec(colour="rgb", mean=means, std=stds, scale=0.5))
    assert rgb.shape == (1, 3, 48, 64)
    assert rgb.dtype == np.float32
    np.testing.assert_allclose(rgb[0, :, 5, 5], [(15 - 1) / 2, (10 - 2) / 4, (5 - 3) / 5], atol=1e-6)
    nhwc, _ = preprocess(bgr, spec(colour="bgr", layout="nhwc"))
    assert nhwc.shape == (1, 48, 64, 3)
    assert nhwc[0, 5, 5].tolist() == [10, 20, 30]
    assert nhwc.flags.c_contiguous
    raw, _ = preprocess(bgr, spec(colour="bgr"), np.uint8)
    assert raw.dtype == np.uint8
    assert raw[0, :, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("align", ["centre", "top-left"])
@pytest.mark.parametrize("size", [(100, 30), (30, 100), (64, 48), (7, 5), (1, 1), (1000, 1)])
def test_letterbox_keeps_aspect_and_pads(align, size):
    width, height = size
    bgr = np.full((height, width, 3), 255, np.uint8)
    tensor, place = preprocess(bgr, spec(align=align, pad=114.0))
    inside = tensor[0, 0] == 255
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert (place.left, place.top) == (columns[0], rows[0])
    assert np.all(tensor[0, 0][~inside] == 114)
    # One side is filled, and the picture's corners map to the corners of the filled part.
    assert len(rows) == 48 or len(columns) == 64
    edges = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], float)
    np.testing.assert_allclose(place.to_picture(edges), [[0, 0, width, height]], atol=1.01 / place.scale_x)
    if align == "top-left":
        assert (place.left, place.top) == (0, 0)


@pytest.mark.parametrize(("resize", "align"), [("stretch", "centre"), ("letterbox", "top-left"), ("letterbox", "warp")])
@pytest.mark.parametrize("size", [(64, 48), (640, 480), (720, 720)])
def test_half_pixels_are_right(resize, align, size):
    """A bright bar's centre of mass, mapped back, is where it was: an offset of half a pixel would show."""
    bgr = np.zeros((480, 640, 3), np.uint8)
    cv2.rectangle(bgr, (300, 200), (399, 259), (255, 255, 255), cv2.FILLED)  # covers 300..400, 200..260
    width, height = size
    fields = {"width": width, "height": height, "interpolation": "linear" if align == "warp" else "area"}
    tensor, place = preprocess(bgr, spec(resize=resize, align=align, pad=0.0, **fields))
    weight = tensor[0, 0].astype(float)
    x = (weight.sum(0) * (np.arange(width) + 0.5)).sum() / weight.sum()
    y = (weight.sum(1) * (np.arange(height) + 0.5)).sum() / weight.sum()
    centre = place.to_picture(np.array([[x, y, x, y]]))[0]
    np.testing.assert_allclose(centre, [350, 230, 350, 230], atol=0.05 if width > 64 or align != "warp" else 1.0)


def test_boxes_are_clipped_to_the_picture():
    _, place = preprocess(np.zeros((30, 100, 3), np.uint8), spec())
    np.testing.assert_allclose(place.to_picture(np.array([[-9.0, -9, 99, 99]])), [[0, 0, 100, 30]])


@pytest.mark.parametrize(
    "picture",
    [
        None,
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(KittError, match="the picture is a"):
        check_picture(picture)


def test_a_view_that_is_not_contiguous_works():
    bgr = np.arange(60 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(60, 80, 3)
    view = bgr[::2, ::2]
    ours, _ = preprocess(view, spec())
    copied, _ = preprocess(view.copy(), spec())
    np.testing.assert_array_equal(ours, copied)
