"""The car's URDF: one tree, inertias that a body can have, frames by their names in REP 105, sizes of the car."""

import math
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from kitt_inference.errors import KittError
from kitt_sim.camera import CameraModel
from kitt_sim.car import Car, box_inertia, wheel_inertia
from kitt_sim.urdf import expand, sizes, urdf
from kitt_sim.vehicle import VehicleSpec

FILE = Path(__file__).parents[4] / "launch" / "urdf" / "kitt.urdf.xacro"
OTHER = Car(
    vehicle=VehicleSpec(wheelbase=0.33, front=0.42, rear=-0.1, width=0.3, max_steer=0.4),
    camera=CameraModel(x=0.3, z=0.62, pitch=0.1), wheel_radius=0.05, wheel_width=0.04, wheel_mass=0.2,
)  # fmt: skip


def numbers(text):
    return [float(v) for v in text.split()]


def joints(root):
    return {j.get("name"): j for j in root.iter("joint")}


def origin(joint):
    return numbers(joint.find("origin").get("xyz"))


def test_the_files_own_defaults_are_the_cars_sizes_and_the_plain_file_is_its_expansion():
    assert set(re.findall(r'<xacro:arg name="(\w+)"', FILE.read_text())) == set(sizes(Car()))
    assert expand(FILE) == urdf(FILE) == FILE.with_suffix("").read_text()


@pytest.mark.parametrize("car", [Car(), OTHER])
def test_it_is_one_tree_of_joints_that_a_simulator_can_move(car):
    root = ET.fromstring(urdf(FILE, car))
    assert "xacro" not in ET.tostring(root, encoding="unicode")
    links = [link.get("name") for link in root.iter("link")]
    assert len(set(links)) == len(links)
    parent = {j.find("child").get("link"): j.find("parent").get("link") for j in root.iter("joint")}
    assert len(parent) == len(joints(root)) == len(links) - 1
    assert set(parent) == set(links) - {"base_link"}
    for name in links:
        while name != "base_link":
            name = parent[name]  # noqa: PLW2901  ends, since every link hangs once
    for joint in root.iter("joint"):
        if joint.get("type") != "fixed":
            assert math.hypot(*numbers(joint.find("axis").get("xyz"))) == pytest.approx(1.0)
            for end in ("parent", "child"):
                link = next(x for x in root.iter("link") if x.get("name") == joint.find(end).get("link"))
                assert link.find("inertial") is not None, link.get("name")


@pytest.mark.parametrize("car", [Car(), OTHER])
def test_inertias_are_those_of_real_bodies(car):
    root = ET.fromstring(urdf(FILE, car))
    found = {x.get("name"): x.find("inertial") for x in root.iter("link") if x.find("inertial") is not None}
    for name, inertial in found.items():
        assert float(inertial.find("mass").get("value")) > 0, name
        moments = sorted(float(inertial.find("inertia").get(k)) for k in ("ixx", "iyy", "izz"))
        assert 0 < moments[0] <= moments[1] <= moments[2] <= moments[0] + moments[1] + 1e-9, name
    values = {k: float(v) for k, v in found["base_link"].find("inertia").attrib.items()}
    assert (values["ixx"], values["iyy"], values["izz"]) == pytest.approx(
        box_inertia(car.body.mass, car.body.size), abs=1e-6
    )
    tyre = found["front_left_wheel"].find("inertia")
    wanted = wheel_inertia(car.wheel_mass, car.wheel_radius, car.wheel_width)
    assert tuple(float(tyre.get(k)) for k in ("ixx", "iyy", "izz")) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("car", [Car(), OTHER])
def test_frames_stand_where_the_simulators_have_them(car):
    root = ET.fromstring(urdf(FILE, car))
    names = {link.get("name") for link in root.iter("link")}
    assert {"base_footprint", "base_link", "camera_link", "camera_optical_frame", "laser", "imu_link"} <= names
    found, wheels = joints(root), car.wheels
    assert origin(found["front_left_steer_joint"]) == pytest.approx([wheels.wheelbase, wheels.track / 2, wheels.radius])
    assert origin(found["rear_right_wheel_joint"]) == pytest.approx([0.0, -wheels.track / 2, wheels.radius])
    for joint, place in (("camera_joint", car.camera), ("laser_joint", car.scanner), ("imu_joint", car.imu)):
        assert origin(found[joint]) == pytest.approx([place.x, place.y, place.z])
    assert numbers(found["camera_joint"].find("origin").get("rpy")) == [0.0, car.camera.pitch, 0.0]
    optical = numbers(found["camera_optical_joint"].find("origin").get("rpy"))
    assert optical == pytest.approx([-math.pi / 2, 0, -math.pi / 2], abs=1e-5)
    # the inner front wheel is allowed what Ackermann's geometry asks of it
    inner = wheels.front_angles(wheels.max_steer)[0]
    assert float(found["front_left_steer_joint"].find("limit").get("upper")) >= inner


def test_a_camera_below_the_bodys_top_has_no_mast():
    low = replace(OTHER, camera=CameraModel(x=0.3, z=0.3))
    assert 'name="mast"' not in urdf(FILE, low)
    assert 'name="mast"' in urdf(FILE, OTHER)


def test_without_xacro_or_with_a_damaged_file_the_error_says_what_to_do(tmp_path, monkeypatch):
    broken = tmp_path / "car.xacro"
    for text in ("", "<robot", '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"><a b="${nothing}"/></robot>'):
        broken.write_text(text)
        with pytest.raises(KittError, match="cannot be expanded"):
            expand(broken)
    with pytest.raises(KittError, match="cannot be expanded"):
        expand(tmp_path / "missing.xacro")
    monkeypatch.setitem(sys.modules, "xacro", None)
    with pytest.raises(KittError, match="xacro is not installed"):
        expand(FILE)
