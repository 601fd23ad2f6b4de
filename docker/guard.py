#!/usr/bin/env python3
"""Watches over the running car, for systemd's watchdog and for a container's health check.

`guard.py COMMAND...` starts the car and tells systemd (sd_notify(3)) that it is ready and alive, for as long as its
nodes report. `guard.py --check` looks once and ends with 0 or 1. The nodes that must report: KITT_WATCHED, else the
gate and the detector.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WATCHED = tuple(os.environ.get("KITT_WATCHED", "safety_gate,detector").split(","))
SILENCE_S = 5.0  # nodes report once a second
LOOK_S = 8.0


class Reports:
    """When each node was heard on /diagnostics last (steady clock, s)."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._heard: dict[str, float] = {}

    def take(self, names: list[str]) -> None:
        """Statuses came, by these names; «detector: publishes /detections» is of the detector too."""
        for name in names:
            self._heard[name.split(":")[0].rsplit("/", 1)[-1]] = self._now()

    def missing(self) -> list[str]:
        """The watched nodes that have been silent for too long."""
        return [name for name in WATCHED if self._now() - self._heard.get(name, float("-inf")) > SILENCE_S]


@contextmanager
def listening(reports: Reports) -> Iterator[Callable[[float], None]]:
    """Gives a function that waits so many seconds while reports come in."""
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray
    from rclpy.signals import SignalHandlerOptions

    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(f"guard_{os.getpid()}")
    node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda message: reports.take([s.name for s in message.status]), 50
    )

    def wait(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rclpy.spin_once(node, timeout_sec=0.1)

    try:
        yield wait
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def notify(words: str) -> None:
    """Tell systemd, where it listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(words.encode(), "\0" + address[1:] if address.startswith("@") else address)


def check(reports: Reports, wait: Callable[[float], None]) -> int:
    """Wait until all watched nodes have reported; 1 when they do not."""
    end = time.monotonic() + LOOK_S
    while reports.missing() and time.monotonic() < end:
        wait(0.2)
    silent = reports.missing()
    print(f"silent: {', '.join(silent)}" if silent else "alive")  # noqa: T201 - for `docker inspect`
    return 1 if silent else 0


def guard(command: list[str], reports: Reports, wait: Callable[[float], None]) -> int:
    """Run the command until it ends or we are told to; the command's exit status."""
    child = subprocess.Popen(command)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: (notify("STOPPING=1"), child.send_signal(signal.SIGINT)))
    is_ready = False
    while child.poll() is None:
        wait(1.0)
        silent = reports.missing()
        if silent:
            notify(f"STATUS=silent: {', '.join(silent)}")
            continue
        notify("WATCHDOG=1\nSTATUS=all nodes report" + ("" if is_ready else "\nREADY=1"))
        is_ready = True
    return child.returncode


def main(arguments: list[str]) -> int:
    """See the module."""
    if not arguments:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    reports = Reports()
    with listening(reports) as wait:
        return check(reports, wait) if arguments == ["--check"] else guard(arguments, reports, wait)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
