"""The colour of drawn traffic lights, at many sizes, brightnesses and backgrounds."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from kitt_perception.traffic_light import color_of

BGR = {"red": (30, 30, 240), "amber": (20, 170, 250), "green": (140, 230, 40)}
ORDER = ("red", "amber", "green")


def light(color: str, seed: int, height: int = 60, background: int | None = None) -> tuple[np.ndarray, tuple]:
    """A picture of a housing with three lamps of which one shines, and its box."""
    rng = np.random.default_rng(seed)
    picture = np.full((240, 320, 3), int(rng.integers(20, 230)) if background is None else background, np.uint8)
    width = max(3, height * 2 // 5)
    x, y = int(rng.integers(10, 300 - width)), int(rng.integers(10, 230 - height))
    cv2.rectangle(picture, (x, y), (x + width, y + height), (35, 35, 30), -1)
    gain = rng.uniform(0.8, 1.0)
    for place, name in enumerate(ORDER):
        shade = BGR[name] if name == color else tuple(v // 5 for v in BGR[name])
        shade = tuple(int(v * gain) for v in shade)
        centre = (x + width // 2, y + height * (2 * place + 1) // 6)
        cv2.circle(picture, centre, max(1, height // 8), shade, -1)
    picture = np.clip(picture + rng.normal(0.0, 4.0, picture.shape), 0, 255).astype(np.uint8)
    return picture, (x - 0.4, y + 0.3, x + width + 0.4, y + height - 0.2)


@pytest.mark.parametrize("color", ORDER)
@pytest.mark.parametrize("height", [24, 40, 60, 150])
@pytest.mark.parametrize("seed", range(10))
def test_a_light_that_shines(color, height, seed):
    assert color_of(*light(color, seed, height)) == color


@pytest.mark.parametrize("seed", range(10))
def test_a_dark_light_and_a_grey_thing_tell_nothing(seed):
    assert color_of(*light("none", seed)) == ""
    grey = np.full((240, 320, 3), 25 * seed, np.uint8)
    assert color_of(grey, (10.0, 10.0, 60.0, 120.0)) == ""


def test_two_lights_are_a_doubt():
    picture, box = light("red", 1)
    x, y = int(box[0]), int(box[1])
    cv2.circle(picture, (x + 12, y + 50), 7, BGR["green"], -1)
    assert color_of(picture, box) == ""


@pytest.mark.parametrize(
    "box",
    [(math.nan, 0.0, 10.0, 10.0), (0.0, 0.0, math.inf, 10.0), (5.0, 5.0, 5.0, 5.0), (50.0, 50.0, 10.0, 10.0),
     (-90.0, -90.0, -50.0, -50.0), (1e9, 1e9, 2e9, 2e9), (0.0, 0.0, 4.0, 9.0)],
)  # fmt: skip
def test_odd_boxes_tell_nothing(box):
    assert color_of(light("red", 0)[0], box) == ""


def test_a_box_that_reaches_out_of_the_picture_is_cut():
    picture, (x0, y0, x1, y1) = light("green", 3)
    assert color_of(picture[int(y0) :, int(x0) :], (-5.0, -5.0, x1 - x0, y1 - y0)) == "green"
