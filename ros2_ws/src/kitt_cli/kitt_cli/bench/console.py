"""What pages of the console cost the running car: processor time of its node, and the age of the detections."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitt_cli.bench.over_ros import own_domain, process, ros_missing, spin, subscribe
from kitt_cli.bench.statistics import machine, percentiles_ms
from kitt_cli.launch import ament, parse
from kitt_cli.launch.run import LaunchSession
from kitt_console.links import free_port
from kitt_inference.errors import KittError

TARGET_PERCENT = 15.0
"""Of a core for each page at most."""
_UP_S = 120.0
_SETTLE_S = 3.0


def bench_console(pages: int, slow: int, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the car in the built-in simulator without and with pages, in turns: nobody, the pages, nobody.

    Args:
        pages: pages that draw at once. slow: pages beside them that read nothing.
        seconds: of each turn.

    Raises:
        KittError: ROS is missing, or the car or the console did not come up.
    """
    if missing := ros_missing():
        raise KittError("the console needs ROS", missing)
    with own_domain() as node:
        file = ament.find_launch_file("kitt_bringup", "kitt.launch.xml")
        session = LaunchSession(parse.load(file, {"sim": "builtin"}), on_line=lambda _line: None)
        ages: list[float] = []
        subscribe(node, "/detections", lambda message: ages.append(_age(message)))
        port = free_port(8480)
        session.start()
        try:
            with process("kitt_console.nodes.console_node", "--ros-args", "-p", f"port:={port}") as console:
                _wait(node, lambda: len(ages) > 20 and _serves(port), "the car and its console")
                turns = []
                for count in (0, pages, 0):
                    tell(f"{count} pages, {seconds:g} s")
                    turns.append(_turn(node, console.pid, ages, port, count, slow if count else 0, seconds))
        finally:
            session.stop(timeout=20.0)
    return _report(pages, slow, turns)


def _turn(node: Any, pid: int, ages: list[float], port: int, pages: int, slow: int, seconds: float) -> dict[str, Any]:
    child: subprocess.Popen[str] | None = None
    if pages:
        words = ["--count", str(pages), "--slow", str(slow), "--seconds", str(seconds + 1.0)]
        command = [sys.executable, "-m", "kitt_cli.bench.pages", f"ws://127.0.0.1:{port}/live", *words]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    spin(node, _SETTLE_S)
    ages.clear()
    spent, began = processor_seconds(pid), time.monotonic()
    spin(node, seconds)
    took = time.monotonic() - began
    spent = processor_seconds(pid) - spent
    turn = {"core_percent": 100 * spent / took, "detection_ages_s": list(ages), "pages": []}
    if child is not None:
        out, _ = child.communicate(timeout=30)
        result = json.loads(out)
        turn["pages"] = result["pages"]
        turn["rates_hz"] = [page["pictures"] / result["seconds"] for page in result["pages"]]
    return turn


def _report(pages: int, slow: int, turns: list[dict[str, Any]]) -> dict[str, Any]:
    alone = [turns[0], turns[2]]
    watched = turns[1]
    picture_ages = [age for page in watched["pages"] for age in page["ages_s"]]
    each = watched["core_percent"] / pages
    return {
        "machine": machine(),
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "pages": pages,
        "slow_pages": slow,
        "core_percent": {
            "alone": round(sum(turn["core_percent"] for turn in alone) / 2, 1),
            "watched": round(watched["core_percent"], 1),
            "each_page": round(each, 2),
        },
        "pictures_hz": {"least": round(min(watched["rates_hz"]), 2), "most": round(max(watched["rates_hz"]), 2)},
        "picture_age": percentiles_ms(picture_ages),
        "detection_age": {
            "alone": percentiles_ms([age for turn in alone for age in turn["detection_ages_s"]]),
            "watched": percentiles_ms(watched["detection_ages_s"]),
        },
        "target": {"core_percent_each": TARGET_PERCENT, "met": each < TARGET_PERCENT},
    }


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, all its threads [s]; Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _age(message: Any) -> float:
    return time.time() - message.header.stamp.sec - message.header.stamp.nanosec * 1e-9


def _serves(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(node: Any, condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _UP_S
    while not condition():
        if time.monotonic() > end:
            raise KittError(f"{what} did not come up within {_UP_S:g} s", "`kitt doctor` says what is missing")
        spin(node, 0.2)
