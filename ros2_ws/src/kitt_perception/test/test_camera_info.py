from __future__ import annotations

import math
from pathlib import Path

import pytest

from kitt_inference.errors import KittError
from kitt_perception.camera_info import from_fov, load_calibration

CALIBRATION = """\
image_width: 640
image_height: 480
camera_name: front
camera_matrix: {rows: 3, cols: 3, data: [500.0, 0, 320.0, 0, 505.0, 240.0, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, -0.2, 0.001, 0.002, 0.0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [480.0, 0, 318.0, 0, 0, 490.0, 238.0, 0, 0, 0, 1, 0]}
"""


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    path = tmp_path / "front.yaml"
    path.write_text(CALIBRATION)
    return path


def test_angle_of_view_there_and_back() -> None:
    info = from_fov(640, 480, math.radians(60))
    assert info.horizontal_fov == pytest.approx(math.radians(60))
    # A point at the edge of the picture (half a pixel beyond the last centre) lies 30 degrees off the axis.
    assert math.atan((639.5 - info.k[2]) / info.k[0]) == pytest.approx(math.radians(30))
    assert info.p[0] == info.k[0] == info.k[4] == info.p[5]


@pytest.mark.parametrize("fov", [0.0, -1.0, 3.2, float("nan")])
def test_impossible_angle_is_refused(fov: float) -> None:
    with pytest.raises(KittError, match="horizontal_fov"):
        from_fov(640, 480, fov)


def test_calibration_file(calibration: Path) -> None:
    info = load_calibration(calibration)
    assert (info.width, info.height) == (640, 480)
    assert info.k[4] == 505.0
    assert info.d == (0.1, -0.2, 0.001, 0.002, 0.0)
    assert info.p[2] == 318.0


def test_half_size_halves_focal_length_and_centre(calibration: Path) -> None:
    info = load_calibration(calibration).scaled_to(320, 240)
    assert info.k == pytest.approx((250, 0, 160, 0, 252.5, 120, 0, 0, 1))
    assert info.p == pytest.approx((240, 0, 159, 0, 0, 245, 119, 0, 0, 0, 1, 0))


def test_other_proportions_are_refused(calibration: Path) -> None:
    with pytest.raises(KittError, match="for 640x480, the camera gives 1280x720"):
        load_calibration(calibration).scaled_to(1280, 720)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("camera_matrix", "matrix", "camera_matrix"),
        ("[500.0, 0,", "[500.0,", "8 numbers instead of 9"),
        ("500.0", ".nan", "not finite"),
        ("500.0", "0", "above 0"),
        ("image_width: 640", "image_width: wide", "wide"),
        ("camera_name: front", "camera_name: [", "cannot be read"),
    ],
)
def test_wrong_calibration_names_the_field(calibration: Path, old: str, new: str, message: str) -> None:
    calibration.write_text(CALIBRATION.replace(old, new, 1))
    with pytest.raises(KittError, match=message):
        load_calibration(calibration)


def test_missing_and_empty_calibration(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="does not exist"):
        load_calibration(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(KittError, match="holds no fields"):
        load_calibration(tmp_path / "empty.yaml")
