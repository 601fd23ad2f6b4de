"""The car as an SDF model: body, four wheels with Ackermann steering, camera, laser and IMU."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from kitt_core.geometry import Pose2D
from kitt_sim.car import Car, Part, box_inertia, wheel_inertia
from kitt_sim.elements import element as e
from kitt_sim.gazebo import systems

NAME = "kitt"
CAMERA_RATE_HZ = 15.0
_GEARED_INERTIA = 4.0
"""Of a driven wheel in Gazebo 11 [kg m2]: the plugin sets its speed once a step, and in between it must hold it as a
geared motor does; with the bare wheel's 0.08 the car turned at v = 2 m/s with two thirds of the yaw rate."""


def _pose(*values: float) -> ET.Element:
    return e("pose", tuple(float(v) for v in (*values, *(0.0,) * (6 - len(values)))))


def _inertial(mass: float, moments: tuple[float, float, float], at: tuple[float, ...] = ()) -> ET.Element:
    ixx, iyy, izz = moments
    inertia = e("inertia", e("ixx", ixx), e("ixy", 0.0), e("ixz", 0.0), e("iyy", iyy), e("iyz", 0.0), e("izz", izz))
    return e("inertial", _pose(*at), e("mass", mass), inertia)


def _colour(rgb: tuple[float, float, float]) -> ET.Element:
    return e("material", e("ambient", (*rgb, 1.0)), e("diffuse", (*rgb, 1.0)))


def _box(kind: str, part: Part) -> ET.Element:
    shape = e("geometry", e("box", e("size", part.size)))
    return e(kind, _pose(*part.middle), shape, _colour(part.colour) if kind == "visual" else None, name=part.name)


def _camera(car: Car, dialect: str) -> ET.Element:
    camera = car.camera
    image = e("image", e("width", camera.width), e("height", camera.height), e("format", "R8G8B8"))
    clip = e("clip", e("near", camera.near), e("far", camera.far))
    optics = e("camera", e("horizontal_fov", camera.hfov), image, clip, name="camera")
    if dialect == "harmonic":
        optics.append(e("optical_frame_id", "camera_optical_frame"))
    return e(
        "sensor", _pose(camera.x, camera.y, camera.z, 0.0, camera.pitch, 0.0), e("update_rate", CAMERA_RATE_HZ),
        e("always_on", True), optics, *systems.sensor(dialect, "camera/image_raw", "camera_optical_frame"),
        name="camera", type="camera",
    )  # fmt: skip


def _laser(car: Car, dialect: str) -> ET.Element:
    spec = car.scanner
    step = 2 * math.pi / spec.rays
    turn = e("horizontal", e("samples", spec.rays), e("resolution", 1.0), e("min_angle", -math.pi),
             e("max_angle", math.pi - step))  # fmt: skip
    # Gazebo 11's plain rays are cast by the physics and need no graphics
    kind, tag = ("ray", "ray") if dialect == "classic" else ("gpu_lidar", "lidar")
    reach = e("range", e("min", spec.range_min), e("max", spec.range_max), e("resolution", 0.01))
    return e(
        "sensor", _pose(spec.x, spec.y, spec.z), e("update_rate", spec.rate_hz), e("always_on", True),
        e(tag, e("scan", turn), reach), *systems.sensor(dialect, "scan", "laser"), name="laser", type=kind,
    )  # fmt: skip


def _axes(noise: float, bias: float) -> list[ET.Element]:
    """The same noise on all three axes of a gyroscope or an accelerometer."""
    figures = (("mean", 0.0), ("stddev", noise), ("bias_mean", 0.0), ("bias_stddev", bias))
    return [e(axis, e("noise", *(e(name, value) for name, value in figures), type="gaussian")) for axis in "xyz"]


def _imu(car: Car, dialect: str) -> ET.Element:
    spec = car.imu
    noise = e("imu", e("angular_velocity", *_axes(spec.gyro_noise, spec.gyro_bias)),
              e("linear_acceleration", *_axes(spec.accel_noise, spec.accel_bias)))  # fmt: skip
    return e("sensor", _pose(spec.x, spec.y, spec.z), e("update_rate", spec.rate_hz), e("always_on", True), noise,
             *systems.sensor(dialect, "imu", "imu_link"), name="imu", type="imu")  # fmt: skip


def _joint(name: str, parent: str, child: str, axis: tuple[float, float, float], limit: float) -> ET.Element:
    bounds = e("limit", e("lower", -limit), e("upper", limit), e("effort", 500.0))
    turning = e("axis", e("xyz", axis), bounds, e("dynamics", e("damping", 0.0), e("friction", 0.0)))
    return e("joint", e("parent", parent), e("child", child), turning, name=name, type="revolute")


def _wheel(car: Car, name: str, x: float, y: float, grip: float = 1.0, geared: bool = False) -> ET.Element:
    wheels = car.wheels
    moments = wheel_inertia(car.wheel_mass, wheels.radius, wheels.width)
    if geared:
        moments = (moments[0], _GEARED_INERTIA, moments[2])
    # hard and damped: Gazebo does not count the correction of what sinks in as a motion, and softer tyres made the
    # gyroscope show a pitching by 0.02 rad/s that there was not
    tyre = e("surface", e("friction", e("ode", e("mu", grip), e("mu2", grip))),
             e("contact", e("ode", e("kp", 1e8), e("kd", 1e5), e("min_depth", 0.0005))))  # fmt: skip
    lying = _pose(0.0, 0.0, 0.0, math.pi / 2, 0.0, 0.0)
    disc = e("geometry", e("cylinder", e("radius", wheels.radius), e("length", wheels.width)))
    # a sphere touches the ground in one point, below the hub: nothing grinds when the wheel is steered
    ball = e("geometry", e("sphere", e("radius", wheels.radius)))
    return e(
        "link", _pose(x, y, wheels.radius), _inertial(car.wheel_mass, moments),
        e("visual", lying, disc, _colour((0.05, 0.05, 0.05)), name="tyre"), e("collision", ball, tyre, name="tyre"),
        name=name,
    )  # fmt: skip


def _axles(car: Car, side: str, y: float, dialect: str) -> list[ET.Element]:
    wheels, knuckle = car.wheels, f"front_{side}_knuckle"
    parts = [
        _wheel(car, f"rear_{side}_wheel", 0.0, y, geared=dialect == "classic"),
        _joint(f"rear_{side}_wheel_joint", "base_link", f"rear_{side}_wheel", (0.0, 1.0, 0.0), 1e16),
        e("link", _pose(wheels.wheelbase, y, wheels.radius), _inertial(1.0, (0.02, 0.02, 0.02)), name=knuckle),
        # in Gazebo 11 the rear axle alone moves the car; its front wheels slide, as if they stood right
        _wheel(car, f"front_{side}_wheel", wheels.wheelbase, y, 0.0 if dialect == "classic" else 1.0),
        _joint(f"front_{side}_wheel_joint", knuckle, f"front_{side}_wheel", (0.0, 1.0, 0.0), 1e16),
    ]
    if dialect == "classic":
        fixed = e(
            "joint", e("parent", "base_link"), e("child", knuckle), name=f"front_{side}_steer_joint", type="fixed"
        )
        return [*parts, fixed]
    return [*parts, _joint(f"front_{side}_steer_joint", "base_link", knuckle, (0.0, 0.0, 1.0), wheels.max_steer + 0.2)]


def model(car: Car, at: Pose2D, dialect: str) -> ET.Element:
    """The model element, standing at `at`."""
    body = car.body
    parts = [
        _pose(at.x, at.y, 0.0, 0.0, 0.0, at.yaw),
        e("link", _inertial(body.mass, box_inertia(body.mass, body.size), body.middle), _box("visual", body),
          _box("visual", car.mast), _box("collision", body), _camera(car, dialect), _laser(car, dialect),
          _imu(car, dialect), name="base_link"),
        *_axles(car, "left", car.wheels.track / 2, dialect), *_axles(car, "right", -car.wheels.track / 2, dialect),
    ]  # fmt: skip
    if dialect == "harmonic":
        parts += systems.car(car)
    else:
        parts.append(e("plugin", e("left_joint", "rear_left_wheel_joint"), e("right_joint", "rear_right_wheel_joint"),
                       e("torque", 200.0), name="drive", filename="libDiffDrivePlugin.so"))  # fmt: skip
    return e("model", *parts, name=NAME)
