"""Imports point downward only, and ROS stays in the nodes: the order of docs/architecture.md, held by a test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# package -> packages of ours that it may import
ALLOWED = {
    "kitt_inference": set(),
    "kitt_core": {"kitt_inference"},
    "kitt_text": {"kitt_core", "kitt_inference"},
    "kitt_perception": {"kitt_core", "kitt_inference", "kitt_text"},
    "kitt_voice": {"kitt_core", "kitt_inference", "kitt_text"},
    "kitt_control": {"kitt_core", "kitt_inference", "kitt_text", "kitt_perception"},
    "kitt_sim": {"kitt_core", "kitt_inference", "kitt_text", "kitt_perception", "kitt_control"},
    "kitt_console": {"kitt_core", "kitt_inference", "kitt_text", "kitt_perception", "kitt_voice", "kitt_control"},
    "kitt_learning": {"kitt_core", "kitt_inference", "kitt_text", "kitt_perception", "kitt_voice"},
    "kitt_cli": {
        "kitt_core", "kitt_inference", "kitt_text", "kitt_perception", "kitt_voice", "kitt_control", "kitt_sim",
        "kitt_console", "kitt_learning",
    },
}  # fmt: skip
ROS = {
    "rclpy", "rcl_interfaces", "builtin_interfaces", "sensor_msgs", "geometry_msgs", "nav_msgs", "std_msgs", "std_srvs",
    "vision_msgs", "ackermann_msgs", "diagnostic_msgs", "tf2_msgs", "rosgraph_msgs", "lifecycle_msgs",
    "kitt_interfaces",
}  # fmt: skip
# where rclpy and messages are at home beside the nodes: the ground floor's ROS half
ROS_MODULES = {"kitt_core": {"node", "ports", "convert", "executor", "ros_parameters"}}
CLI_FREE = {"kitt_cli"}  # the command line looks at running cars; it imports rclpy inside its verbs
GATE_MODULES = {"gate", "corridor", "inputs", "limits", "provenance", "ranging", "reasons", "world"}


def sources(root: Path) -> list[tuple[str, Path]]:
    found = []
    for package in ALLOWED:
        folder = root / "ros2_ws" / "src" / package / package
        found += [(package, file) for file in sorted(folder.rglob("*.py"))]
    return found


def imported(file: Path) -> set[str]:
    """Top-level names of all imports of a file, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def imported_modules(file: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_there_is_something_to_check(root):
    assert len(sources(root)) > 50
    for package, file in sources(root):
        assert package in str(file)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_downward(root, package):
    for owner, file in sources(root):
        if owner == package:
            ours = imported(file) & set(ALLOWED) - {package}
            assert ours <= ALLOWED[package], f"{file} imports {ours - ALLOWED[package]}"


def test_algorithms_know_no_ros(root):
    for package, file in sources(root):
        if "nodes" in file.parts or package in CLI_FREE or file.stem in ROS_MODULES.get(package, set()):
            continue
        assert not imported(file) & ROS, f"{file} imports {imported(file) & ROS}"


def test_the_gate_imports_nothing_of_ours_but_the_ground_floor(root):
    folder = root / "ros2_ws" / "src" / "kitt_control" / "kitt_control"
    for name in GATE_MODULES:
        for module in imported_modules(folder / f"{name}.py"):
            if module == "kitt_control":
                continue  # its submodules are named beside it
            if module.startswith("kitt_control."):
                assert module.split(".")[1] in GATE_MODULES | {"parameters"}, f"{name} imports {module}"
            elif module.startswith("kitt_"):
                assert module.startswith("kitt_core"), f"{name} imports {module}"


def test_nodes_are_thin_and_files_short(root):
    for _package, file in sources(root):
        lines = len(file.read_text().splitlines())
        limit = 200 if file.parent.name == "nodes" else 300
        assert lines <= limit, f"{file} has {lines} lines, at most {limit}"


def test_only_the_gate_and_no_other_advertises_cmd_vel(root):
    for _package, file in sources(root):
        for node in ast.walk(ast.parse(file.read_text())):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr in ("advertise", "create_publisher"):
                words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                if words & {"/cmd_vel", "cmd_vel"}:
                    assert file.name == "safety_gate_node.py", file


# What came to rclpy after Humble (its changelog, Iron to Jazzy) and is not there on JetPack 6.
AFTER_HUMBLE = {
    "add_post_set_parameters_callback", "add_pre_set_parameters_callback", "BEST_AVAILABLE", "configure_introspection",
    "ContentFilterOptions", "enable_logger_service", "event_handler", "EventsExecutor", "ParameterEventHandler",
    "ServiceIntrospectionState", "TypeDescriptionService", "wait_for_node",
}  # fmt: skip


def names_used(file: Path) -> set[str]:
    """Names, attributes and imported names of a file, less what is imported in a `try` with its own ImportError."""
    tree = ast.parse(file.read_text())
    guarded = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any("ImportError" in ast.unparse(h.type) for h in node.handlers if h.type)
        for inner in node.body
        if isinstance(inner, ast.ImportFrom)
        for alias in inner.names
    }
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.ImportFrom):
            used |= {alias.name for alias in node.names} | set((node.module or "").split("."))
    return used - guarded


def test_nothing_is_used_that_humbles_rclpy_lacks(root: Path) -> None:
    files = [file for _, file in sources(root)] + [root / "docker/guard.py"]
    with_ros = [file for file in files if "rclpy" in imported(file)]
    assert len(with_ros) > 10
    assert {file.name: names_used(file) & AFTER_HUMBLE for file in with_ros if names_used(file) & AFTER_HUMBLE} == {}


def test_the_search_for_later_names_finds_them(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("from rclpy.event_handler import X\nnode.wait_for_node(1)\nq = rclpy.qos.Y.BEST_AVAILABLE\n")
    assert names_used(file) & AFTER_HUMBLE == {"event_handler", "wait_for_node", "BEST_AVAILABLE"}
