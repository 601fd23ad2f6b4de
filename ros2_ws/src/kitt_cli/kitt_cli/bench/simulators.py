"""`kitt bench sim`: how fast each simulator's time runs, its rate of pictures, and how much processor it takes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitt_cli.bench import over_ros
from kitt_cli.bench.statistics import machine
from kitt_core.convert import stamp_ns
from kitt_inference.errors import KittError

NODES = {"builtin": "kitt_sim.nodes.simulator_node", "gazebo": "kitt_sim.nodes.gazebo_node"}
_START_S, _SETTLE_S = 150.0, 3.0
_TICK = os.sysconf("SC_CLK_TCK")


def bench_simulators(seconds: float, world: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """Runs each simulator's node alone for `seconds` [s] while its pictures are taken.

    Raises:
        KittError: a simulator does not come up.
    """
    about = machine()
    return {
        "machine": about, "world": world, "seconds": seconds,
        "simulators": {name: _measure(name, world, seconds, tell) for name in NODES},
    }  # fmt: skip


def _measure(name: str, world: str, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    tell(f"{name}: starting")
    clock: list[tuple[float, int]] = []
    pictures: list[int] = []
    extra = ["-p", "window:=false"] if name == "gazebo" else []
    command = [NODES[name], "--ros-args", "-p", f"world:={world}", "-p", "publish_clock:=true"]
    with over_ros.own_domain() as node, over_ros.process(*command, *extra) as process:
        over_ros.subscribe(node, "/clock", lambda m: clock.append((time.monotonic(), stamp_ns(m.clock))))
        over_ros.subscribe(node, "/camera/image_raw", lambda m: pictures.append(stamp_ns(m.header.stamp)))
        deadline = time.monotonic() + _START_S
        while len(pictures) < 3:
            over_ros.spin(node, 0.2)
            if process.poll() is not None or time.monotonic() > deadline:
                raise KittError(f"the simulator {name} gives no pictures", f"./kitt doctor; {' '.join(command)}")
        over_ros.spin(node, _SETTLE_S)
        tell(f"{name}: measuring")
        clock.clear()
        pictures.clear()
        begin, used = time.monotonic(), _processor_seconds(process.pid)
        over_ros.spin(node, seconds)
        spent, used = time.monotonic() - begin, _processor_seconds(process.pid) - used
    if len(clock) < 2:
        raise KittError(f"the simulator {name} gives no /clock", "run it again on a machine that is less busy")
    (t0, s0), (t1, s1) = clock[0], clock[-1]
    return {
        "real_time_factor": round((s1 - s0) * 1e-9 / (t1 - t0), 3), "camera_hz": round(len(pictures) / spent, 2),
        "cores": round(used / spent, 2), "pictures": len(pictures), "seconds": round(spent, 2),
    }  # fmt: skip


def _processor_seconds(root: int) -> float:
    """User and system time [s] of a process and all its descendants, Gazebo's among them."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        spent[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICK
    total, todo = 0.0, [root]
    while todo:
        pid = todo.pop()
        total += spent.get(pid, 0.0)
        todo += [child for child, parent in parents.items() if parent == pid]
    return total
