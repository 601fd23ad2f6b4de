"""The car as URDF: one file for RViz, robot_state_publisher and Gazebo Harmonic; `./kitt docs` writes it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from kitt_sim.car import Car, Part, box_inertia, wheel_inertia
from kitt_sim.elements import document
from kitt_sim.elements import element as e

Vector = tuple[float, float, float]
_OPTICAL = (-math.pi / 2, 0.0, -math.pi / 2)


def _origin(at: Vector, turned: Vector = (0.0, 0.0, 0.0)) -> ET.Element:
    return e("origin", xyz=at, rpy=turned)


def _inertial(mass: float, moments: Vector, at: Vector = (0.0, 0.0, 0.0)) -> ET.Element:
    ixx, iyy, izz = moments
    inertia = e("inertia", ixx=ixx, ixy=0.0, ixz=0.0, iyy=iyy, iyz=0.0, izz=izz)
    return e("inertial", _origin(at), e("mass", value=mass), inertia)


def _box(kind: str, part: Part) -> ET.Element:
    shape = e("geometry", e("box", size=part.size))
    if kind == "collision":
        return e("collision", _origin(part.middle), shape)
    return e("visual", _origin(part.middle), shape, e("material", e("color", rgba=(*part.colour, 1.0)), name=part.name))


def _joint(name: str, kind: str, parent: str, child: str, origin: ET.Element, *more: ET.Element) -> ET.Element:
    return e("joint", origin, e("parent", link=parent), e("child", link=child), *more, name=name, type=kind)


def _wheels(car: Car) -> list[ET.Element]:
    wheels = car.wheels
    moments = wheel_inertia(car.wheel_mass, wheels.radius, wheels.width)
    result = []
    for end, x in (("rear", 0.0), ("front", wheels.wheelbase)):
        for side, sign in (("left", 1.0), ("right", -1.0)):
            name, at = f"{end}_{side}", (x, sign * wheels.track / 2, wheels.radius)
            lying = (math.pi / 2, 0.0, 0.0)
            shape = e("geometry", e("cylinder", radius=wheels.radius, length=wheels.width))
            black = e("material", e("color", rgba=(0.05, 0.05, 0.05, 1.0)), name="tyre")
            drawn = e("visual", _origin((0.0, 0.0, 0.0), lying), shape, black)
            ball = e("collision", _origin((0.0, 0.0, 0.0), lying), e("geometry", e("sphere", radius=wheels.radius)))
            result.append(e("link", _inertial(car.wheel_mass, moments), drawn, ball, name=f"{name}_wheel"))
            parent, origin = "base_link", _origin(at)
            if end == "front":
                limit = e("limit", lower=-wheels.max_steer - 0.2, upper=wheels.max_steer + 0.2, effort=500.0,
                          velocity=car.vehicle.max_steer_rate)  # fmt: skip
                small = _inertial(1.0, (0.01, 0.01, 0.01))
                result.append(e("link", small, name=f"{name}_knuckle"))
                result.append(_joint(f"{name}_steer_joint", "revolute", "base_link", f"{name}_knuckle", origin,
                                     e("axis", xyz=(0.0, 0.0, 1.0)), limit))  # fmt: skip
                parent, origin = f"{name}_knuckle", _origin((0.0, 0.0, 0.0))
            result.append(_joint(f"{name}_wheel_joint", "continuous", parent, f"{name}_wheel", origin,
                                 e("axis", xyz=(0.0, 1.0, 0.0))))  # fmt: skip
    return result


def urdf(car: Car | None = None) -> str:
    """The URDF document."""
    car = car or Car()
    body, mast, camera, scanner, imu = car.body, car.mast, car.camera, car.scanner, car.imu
    eye = e("visual", _origin((-0.03, 0.0, 0.0)), e("geometry", e("box", size=(0.06, 0.12, 0.05))),
            e("material", e("color", rgba=(0.8, 0.05, 0.05, 1.0)), name="eye"))  # fmt: skip
    drum = e("visual", _origin((0.0, 0.0, 0.0)), e("geometry", e("cylinder", radius=0.04, length=0.06)),
             e("material", e("color", rgba=(0.1, 0.1, 0.3, 1.0)), name="drum"))  # fmt: skip
    robot = e(
        "robot",
        # a child, not the parent: base_link has odom for its parent already, and a frame has only one
        e("link", name="base_footprint"),
        _joint("footprint_joint", "fixed", "base_link", "base_footprint", _origin((0.0, 0.0, 0.0))),
        e("link", _inertial(body.mass, box_inertia(body.mass, body.size), body.middle), _box("visual", body),
          _box("visual", mast), _box("collision", body), name="base_link"),
        *_wheels(car),
        e("link", eye, name="camera_link"),
        _joint("camera_joint", "fixed", "base_link", "camera_link",
               _origin((camera.x, camera.y, camera.z), (0.0, camera.pitch, 0.0))),
        e("link", name="camera_optical_frame"),
        _joint("camera_optical_joint", "fixed", "camera_link", "camera_optical_frame",
               _origin((0.0, 0.0, 0.0), _OPTICAL)),
        e("link", drum, name="laser"),
        _joint("laser_joint", "fixed", "base_link", "laser", _origin((scanner.x, scanner.y, scanner.z))),
        e("link", name="imu_link"),
        _joint("imu_joint", "fixed", "base_link", "imu_link", _origin((imu.x, imu.y, imu.z))),
        name="kitt",
    )  # fmt: skip
    return document(robot)
