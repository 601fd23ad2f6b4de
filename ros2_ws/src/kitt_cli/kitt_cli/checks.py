"""What `kitt doctor` looks at: each check says what it found and what mends it, and never raises."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from kitt_cli import jetson
from kitt_inference.errors import KittError

OK, MISSING, OPTIONAL = "ok", "missing", "optional"
_LEAST_SPACE = 2e9  # bytes: environment, build and models


@dataclass(frozen=True)
class Finding:
    """`state`: ok, missing (needed) or optional (not there, and KITT runs without)."""

    what: str
    state: str
    found: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return asdict(self)


def _module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def python() -> Finding:
    """Python 3.10 or newer."""
    good = sys.version_info >= (3, 10)
    return Finding(
        "Python", OK if good else MISSING, platform.python_version(), "" if good else "install Python 3.10 or newer"
    )


def environment() -> Finding:
    """The packages of the lock files."""
    wanted = {"numpy": "numpy", "cv2": "opencv-python-headless", "onnxruntime": "onnxruntime", "scipy": "scipy"}
    wanted |= {"sounddevice": "sounddevice", "soundfile": "soundfile"}
    lacking = [package for module, package in wanted.items() if not _module(module)]
    where = "virtual environment" if sys.prefix != sys.base_prefix else "the system's Python"
    if lacking:
        return Finding("Python packages", MISSING, f"not in {where}: {', '.join(lacking)}", "./kitt setup")
    return Finding("Python packages", OK, f"{where} {sys.prefix}")


def ros() -> Finding:
    """ROS 2, sourced or from wheels."""
    if not _module("rclpy"):
        return Finding("ROS 2", MISSING, "no rclpy", "./kitt setup, or source /opt/ros/jazzy/setup.bash")
    distribution = os.environ.get("ROS_DISTRO")
    return Finding("ROS 2", OK, f"{distribution}, sourced" if distribution else "from wheels")


def interfaces() -> Finding:
    """Our messages, built."""
    lacking = [name for name in ("kitt_interfaces", "vision_msgs", "tf2_msgs") if not _module(f"{name}.msg")]
    if lacking:
        return Finding("messages", MISSING, f"not built: {', '.join(lacking)}", "./kitt setup")
    return Finding("messages", OK, "kitt_interfaces, vision_msgs, tf2_msgs")


def models() -> Finding:
    """At least one detector, its checksum right."""
    try:
        from kitt_inference import zoo

        states = {card.name: zoo.verify(card) for card in zoo.cards()}
    except (KittError, OSError) as error:
        return Finding("models", MISSING, str(error), "./kitt models list")
    good = [name for name, state in states.items() if state == "verified"]
    damaged = [name for name, state in states.items() if state.startswith("damaged")]
    if damaged:
        return Finding("models", MISSING, f"damaged: {', '.join(damaged)}", f"./kitt models fetch {damaged[0]}")
    if not good:
        return Finding("models", MISSING, "none is here", "./kitt models fetch")
    return Finding("models", OK, f"{', '.join(good)} verified")


def simulator() -> Finding:
    """Panda3D and the meshes."""
    if not _module("panda3d"):
        return Finding("built-in simulator", OPTIONAL, "panda3d is not installed", "./kitt setup")
    try:
        from kitt_sim import assets

        lacking = list(assets.missing())
    except (ImportError, OSError) as error:
        return Finding("built-in simulator", OPTIONAL, f"kitt_sim: {error}", "./kitt setup")
    if lacking:
        return Finding("built-in simulator", OPTIONAL, f"meshes missing: {', '.join(lacking)}", "./kitt setup")
    return Finding("built-in simulator", OK, "panda3d and meshes")


def gazebo() -> Finding:
    """Gazebo 11 in the cache, and whether its programs may run here; Harmonic, where it is installed."""
    try:
        from kitt_sim.gazebo import enter, tree
    except ImportError as error:
        return Finding("Gazebo", OPTIONAL, f"kitt_sim: {error}", "./kitt setup")
    own = ", and Gazebo Harmonic of the machine's own" if shutil.which("gz") else ""
    if not tree.ready():
        return Finding("Gazebo", OPTIONAL, f"Gazebo 11 is not set up{own}", "./kitt setup gazebo")
    try:
        enter.check()
    except KittError as error:
        return Finding("Gazebo", OPTIONAL, error.message, error.remedy)
    return Finding("Gazebo", OK, f"{tree.manifest().get('gazebo')} in {tree.root()}{own}")


def camera() -> Finding:
    """A camera that we may open."""
    devices = sorted(str(path) for path in Path("/dev").glob("video*"))
    if not devices:
        return Finding("camera", OPTIONAL, "no /dev/video*", "connect one, or use sim:=builtin or camera:=FILE or URL")
    closed = [device for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if closed:
        return Finding("camera", OPTIONAL, f"no right to open {closed[0]}", "sudo usermod -aG video $USER, log in anew")
    return Finding("camera", OK, ", ".join(devices))


def microphone() -> Finding:
    """PortAudio and the devices that capture sound."""
    if not _module("sounddevice"):
        return Finding("microphone", OPTIONAL, "sounddevice is not installed", "./kitt setup")
    from kitt_voice.sources.device import input_devices

    try:
        names = [f"{device.index}: {device.name}" for device in input_devices()]
    except KittError as error:
        return Finding("microphone", OPTIONAL, error.message, error.remedy)
    except Exception as error:  # PortAudioError: the sound system answers strangely
        return Finding("microphone", OPTIONAL, str(error), "check that a sound server runs")
    if not names:
        return Finding(
            "microphone", OPTIONAL, "no device captures sound", "connect one; check that a sound server runs"
        )
    return Finding("microphone", OK, ", ".join(names))


def voice() -> Finding:
    """A voice for each language, and the devices that play sound."""
    from kitt_voice.speech.normalise import LANGUAGES
    from kitt_voice.speech.outputs import output_devices
    from kitt_voice.speech.voices import AUTO, name_of

    names, remedies = [], []
    for language in LANGUAGES:
        try:
            names.append(f"{language}: {name_of(AUTO, language).split()[0]}")
        except KittError as error:
            names.append(f"{language}: none")
            remedies.append(error.remedy)
    try:
        devices = [f"{device.index}: {device.name}" for device in output_devices()]
        remedies += [] if devices else ["connect a loudspeaker; check that a sound server runs"]
    except KittError as error:
        devices = []
        remedies.append(error.remedy)
    except Exception:  # PortAudioError: the sound system answers strangely
        devices = []
        remedies.append("check that a sound server runs")
    found = f"{', '.join(names)}; {', '.join(devices) or 'no device plays sound'}"
    return Finding("voice", OPTIONAL if remedies else OK, found, "; ".join(dict.fromkeys(remedies)))


def board() -> Finding:
    """On a Jetson: JetPack and the power mode."""
    number = jetson.release()
    if number is None:
        return Finding("Jetson", OPTIONAL, "this machine is none")
    found, mode = jetson.jetpack(number), jetson.power_mode()
    if number[0] not in (36, 38, 39):
        return Finding("Jetson", MISSING, found, "install JetPack 6.1 or newer: docs/jetson.md")
    if not mode:
        return Finding("Jetson", OPTIONAL, f"{found}, power mode unknown", "sudo nvpmodel -q")
    if not mode.startswith("MAXN"):
        return Finding(
            "Jetson", OPTIONAL, f"{found}, power mode {mode}", "sudo nvpmodel -p --verbose lists them; MAXN is fastest"
        )
    return Finding("Jetson", OK, f"{found}, power mode {mode}")


def gpu() -> Finding:
    """An NVIDIA GPU, TensorRT, and an engine for both."""
    from kitt_inference.backends import tensorrt
    from kitt_inference.engines import cuda, library
    from kitt_inference.engines.cache import EngineCache

    absent = cuda.missing()
    if absent:
        return Finding("GPU", OPTIONAL, f"{absent}; the CPU computes")
    name, capability = cuda.Device.describe(cuda.driver())
    found = f"{name}, compute capability {capability}"
    try:
        loaded = library.load()
    except KittError as error:
        return Finding("GPU", OPTIONAL, f"{found}; {error.message}", error.remedy)
    found += f", {loaded.name} {loaded.version}"
    here = {"library": loaded.name, "version": loaded.version, "gpu": name, "capability": capability}
    cache = EngineCache()
    good = [tensorrt.candidates(cache, sha256, here)[0] for sha256 in {e.reference_sha256 for e in cache.entries()}]
    if not any(good):
        return Finding("GPU", OPTIONAL, f"{found}; no engine yet", "./kitt engine build")
    return Finding("GPU", OK, f"{found}; {sum(map(len, good))} engines")


def cache() -> Finding:
    """The cache folder can be written and has room."""
    from kitt_inference import zoo

    folder = zoo.cache_dir()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("cache", MISSING, f"{there} cannot be written", f"sudo chown $USER {there}, or set KITT_CACHE")
    free = shutil.disk_usage(there).free
    if free < _LEAST_SPACE:
        return Finding("cache", MISSING, f"{free / 1e9:.1f} GB free on {there}", "free 2 GB, or set KITT_CACHE")
    return Finding("cache", OK, f"{folder}, {free / 1e9:.0f} GB free")


ALL: tuple[Callable[[], Finding], ...] = (
    python, environment, ros, interfaces, models, simulator, gazebo, camera, microphone, voice, board, gpu, cache,
)  # fmt: skip
