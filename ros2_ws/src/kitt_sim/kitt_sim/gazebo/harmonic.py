"""Gazebo Harmonic and its bridge as processes of ours. Prepared, not yet run by us: no machine of ours has it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_sim.gazebo import files
from kitt_sim.world import World


def commands(folder: Path, *, window: bool) -> list[list[str]]:
    """The command lines: Gazebo with its window or its server alone, and the bridge.

    Raises:
        KittError: one of the programs is not installed.
    """
    for program, package in (("gz", "gz-harmonic"), ("ros2", "ros-jazzy-ros2cli")):
        if shutil.which(program) is None:
            raise KittError(
                f"{program} is not installed: sim:=gazebo is Gazebo Harmonic",
                f"install {package} and ros-jazzy-ros-gz, or use sim:=gazebo11, which ./kitt setup gazebo brings",
            )
    server = [
        "gz",
        "sim",
        "-r",
        *(["-s", "--headless-rendering"] if not window else []),
        str(folder / files.WORLD_FILE),
    ]
    bridge = ["ros2", "run", "ros_gz_bridge", "parameter_bridge", "--ros-args", "-p",
              f"config_file:={folder / files.BRIDGE_FILE}"]  # fmt: skip
    return [server, bridge]


class Harmonic:
    """The running programs."""

    def __init__(self, world: World, *, window: bool) -> None:
        """Write the world's files and start both.

        Raises:
            KittError: Gazebo Harmonic is not installed.
        """
        folder = files.prepare(world, dialect="harmonic")
        window = window and bool(os.environ.get("DISPLAY"))
        death = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        self._running = [
            subprocess.Popen([*death, *words], start_new_session=True, stdin=subprocess.DEVNULL)
            for words in commands(folder, window=window)
        ]

    @property
    def alive(self) -> bool:
        """Whether all still run."""
        return all(process.poll() is None for process in self._running)

    def close(self) -> None:
        """End them."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGINT)
        for process in self._running:
            try:
                process.wait(timeout=5.0)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
