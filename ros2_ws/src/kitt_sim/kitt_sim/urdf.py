"""The car as URDF: `launch/urdf/kitt.urdf.xacro` with the sizes of `kitt_sim.car`; `./kitt docs` writes the result."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from xml.parsers.expat import ExpatError

from kitt_inference.errors import KittError
from kitt_sim.car import Car
from kitt_sim.elements import document, text_of


def sizes(car: Car) -> dict[str, float]:
    """The arguments of the xacro file for a car: m, rad, kg."""
    spec, wheels, body = car.vehicle, car.wheels, car.body
    low, high = body.middle[2] - body.size[2] / 2, body.middle[2] + body.size[2] / 2
    places = {"camera": car.camera, "laser": car.scanner, "imu": car.imu}
    return {
        "wheelbase": wheels.wheelbase, "track": wheels.track, "wheel_radius": wheels.radius,
        "wheel_width": wheels.width, "wheel_mass": car.wheel_mass, "max_steer": wheels.max_steer,
        "max_steer_rate": spec.max_steer_rate, "body_front": spec.front, "body_rear": spec.rear,
        "body_width": spec.width, "body_bottom": low, "body_top": high, "body_mass": body.mass,
        "camera_pitch": car.camera.pitch,
        **{f"{name}_{axis}": getattr(place, axis) for name, place in places.items() for axis in "xyz"},
    }  # fmt: skip


def expand(path: Path, **arguments: float) -> str:
    """The URDF document that a xacro file gives; arguments that are not given have the file's defaults.

    Raises:
        KittError: xacro is not installed, or the file is none of its.
    """
    try:
        import xacro
    except ImportError:
        raise KittError("xacro is not installed", "pip install xacro, with ROS: apt install ros-jazzy-xacro") from None
    try:
        text = xacro.process_file(str(path), mappings={k: text_of(v) for k, v in arguments.items()}).toxml()
    except (xacro.XacroException, ExpatError, NameError, OSError) as error:
        raise KittError(f"{path} cannot be expanded: {error}", "mend the file") from error
    root = ET.fromstring(text)  # leaves out comments
    for each in root.iter():
        each.text = each.tail = None  # the file's own blanks
        each.attrib.update({key: _short(value) for key, value in each.attrib.items()})
    return document(root)


def urdf(path: Path, car: Car | None = None) -> str:
    """The URDF document of a car."""
    return expand(path, **sizes(car or Car()))


def _short(value: str) -> str:
    """An attribute with its numbers written as everywhere else."""
    try:
        return text_of([float(word) for word in value.split()])
    except ValueError:
        return value
