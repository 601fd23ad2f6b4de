"""The workspace as colcon, rosdep and the standard packages see it."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kitt_cli.bootstrap.places import INSTALL, packages
from kitt_cli.launch import ament
from kitt_core.contract import TOPICS

# rosdep keys that are no packages of ROS; each exists for Ubuntu 24.04 and Debian 12
SYSTEM_KEYS = {
    "python3-numpy", "python3-opencv", "python3-yaml", "python3-scipy", "python3-pytest", "python3-rich",
    "python3-typer", "python3-psutil", "python3-hypothesis", "python3-setuptools", "python3-fastapi",
    "python3-uvicorn", "python3-websockets", "python3-pydantic", "python3-protobuf",
}  # fmt: skip


def dependencies(manifest: Path) -> set[str]:
    root = ET.parse(manifest).getroot()
    return {element.text.strip() for element in root if element.tag.endswith("depend") and element.text}


@pytest.mark.parametrize("name", packages())
def test_package_manifests_are_whole(name):
    manifest = packages()[name] / "package.xml"
    root = ET.parse(manifest).getroot()
    assert root.get("format") == "3"
    assert root.findtext("name") == name
    for tag in ("version", "description", "maintainer", "license"):
        assert root.findtext(tag), f"{manifest} has no {tag}"
    assert root.findtext("export/build_type") in ("ament_cmake", "ament_python")


@pytest.mark.parametrize("name", packages())
def test_dependencies_are_ours_ros_or_known_to_rosdep(name):
    for key in dependencies(packages()[name] / "package.xml"):
        known = key in packages() or key in SYSTEM_KEYS or key.startswith(("ament_", "rosidl_", "launch", "rcl"))
        assert known or key.endswith(("_msgs", "_interfaces", "_srvs", "_index_python", "ros2launch", "xacro")), key


def test_what_a_package_imports_stands_in_its_manifest(root):
    from test_layers import imported, sources

    for package, file in sources(root):
        needed = {n for n in imported(file) if n.startswith("kitt_") or n == "rclpy" or n.endswith("_msgs")} - {package}
        missing = needed - dependencies(packages()[package] / "package.xml")
        assert not missing, f"{file} imports {missing}, which {package}/package.xml does not name"


@pytest.mark.ros
@pytest.mark.parametrize(
    ("package", "executable"),
    [
        ("kitt_sim", "simulator_node"),
        ("kitt_perception", "camera_node"),
        ("kitt_perception", "detector_node"),
        ("kitt_voice", "microphone_node"),
        ("kitt_voice", "recogniser_node"),
        ("kitt_control", "controller_node"),
        ("kitt_control", "safety_gate_node"),
    ],
)
def test_every_node_is_installed(package, executable):
    assert os.access(ament.executable(package, executable), os.X_OK)


@pytest.mark.ros
def test_every_type_of_the_contract_can_be_imported():
    pytest.importorskip("rclpy", reason="ROS is not there: ./kitt test brings it")
    from kitt_core.ports import message_type

    for row in TOPICS.values():
        message_type(row.type)()


@pytest.mark.ros
def test_our_vision_msgs_has_the_type_hashes_of_the_official_package():
    data = Path(os.environ.get("KITT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    official = data / "vision_msgs_type_hashes.json"
    if not official.is_file():
        pytest.skip("the official hashes are not here (KITT_DATA)")
    expected = json.loads(official.read_text())
    folder = INSTALL / "share" / "vision_msgs" / "msg"
    if not folder.is_dir():
        pytest.skip("the system's own vision_msgs is used")
    checked = 0
    for file in folder.glob("*.json"):
        for entry in json.loads(file.read_text())["type_hashes"]:
            if entry["type_name"] in expected:
                assert entry["hash_string"] == expected[entry["type_name"]], entry["type_name"]
                checked += 1
    assert checked >= 10
