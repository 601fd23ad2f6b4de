"""What is written for Gazebo: SDF of both dialects, meshes, the car's URDF, the bridge's configuration."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import yaml

from kitt_core.contract import TOPICS
from kitt_core.geometry import Pose2D
from kitt_sim import meshes
from kitt_sim.actors import Walker
from kitt_sim.camera import CameraModel
from kitt_sim.car import Car
from kitt_sim.elements import text_of
from kitt_sim.gazebo import bridge, files, joints, scenery, sdf
from kitt_sim.gazebo.sdf_car import NAME
from kitt_sim.imu import ImuSpec
from kitt_sim.scan import ScanSpec
from kitt_sim.worlds import WORLDS, world_by_name

NOTHING = sdf.Drawing([], {}, {})


def documents():
    return [(name, dialect) for name in sorted(WORLDS) for dialect in ("classic", "harmonic")]


@pytest.mark.parametrize(("name", "dialect"), documents())
def test_every_world_becomes_sdf_with_all_its_bodies(name, dialect):
    world = world_by_name(name, 3)
    root = ET.fromstring(sdf.world_sdf(world, Car(), NOTHING, "/world", dialect))
    models = {model.get("name") for model in root.iter("model")}
    wanted = {b.id for b in (*world.buildings, *world.vehicles, *world.people)} | {f"{s.id}_pole" for s in world.signs}
    assert wanted <= models
    assert {"ground", "scenery", NAME} <= models
    car = next(m for m in root.iter("model") if m.get("name") == NAME)
    x, y, _z, _roll, _pitch, yaw = (float(v) for v in car.find("pose").text.split())
    assert (x, y, yaw) == pytest.approx((world.spawn.x, world.spawn.y, world.spawn.yaw), abs=1e-5)
    for joint in root.iter("joint"):
        links = {link.get("name") for link in next(m for m in root.iter("model") if joint in list(m)).iter("link")}
        assert joint.find("child").text in links
        assert joint.find("parent").text in links | {"world"}


def test_a_start_of_its_own_moves_the_car():
    root = ET.fromstring(sdf.world_sdf(world_by_name("empty"), Car(), NOTHING, "/w", start=Pose2D(5.0, 1.0, 0.5)))
    car = next(m for m in root.iter("model") if m.get("name") == NAME)
    assert car.find("pose").text.split() == ["5", "1", "0", "0", "0", "0.5"]


def test_harmonic_names_systems_and_gazebo_11_its_own_plugins():
    classic = ET.fromstring(sdf.world_sdf(world_by_name("street"), Car(), NOTHING, "/w", "classic"))
    harmonic = ET.fromstring(sdf.world_sdf(world_by_name("street"), Car(), NOTHING, "/w", "harmonic"))
    assert {p.get("filename") for p in classic.iter("plugin")} == {"libDiffDrivePlugin.so", "libCessnaPlugin.so"}
    for plugin in harmonic.iter("plugin"):
        assert plugin.get("filename").startswith("gz-sim-")
        assert plugin.get("filename").endswith("-system")
        assert plugin.get("name").startswith("gz::sim::systems::")
    assert {s.get("type") for s in classic.iter("sensor")} == {"camera", "ray", "imu"}
    assert {s.get("type") for s in harmonic.iter("sensor")} == {"camera", "gpu_lidar", "imu"}
    assert not list(harmonic.iter("script"))  # Ogre's scripts are Gazebo 11's


def test_the_sensors_are_the_built_in_simulators():
    root = ET.fromstring(sdf.world_sdf(world_by_name("empty"), Car(), NOTHING, "/w"))
    sensors = {s.get("type"): s for s in root.iter("sensor")}
    camera, scan, imu = CameraModel(), ScanSpec(), ImuSpec()
    assert [float(v) for v in sensors["imu"].find("pose").text.split()[:3]] == [imu.x, imu.y, imu.z]
    assert float(sensors["imu"].find("update_rate").text) == imu.rate_hz
    for part, noise, bias in (("angular_velocity", imu.gyro_noise, imu.gyro_bias),
                              ("linear_acceleration", imu.accel_noise, imu.accel_bias)):  # fmt: skip
        for axis in "xyz":
            found = sensors["imu"].find(f"imu/{part}/{axis}/noise")
            assert float(found.find("stddev").text) == pytest.approx(noise, abs=1e-6)
            assert float(found.find("bias_stddev").text) == pytest.approx(bias, abs=1e-6)
    assert float(sensors["camera"].find("camera/horizontal_fov").text) == pytest.approx(camera.hfov, abs=1e-6)
    assert [float(v) for v in sensors["camera"].find("pose").text.split()[:3]] == [camera.x, camera.y, camera.z]
    turn = sensors["ray"].find("ray/scan/horizontal")
    count, low, high = (float(turn.find(k).text) for k in ("samples", "min_angle", "max_angle"))
    assert count == scan.rays
    assert (high - low) / (count - 1) == pytest.approx(2 * math.pi / scan.rays, abs=1e-5)


def test_people_pass_each_other_but_not_the_car():
    root = ET.fromstring(sdf.world_sdf(world_by_name("street"), Car(), NOTHING, "/w"))
    people = [p.id for p in world_by_name("street").people]
    masks = [int(m.find(".//collide_bitmask").text) for m in root.iter("model") if m.get("name") in people]
    assert len(masks) == len(people)
    assert not any(a & b for i, a in enumerate(masks) for b in masks[:i])
    car = next(m for m in root.iter("model") if m.get("name") == NAME)
    assert car.find(".//collide_bitmask") is None  # all bits: everything stops it


def test_the_bridge_gives_topics_of_the_contract_with_their_types():
    rows = yaml.safe_load(bridge.document(world_by_name("street")))
    ours = {f"/{row['ros_topic_name']}": row for row in rows}
    assert {"/clock", "/scan", "/imu"} <= ours.keys()
    assert ours["/sim/camera"]["ros_type_name"] == TOPICS["/camera/image_raw"].type  # by way of our node
    for name, row in ours.items():
        if name in TOPICS:
            assert row["ros_type_name"] == TOPICS[name].type
            assert row["direction"] == "GZ_TO_ROS"
        else:
            assert name.startswith("/sim/")
    root = ET.fromstring(sdf.world_sdf(world_by_name("street"), Car(), NOTHING, "/w", "harmonic"))
    named = {e.text for tag in ("topic", "odom_topic") for e in root.iter(tag)}
    # the clock is named by Gazebo itself
    assert {r["gz_topic_name"] for r in rows} - named == {"world/street/clock"}


def test_ackermann_wheels_roll_about_one_point():
    wheels = Car().wheels
    left, right = wheels.front_angles(0.4)
    assert left > 0.4 > right > 0
    centre = wheels.wheelbase / math.tan(0.4)
    assert wheels.wheelbase / math.tan(left) + wheels.track / 2 == pytest.approx(centre)
    assert wheels.wheelbase / math.tan(right) - wheels.track / 2 == pytest.approx(centre)
    assert wheels.front_angles(0.0) == (0.0, 0.0)
    slow, fast = wheels.rear_speeds(1.0, 0.4)
    assert (slow + fast) / 2 * wheels.radius == pytest.approx(1.0)
    assert (fast - slow) * wheels.radius / wheels.track == pytest.approx(math.tan(0.4) / wheels.wheelbase)


def test_a_persons_joints_are_ahead_by_what_they_lag_behind():
    person = world_by_name("street").people[0]
    x0, y0 = person.path[0]
    wanted = Walker(Pose2D(x0 + 1.0, y0 + 2.0, math.pi / 2), 2.0, 1.2)
    x, y, yaw = joints.displacement(person, wanted)
    assert (x, y) == pytest.approx((1.0, 2.0 + 1.2 * sdf.LAG_S))
    assert yaw == pytest.approx(math.pi / 2 - person.yaw)


def test_the_palette_holds_every_colour_where_its_uv_points():
    colours = np.array([[1.0, 0.0, 0.0], [0.2, 0.6, 0.9], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    picture, uv = scenery.palette(), scenery.palette_uv(colours)
    height, width = picture.shape[:2]
    found = picture[((1 - uv[:, 1]) * height).astype(int), (uv[:, 0] * width).astype(int), ::-1] / 255.0
    assert np.abs(found - colours).max() < 1 / 31 + 1e-6


def test_cutting_takes_away_what_lies_on_the_road_and_nothing_else():
    lawn = meshes.strip((-30.0, 30.0), (-30.0, 30.0), 0.05, 8.0, 20.0)
    left = scenery.cut(lawn, lambda places: np.abs(places[..., 1]) < 5.0)
    middles = left.points[left.faces].mean(axis=1)
    assert (np.abs(middles[:, 1]) > 4.9).all()
    sides = left.points[left.faces][:, 1:, :2] - left.points[left.faces][:, :1, :2]
    area = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2
    assert area == pytest.approx(60.0 * 50.0, rel=0.01)


def test_files_are_made_once_and_anew_for_another_world(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    world = world_by_name("calibration")
    first = files.prepare(world, seen_at="/world")
    stamp = (first / files.WORLD_FILE).stat().st_mtime_ns
    assert files.prepare(world, seen_at="/world") == first
    assert (first / files.WORLD_FILE).stat().st_mtime_ns == stamp
    other = files.prepare(world, seen_at="/world", start=Pose2D(1.0, 0.0))
    assert other != first
    text = (first / files.WORLD_FILE).read_text()
    for uri in ET.fromstring(text).iter("uri"):
        if uri.text.endswith(".obj"):
            assert (first / uri.text.removeprefix("file:///world/")).is_file()
    script = (first / "materials" / "kitt.material").read_text()
    pictures = {line.split()[1] for line in script.splitlines() if line.strip().startswith("texture ")}
    assert pictures == {p.name for p in (first / "materials").glob("*.png")}


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (-1e-9, "0"), (0.123456789, "0.123457"), ((1.0, -0.5), "1 -0.5"), (True, "true")]
)
def test_numbers_are_written_short(value, text):
    assert text_of(value) == text
