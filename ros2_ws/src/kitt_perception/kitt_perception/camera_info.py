"""The camera's geometry: from a calibration file, or from the angle of view.

Pinhole model as in sensor_msgs/CameraInfo (and REP 104); the frame is the camera's optical one of REP 103: z forward, x
right, y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from kitt_inference.errors import KittError

_CALIBRATE = "write it with camera_calibration's cameracalibrator, or give horizontal_fov instead"
_LENGTHS = {"camera_matrix": 9, "rectification_matrix": 9, "projection_matrix": 12}


@dataclass(frozen=True)
class Intrinsics:
    """width, height [px]; k (9), r (9), p (12) row by row as in CameraInfo; d the distortion coefficients."""

    width: int
    height: int
    k: tuple[float, ...]
    d: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]
    distortion_model: str = "plumb_bob"

    @property
    def horizontal_fov(self) -> float:
        """Angle of view of an undistorted picture's width [rad]."""
        return 2 * math.atan(self.width / (2 * self.k[0]))

    def scaled_to(self, width: int, height: int) -> Intrinsics:
        """The same camera read out at another size [px].

        Raises KittError when the proportions differ: the driver then cuts the picture, and how is not known.
        """
        if (width, height) == (self.width, self.height):
            return self
        sx, sy = width / self.width, height / self.height
        if abs(sx / sy - 1) > 0.01:
            raise KittError(
                f"the calibration is for {self.width}x{self.height}, the camera gives {width}x{height}",
                "calibrate at the size that is used",
            )
        scale = [sx, sx, sx, sx, sy, sy, sy, sy, 1.0, 1.0, 1.0, 1.0]
        k_scale = [*scale[0:3], *scale[4:7], *scale[8:11]]
        return replace(
            self,
            width=width,
            height=height,
            k=tuple(a * b for a, b in zip(self.k, k_scale, strict=True)),
            p=tuple(a * b for a, b in zip(self.p, scale, strict=True)),
        )


def from_fov(width: int, height: int, horizontal_fov: float) -> Intrinsics:
    """An ideal camera of the given size [px] and angle of view [rad], square pixels, no distortion."""
    if width <= 0 or height <= 0:
        raise KittError(f"a picture of {width}x{height} has no geometry", "give a width and height above 0")
    if not 0.0 < horizontal_fov < math.pi:
        raise KittError(f"horizontal_fov is {horizontal_fov} rad", "give an angle between 0 and 3.14 (a webcam: 1.0)")
    f = width / (2 * math.tan(horizontal_fov / 2))
    # The centre of a pixel has whole coordinates, hence the half (REP 104 counts so, as OpenCV does).
    cx, cy = (width - 1) / 2, (height - 1) / 2
    return Intrinsics(
        width=width,
        height=height,
        k=(f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0),
        d=(0.0,) * 5,
        r=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        p=(f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0),
    )


def load_calibration(path: Path) -> Intrinsics:
    """Read a calibration in ROS's camera_info YAML format (camera_calibration_parsers).

    Raises KittError when the file is missing, is no YAML, or lacks a field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KittError(f"calibration {path} does not exist", _CALIBRATE) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise KittError(f"calibration {path} cannot be read: {reason}", _CALIBRATE) from error
    if not isinstance(content, dict):
        raise KittError(f"calibration {path} holds no fields", _CALIBRATE)
    try:
        width, height = int(content["image_width"]), int(content["image_height"])
        matrices = {name: _numbers(content[name]["data"], length) for name, length in _LENGTHS.items()}
        distortion = _numbers(content["distortion_coefficients"]["data"])
    except (KeyError, TypeError, ValueError) as error:
        raise KittError(f"calibration {path}: field {error} is missing or wrong", _CALIBRATE) from error
    if width <= 0 or height <= 0 or matrices["camera_matrix"][0] <= 0:
        raise KittError(f"calibration {path}: size and focal length must be above 0", _CALIBRATE)
    return Intrinsics(
        width=width,
        height=height,
        k=matrices["camera_matrix"],
        d=distortion,
        r=matrices["rectification_matrix"],
        p=matrices["projection_matrix"],
        distortion_model=str(content.get("distortion_model", "plumb_bob")),
    )


def _numbers(data: Any, length: int | None = None) -> tuple[float, ...]:
    values = tuple(float(value) for value in data)
    if length is not None and len(values) != length:
        raise ValueError(f"of {len(values)} numbers instead of {length}")
    if not all(math.isfinite(value) for value in values):
        raise ValueError("that is not finite")
    return values
