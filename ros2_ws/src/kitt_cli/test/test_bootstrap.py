"""The set-up's decisions: what is missing, what is stale, what it says. It runs for real in every clean checkout."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from packaging.requirements import Requirement

from kitt_cli.bootstrap import __main__ as bootstrap
from kitt_cli.bootstrap import places, steps, system
from kitt_cli.bootstrap.progress import Progress, SetupError
from kitt_cli.verb_table import TIER_LEARN, TIER_LIGHT, TIER_QUICK_TEST, TIER_ROS, TIER_TEST, VERBS, tier_of


@pytest.fixture
def state(tmp_path, monkeypatch):
    for module in (places, steps):
        monkeypatch.setattr(module, "LOG", tmp_path / "log")
    monkeypatch.setattr(places, "STATE", tmp_path)
    monkeypatch.setattr(places, "_STAMPS", tmp_path / "stamps.json")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "tier"),
    [
        ([], TIER_LIGHT),
        (["--help"], TIER_LIGHT),
        (["detect", "a.jpg"], TIER_LIGHT),
        (["demo", "--headless"], TIER_ROS),
        (["demo", "--help"], TIER_LIGHT),
        (["nonsense"], TIER_LIGHT),
        (["test"], TIER_TEST),
        (["test", "--quick"], TIER_QUICK_TEST),
        (["listen", "a.wav"], TIER_LIGHT),
        (["train", "speech", "--out", "runs"], TIER_LEARN),
    ],
)
def test_a_verb_gets_no_more_environment_than_it_needs(arguments, tier):
    assert tier_of(arguments) == tier


def test_every_verb_has_its_module():
    for name in VERBS:
        assert (places.SOURCES / "kitt_cli" / "kitt_cli" / "verbs" / f"{name}.py").is_file(), name


def test_every_lock_pins_with_hashes():
    for lock in ("robot", "desk", "desk-system-ros", "ros", "dev", "engines", "learn", "learn-cuda"):
        text = (places.REQUIREMENTS / f"{lock}.lock").read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        for line in pins:
            assert "==" in line, f"{lock}: {line}"
            assert line.endswith("\\"), f"{lock}: {line} has no hash"
        assert "://" not in text


def pinned(lock: str, python: str, machine: str = "x86_64") -> dict[str, str]:
    """Name to version of what a lock installs on Linux with a Python, such as "3.11"."""
    place = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
    place |= {"platform_machine": machine, "implementation_name": "cpython"}
    lines = (places.REQUIREMENTS / f"{lock}.lock").read_text().splitlines()
    found = [Requirement(line.rstrip("\\ ")) for line in lines if line and not line.startswith((" ", "#"))]
    return {one.name: str(one.specifier) for one in found if one.marker is None or one.marker.evaluate(place)}


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_training_adds_to_the_desk_and_takes_nothing_away(python):
    desk, learn = pinned("desk", python), pinned("learn", python)
    assert {"torch", "torchaudio", "soxr", "codespell", "onnx2torch"} <= set(learn)
    assert {name: version for name, version in learn.items() if desk.get(name, version) != version} == {}
    assert not [name for name in learn if name.startswith(("nvidia", "cuda", "triton"))]
    assert "triton" in pinned("learn-cuda", python)
    # It is installed without asking what torch and the others want in turn: all of that must stand there.
    wanted = "filelock fsspec jinja2 markupsafe mpmath networkx setuptools sympy typing-extensions"
    wanted += " ftfy langcodes locate msgpack regex wcwidth numpy onnx"
    assert set(wanted.split()) <= set(learn) | set(desk)


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "riscv64"])
def test_engines_come_where_they_have_wheels_and_never_into_what_the_robot_runs(python, machine):
    here = pinned("engines", python, machine)
    wanted = {"tensorrt-rtx-cu13-bindings", "tensorrt-rtx-cu13-libs", "openvino"} if machine != "riscv64" else set()
    assert set(here) - {"numpy"} == wanted
    desk = pinned("desk", python, machine)
    assert here.get("numpy") in (None, desk["numpy"])
    assert not [name for name in desk if name.startswith(("tensorrt", "openvino"))]


@pytest.mark.parametrize(
    ("tier", "adds"),
    [
        (TIER_LIGHT, []),
        (TIER_ROS, []),
        (TIER_LEARN, ["learn"]),
        (TIER_QUICK_TEST, ["dev"]),
        (TIER_TEST, ["learn", "engines", "dev"]),
    ],
)
def test_all_tests_get_what_training_needs_and_the_fast_ones_do_not(state, monkeypatch, tier, adds):
    asked, offered = [], []
    monkeypatch.setattr(bootstrap.system, "ros_is_sourced", lambda: True)
    monkeypatch.setattr(bootstrap.system, "offer_packages", lambda names, without: offered.append(names))
    monkeypatch.setattr(bootstrap.steps, "wanted_steps", lambda locks, *_: asked.append(locks) or (False, [], {}))
    bootstrap.prepare(tier)
    assert asked == [["desk-system-ros", *adds]]
    assert bool(offered) is ("dev" in adds)


@pytest.mark.parametrize("lock", ["desk", "ros", "dev", "engines", "learn", "learn-cuda"])
def test_a_lock_is_installed_as_it_stands(state, monkeypatch, lock):
    commands = []
    monkeypatch.setattr(steps, "_run", lambda command, *_, **__: commands.append(command))
    steps.install_lock(lock, Progress(1))
    wanted = {"--require-hashes", "--no-deps", str(places.REQUIREMENTS / f"{lock}.lock")}
    assert len(commands) == 1 and wanted <= set(commands[0])


@pytest.mark.parametrize(("version", "wanted"), [("2.13.0+cpu", []), ("2.13.0", ["learn-cuda"])])
def test_torch_gets_what_its_build_needs(state, monkeypatch, version, wanted):
    audio = state / "venv/lib/python3.11/site-packages/torchaudio/lib"
    audio.mkdir(parents=True)
    (audio / "_torchaudio.so").touch()
    python = state / "venv/bin/python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    installed = []
    monkeypatch.setattr(steps, "VENV", state / "venv")
    monkeypatch.setattr(steps, "install_lock", lambda lock, _progress: installed.append(lock))
    steps.complete_torch(Progress(1))
    assert installed == wanted
    assert (audio / "_torchaudio.so").exists() is bool(wanted)


def test_stamps_survive_and_are_dropped_by_prefix(state):
    stamps = places.Stamps()
    stamps.set("lock desk", "a")
    stamps.set("package kitt_core", "b")
    again = places.Stamps()
    assert again.fresh("lock desk", "a")
    assert not again.fresh("lock desk", "other")
    again.drop("package ")
    assert not places.Stamps().fresh("package kitt_core", "b")
    assert places.Stamps().fresh("lock desk", "a")


def test_a_broken_stamp_file_means_that_nothing_is_done(state):
    (state / "stamps.json").write_text("{not json")
    assert not places.Stamps().fresh("venv", "x")


def test_a_package_is_built_anew_when_a_message_changes(monkeypatch, tmp_path):
    source = tmp_path / "ros2_ws" / "src" / "some_interfaces"
    (source / "msg").mkdir(parents=True)
    (source / "package.xml").write_text("<package/>")
    (source / "msg" / "A.msg").write_text("int32 a\n")
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(places, "SOURCES", tmp_path / "ros2_ws" / "src")
    before = steps.package_keys(own_ros=False)["some_interfaces"]
    assert steps.package_keys(own_ros=False)["some_interfaces"] == before
    (source / "notes.txt").write_text("nothing that is built")
    assert steps.package_keys(own_ros=False)["some_interfaces"] == before
    (source / "msg" / "A.msg").write_text("int64 a\n")
    assert steps.package_keys(own_ros=False)["some_interfaces"] != before
    assert steps.package_keys(own_ros=True)["some_interfaces"] != before


def test_missing_system_packages_are_named_with_the_line_that_installs_them(monkeypatch):
    monkeypatch.setattr(system.shutil, "which", lambda tool: None if tool == "cmake" else f"/usr/bin/{tool}")
    missing = system.missing_packages(build=True)
    assert "cmake" in missing
    assert "make" not in missing
    for variable in ("KITT_YES", "CI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"sudo sh -c 'apt-get update && apt-get install -y .*cmake") as error:
        system.install_packages(missing)
    assert "KITT_YES=1" in str(error.value)


def test_without_the_systems_packages_the_tests_go_on_and_say_what_is_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(system.shutil, "which", lambda tool: None)
    monkeypatch.setattr(system.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(system, "_LIBRARIES", tmp_path)
    sound = {"libportaudio2", "libasound2-plugins", "pulseaudio", "pulseaudio-utils"}
    assert set(system.missing_test_packages(quick=True)) == sound
    missing = system.missing_test_packages(quick=False)
    others = {"gstreamer1.0-tools", "gstreamer1.0-plugins-base", "espeak-ng"}
    assert set(missing) - sound - {"chromium"} == others
    for name, browser in (("debian", {"chromium"}), ("ubuntu", set())):
        monkeypatch.setattr(system.platform, "freedesktop_os_release", lambda name=name: {"ID": name})
        assert set(system.missing_test_packages(quick=False)) - sound == others | browser
        assert "chromium" not in system.missing_test_packages(quick=True)
    (tmp_path / "some-linux/gstreamer-1.0").mkdir(parents=True)
    (tmp_path / "some-linux/gstreamer-1.0/libgstvideotestsrc.so").touch()
    assert "gstreamer1.0-plugins-base" not in system.missing_test_packages(quick=False)
    for variable in ("KITT_YES", "CI"):
        monkeypatch.delenv(variable, raising=False)
    system.offer_packages(missing, "tests are skipped")
    said = capsys.readouterr().err
    assert said.startswith("tests are skipped: ")
    assert "apt-get install -y --no-install-recommends libportaudio2" in said


def test_no_compiler_is_asked_for_where_nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(system.shutil, "which", lambda _tool: None)
    assert "cmake" not in system.missing_packages(build=False)


def test_a_machine_without_wheels_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(system.platform, "machine", lambda: "aarch64")
    with pytest.raises(SetupError, match=r"setup\.bash"):
        system.check_wheels_exist()


def test_a_sourced_ros_is_used(monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    monkeypatch.setattr(system.importlib.util, "find_spec", lambda _name: object())
    assert system.ros_is_sourced()
    monkeypatch.delenv("ROS_DISTRO")
    assert not system.ros_is_sourced()


def test_a_step_that_fails_shows_the_log_and_what_to_do(state, capsys):
    progress = Progress(steps=1)
    progress.begin("something")
    command = [sys.executable, "-c", "print('the cause'); raise SystemExit(3)"]
    with pytest.raises(SetupError, match=r"ended with 3.*run the command again"):
        steps._run(command, progress, "thing", env={})
    assert "the cause" in capsys.readouterr().err
    assert "the cause" in (state / "log" / "setup-thing.log").read_text()


def test_ctrl_c_ends_the_step_too(tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        "from kitt_cli.bootstrap import places, steps\nfrom kitt_cli.bootstrap.progress import Progress\n"
        f"places.STATE = Path({str(tmp_path)!r}); steps.LOG = places.STATE\n"
        "p = Progress(1); p.begin('x')\n"
        "import os\n"
        "steps._run([sys.executable, '-c', 'import os,time;print(os.getpid(),flush=True);time.sleep(60)'], p, 'x',"
        " env=dict(os.environ), on_line=lambda line: print(line, end='', flush=True))\n"
    )
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    process.wait(timeout=10)
    time.sleep(0.2)
    with pytest.raises(ProcessLookupError):
        system.os.kill(child, 0)


def test_the_environment_has_the_sources_and_what_was_built(monkeypatch, tmp_path):
    monkeypatch.setenv("_ROS_WHEELS_BOOTSTRAP_COMPLETE", "1")
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / "environment.json")
    environment = bootstrap.environment_of()
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in environment
    assert str(places.SOURCES / "kitt_inference") in environment["PYTHONPATH"]
    captured = {"AMENT_PREFIX_PATH": "/some/install", "PYTHONPATH": "/some/build/pkg", "LD_LIBRARY_PATH": "/some/lib"}
    bootstrap.ENVIRONMENT.write_text(json.dumps(captured))
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy:/some/install")
    environment = bootstrap.environment_of()
    assert environment["AMENT_PREFIX_PATH"] == "/some/install:/opt/ros/jazzy"
    assert "/some/build/pkg" in environment["PYTHONPATH"].split(":")
