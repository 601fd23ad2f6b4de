"""Frozen, dark and covered pictures, and those that are well."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kitt_core.worker import WorkerStatus
from kitt_perception.detector_health import DetectorHealth
from kitt_perception.picture_health import COVERED, DARK, FROZEN, PictureHealth

FINE = WorkerStatus(processed=1, replaced=0, failed=0, error="", busy_s=0.0)


def street(seed: int, gain: float = 1.0) -> np.ndarray:
    """A picture with detail and the noise of a sensor."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(40, 200, 480)[:, None, None] + 30.0 * (np.arange(640) // 80 % 2)[None, :, None]
    return np.clip(gain * (np.repeat(rows, 3, 2) + rng.normal(0.0, 1.5, (480, 640, 3))), 0, 255).astype(np.uint8)


def watch(pictures, *, speed: float = 0.0, turn: float = 0.0, rate: float = 15.0) -> list[str]:
    """What is said of each picture while the car drives."""
    health, said = PictureHealth(), []
    for number, picture in enumerate(pictures):
        now = number / rate
        health.on_odom(speed * now, 0.0, turn * now)
        said.append(health.judge(picture, now))
    return said


def test_a_changing_picture_is_well():
    assert set(watch([street(i) for i in range(30)], speed=1.5)) == {""}


def test_the_same_pixels_are_a_fault_only_while_the_car_moves():
    frozen = [street(0)] * 30
    assert set(watch(frozen)) == {""}
    for motion in ({"speed": 1.5}, {"turn": 0.4}, {"speed": -0.5}):
        said = watch(frozen, **motion)
        assert said[0] == ""
        assert said[-1] == FROZEN
    assert watch(frozen, speed=1.5).index(FROZEN) <= 4  # 0.3 m at 1.5 m/s and 15 Hz


def test_it_is_well_again_with_the_first_new_picture():
    said = watch([*[street(0)] * 10, *(street(i) for i in range(1, 10))], speed=1.5)
    assert said[9] == FROZEN
    assert set(said[10:]) == {""}


def test_one_pixel_is_a_change():
    health, picture = PictureHealth(), street(0)
    for number in range(30):
        picture = picture.copy()
        picture[3, 5, 1] = number
        health.on_odom(number * 0.1, 0.0, 0.0)
        assert health.judge(picture, number / 15) == ""


def test_darkness_that_lasts_is_a_fault_and_a_short_one_is_not():
    dark = [street(i, 0.05) for i in range(30)]
    said = watch(dark)
    assert said[10] == ""
    assert said[-1] == DARK
    blinks = [street(i, 0.05 if i % 10 else 1.0) for i in range(40)]
    assert set(watch(blinks)) == {""}


def test_a_night_street_with_lamps_is_not_dark():
    pictures = []
    for seed in range(30):
        picture = street(seed, 0.05)
        picture[100:160, 200:320] = 230
        pictures.append(picture)
    assert set(watch(pictures)) == {""}


def test_a_covered_lens_is_a_fault():
    rng = np.random.default_rng(0)
    flat = [np.clip(90 + rng.normal(0, 1.5, (480, 640, 3)), 0, 255).astype(np.uint8) for _ in range(30)]
    assert watch(flat)[-1] == COVERED
    assert watch(flat)[5] == ""


@pytest.mark.parametrize("shape", [(1, 1, 3), (17, 3, 3), (480, 640, 3)])
def test_odd_sizes_and_odometry(shape):
    health = PictureHealth()
    health.on_odom(math.nan, 0.0, 0.0)
    health.on_odom(0.0, math.inf, 0.0)
    for number in range(3):
        assert health.judge(np.zeros(shape, np.uint8), float(number)) in ("", DARK)
    assert health.judge(np.zeros((9, 9, 3), np.uint8), 4.0) == DARK  # another size is another picture


def test_the_detector_says_it_with_the_remedy():
    health = DetectorHealth(trouble=FROZEN)
    health.note_seen(0, 0.1)
    assert "restart the camera" in health.fault(FINE, 0.2, health.seen_s)
    health.trouble = ""
    assert health.fault(FINE, 0.2, health.seen_s) == ""
