"""The steps of the set-up; each is skipped when its inputs have not changed since it was last finished."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from kitt_cli.bootstrap import places
from kitt_cli.bootstrap.places import BUILD, ENVIRONMENT, INSTALL, LOG, REQUIREMENTS, VENV, Stamps
from kitt_cli.bootstrap.progress import Progress, SetupError

_BUILD_INPUTS = ("package.xml", "setup.py", "setup.cfg", "CMakeLists.txt")
_WHEEL_NUMPY = re.compile(r"/opt/python/cp\d+-cp\d+/lib/python3\.\d+/site-packages/numpy/_core/include")
_WHEEL_PYTHON = re.compile(r"/opt/python/cp\d+-cp\d+/include/python3\.\d+")


def venv_key(own_ros: bool) -> str:
    return f"{sys.version_info[:3]} {sys.base_prefix} {'system' if own_ros else 'wheels'} {VENV}"


def make_venv(own_ros: bool, progress: Progress) -> None:
    """A virtual environment; with a ROS of the machine's own it sees the system's packages."""
    progress.begin("virtual environment")
    shutil.rmtree(VENV, ignore_errors=True)
    options = ["--system-site-packages"] if own_ros else []
    _run([sys.executable, "-m", "venv", *options, str(VENV)], progress, "venv", env=_clean_environment())
    progress.end()


def lock_key(lock: str) -> str:
    return places.fingerprint([REQUIREMENTS / f"{lock}.lock"])


def install_lock(lock: str, progress: Progress) -> None:
    """Install one lock file, hashes checked; what pip has downloaded before is taken from its cache."""
    path = REQUIREMENTS / f"{lock}.lock"
    progress.begin(f"Python packages ({lock})")
    total = sum(1 for line in path.read_text().splitlines() if "==" in line)
    count = 0

    def show(line: str) -> None:
        nonlocal count
        words = line.split()
        if line.startswith("Collecting"):
            count += 1
        if line.startswith(("Collecting", "  Downloading", "  Using cached")) and len(words) > 1:
            progress.say(f"{min(count, total)} of at most {total}, {Path(words[1]).name}")
        elif line.startswith("Installing"):
            progress.say("installing")

    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--progress-bar", "off"]
    command += ["--retries", "8", "--disable-pip-version-check", "--no-input", "-r", str(path)]
    # The locks are complete. Older pips look for «coverage[toml]» beside the «coverage» that is pinned, and find a
    # newer one without a hash; and CUDA's libraries wait until torch is known to want them.
    command.append("--no-deps")
    _run(command, progress, f"pip-{lock}", on_line=show, env=_clean_environment())
    progress.end()


def fix_cmake_paths() -> None:
    """The wheels' cmake files name the Python of the machine that built them: put ours in its place."""
    query = "import numpy, sysconfig; print(numpy.get_include()); print(sysconfig.get_paths()['include'])"
    out = subprocess.run([VENV / "bin" / "python", "-c", query], capture_output=True, text=True, check=True)
    numpy_include, python_include = out.stdout.split("\n")[:2]
    for file in (VENV / "share").rglob("*.cmake"):
        text = file.read_text(errors="surrogateescape")
        mended = _WHEEL_PYTHON.sub(python_include, _WHEEL_NUMPY.sub(numpy_include, text))
        if mended != text:
            file.write_text(mended, errors="surrogateescape")


def complete_torch(progress: Progress) -> None:
    """Give a torch built for CUDA its libraries; beside one built for the CPU take torchaudio's CUDA libraries away.

    torchaudio's wheel is built for CUDA only, and loads what lies in its lib folder; the transforms need none of it.
    """
    query = "import importlib.metadata as m; print(m.version('torch'))"
    out = subprocess.run([VENV / "bin" / "python", "-c", query], capture_output=True, text=True, check=True)
    if "+cpu" not in out.stdout:
        progress.steps += 1
        install_lock("learn-cuda", progress)
        return
    for library in VENV.glob("lib/python3*/site-packages/torchaudio/lib/*.so"):
        aside = library.parent / "aside"
        aside.mkdir(exist_ok=True)
        library.rename(aside / library.name)


def package_keys(own_ros: bool) -> dict[str, str]:
    """Package to fingerprint of what colcon builds from; Python modules are linked and need no build."""
    keys = {}
    for name, folder in places.packages().items():
        files = [folder / part for part in _BUILD_INPUTS if (folder / part).is_file()]
        for part in ("msg", "srv", "action", "launch", "config", "urdf", "worlds", "resource"):
            files += [file for file in (folder / part).rglob("*") if file.is_file()]
        keys[name] = places.fingerprint(files, venv_key(own_ros))
    return keys


def build(names: list[str], own_ros: bool, progress: Progress) -> None:
    """colcon build of some packages into one merged, symlinked install folder."""
    progress.begin(f"workspace ({len(names)} packages)")
    done = 0

    def show(line: str) -> None:
        nonlocal done
        done += line.startswith("Finished")
        if line.startswith(("Starting", "Finished")):
            progress.say(f"{done} of {len(names)} done, {line.strip()}")

    environment = _clean_environment()
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    environment["VIRTUAL_ENV"] = str(VENV)
    if not own_ros:
        environment["AMENT_PREFIX_PATH"] = str(VENV)
        environment["CMAKE_PREFIX_PATH"] = str(VENV)
    colcon = _colcon(own_ros)
    command = [*colcon, "--log-base", str(LOG), "build", "--merge-install", "--symlink-install"]
    command += ["--base-paths", str(places.SOURCES), "--build-base", str(BUILD), "--install-base", str(INSTALL)]
    command += ["--packages-select", *names, "--cmake-args", "-DBUILD_TESTING=OFF"]
    command += [f"-DPython3_EXECUTABLE={VENV}/bin/python"]
    _run(command, progress, "colcon", on_line=show, env=environment)
    progress.end()


def capture_environment(own_ros: bool) -> None:
    """Note what sourcing the workspace would set, so that later starts need not source it."""
    script = f". '{INSTALL}/local_setup.bash' && env -0"
    base = _clean_environment()
    prefix = base.get("AMENT_PREFIX_PATH", "") if own_ros else str(VENV)
    base["AMENT_PREFIX_PATH"] = prefix
    out = subprocess.run(["bash", "-c", script], env=base, capture_output=True, text=True, check=True)
    environment = dict(entry.split("=", 1) for entry in out.stdout.split("\0") if "=" in entry)
    kept = {name: environment.get(name, "") for name in ("AMENT_PREFIX_PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    if prefix and prefix not in kept["AMENT_PREFIX_PATH"]:
        kept["AMENT_PREFIX_PATH"] += os.pathsep + prefix
    ENVIRONMENT.write_text(json.dumps(kept, indent=1))


def wanted_steps(
    locks: list[str], own_ros: bool, with_build: bool, stamps: Stamps
) -> tuple[bool, list[str], dict[str, str]]:
    """What is to be done: make the venv?, locks to install, packages to build with their fingerprints."""
    fresh_venv = (VENV / "bin" / "python").exists() and stamps.fresh("venv", venv_key(own_ros))
    todo = [lock for lock in locks if not (fresh_venv and stamps.fresh(f"lock {lock}", lock_key(lock)))]
    if not with_build:
        return not fresh_venv, todo, {}
    keys = package_keys(own_ros)
    if fresh_venv and ENVIRONMENT.is_file():
        keys = {name: key for name, key in keys.items() if not stamps.fresh(f"package {name}", key)}
    return not fresh_venv, todo, keys


def _colcon(own_ros: bool) -> list[str]:
    inside = VENV / "bin" / "colcon"
    if inside.exists():
        return [str(inside)]
    outside = shutil.which("colcon")
    if own_ros and outside:
        # with the venv's Python, so that the nodes' scripts find the packages of the venv (yolo_ros#112)
        return [str(VENV / "bin" / "python"), "-m", "colcon"]
    raise SetupError("colcon is missing. Install it: sudo apt-get install python3-colcon-common-extensions")


def _clean_environment() -> dict[str, str]:
    # the wheels' start-up hook sets these for its own Python; another Python must not inherit them
    dropped = {"_ROS_WHEELS_BOOTSTRAP_COMPLETE", "PYTHONHOME", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    own = str(places.SOURCES / "kitt_cli")
    parts = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part and part != own]
    environment["PYTHONPATH"] = os.pathsep.join(parts)
    return environment


def _run(
    command: list[str],
    progress: Progress,
    log_name: str,
    *,
    env: dict[str, str],
    on_line: Callable[[str], None] | None = None,
) -> None:
    LOG.mkdir(parents=True, exist_ok=True)
    log = LOG / f"setup-{log_name}.log"
    tail: list[str] = []
    with log.open("w") as sink:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, cwd=places.STATE,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                sink.write(line)
                tail = [*tail[-14:], line.rstrip()]
                if on_line:
                    on_line(line)
            code = process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if code != 0:
        print("\n" + "\n".join(tail), file=sys.stderr)
        raise SetupError(
            f"{Path(command[0]).name} ended with {code} in step {progress.step}. The whole log: {log}. "
            "What was finished is kept: run the command again once the cause is mended"
        )
