"""Runs a description: starts its processes, prefixes their output, respawns them, ends them all at the end.

No process is left behind: at the end each gets SIGINT, after 5 s SIGTERM, after 5 more SIGKILL, and what remains of its
process group SIGKILL with it; where the runner itself is killed the kernel kills them (see `child`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from .log import LaunchLog
from .model import Description, Process
from .running import Running

_TICK = 0.05  # s; how soon a process's end is seen
_ESCALATION = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_AT_REQUEST = (0, -signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGTERM)

Line = Callable[[str], None]


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class LaunchSession:
    """A running launch file.

    Args:
        description: what to start.
        on_line: gets each line for the screen, prefixed `[label] `; None prints it. Called from the session's thread.
        patience: seconds from SIGINT to SIGTERM and from SIGTERM to SIGKILL.
    """

    def __init__(self, description: Description, on_line: Line | None = _print, patience: float = 5.0) -> None:
        self.description = description
        self.patience = patience
        self.log = LaunchLog()
        self._on_line = on_line or (lambda _line: None)
        self._running = [Running(process, self._output) for process in description.processes]
        self._stop_requests = 0
        self._failed = False
        self._killed = False
        self._woken, self._waker = socket.socketpair()
        self._started = threading.Event()
        # Children die with the thread that started them (PR_SET_PDEATHSIG), so one thread starts all and stays till
        # the last has ended.
        self._thread = threading.Thread(target=self._supervise, name="launch", daemon=True)

    def start(self) -> None:
        """Start all processes; returns when each has been started."""
        self._thread.start()
        self._started.wait()

    def stop(self, timeout: float | None = None) -> int | None:
        """End everything and wait for it. A call while it ends already takes the next, harder signal at once."""
        self.request_stop()
        return self.wait(timeout)

    def request_stop(self) -> None:
        """As `stop` without waiting; may be called in a signal handler."""
        self._stop_requests += 1
        with contextlib.suppress(OSError):
            self._waker.send(b"s")

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end; the exit status, or None where it still runs after `timeout` seconds.

        0: all processes ended with 0, or on our request; 1: one failed, or had to be killed.
        """
        self._thread.join(timeout)
        return None if self._thread.is_alive() else int(self._failed or self._killed)

    @property
    def alive(self) -> bool:
        """True until the last process has ended for good."""
        return self._thread.is_alive()

    @property
    def processes(self) -> dict[str, int]:
        """Name to pid of those that run at this moment."""
        return {one.process.name: pid for one in self._running if (pid := one.pid) is not None}

    @property
    def respawns(self) -> dict[str, int]:
        """Name to the number of times that it was started again."""
        return {one.process.name: one.respawns for one in self._running}

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a process by its name; returns its pid.

        Raises:
            KeyError: none of that name runs.
        """
        pid = self.processes[name]
        os.kill(pid, number)
        return pid

    def _say(self, source: str, text: str) -> None:
        line = f"[{source}] {text}"
        self.log.write(line)
        self._on_line(line)

    def _output(self, process: Process, line: str, is_error: bool) -> None:
        text = f"[{process.label}] {line}"
        self.log.write(text)
        shown = process.output in ("screen", "both", "full") or (is_error and process.output == "log")
        if shown or not self.log.available:
            self._on_line(text)

    def _supervise(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._woken, selectors.EVENT_READ, None)
        try:
            for one in self._running:
                self._start(one, selector)
            self._started.set()
            escalated, deadline = 0, 0.0
            while any(one.pid is not None or one.due is not None for one in self._running):
                for key, _events in selector.select(_TICK):
                    if key.data is None:
                        self._woken.recv(64)
                    elif not key.data.read(key.fd):
                        selector.unregister(key.fd)
                self._look_after(selector)
                now = time.monotonic()
                if self._stop_requests and escalated < len(_ESCALATION):
                    wanted = min(self._stop_requests, len(_ESCALATION))
                    if escalated < wanted or (now >= deadline and any(one.pid for one in self._running)):
                        escalated, deadline = escalated + 1, now + self.patience
                        self._stop_requests = max(self._stop_requests, escalated)
                        self._signal_all(_ESCALATION[escalated - 1])
        finally:
            for one in self._running:  # whatever went wrong above, nobody is left behind
                one.signal(signal.SIGKILL)
            self._started.set()
            selector.close()
            self.log.close()

    def _start(self, one: Running, selector: selectors.BaseSelector) -> None:
        try:
            one.start()
        except OSError as error:
            self._failed = True
            self._say(one.process.label, f"cannot be started: {error}")
            return
        for pipe in one.pipes():
            selector.register(pipe, selectors.EVENT_READ, one)
        self._say("launch", f"[{one.process.label}] started with pid {one.pid}")

    def _look_after(self, selector: selectors.BaseSelector) -> None:
        """Note who has ended, start again those whose time has come."""
        for one in self._running:
            pipes, pid = one.pipes(), one.pid
            if one.reap():
                for pipe in pipes:
                    with contextlib.suppress(KeyError, ValueError):
                        selector.unregister(pipe)
                self._ended(one, pid)
            if one.due is not None and self._stop_requests:
                one.due = None
            if one.due is not None and time.monotonic() >= one.due:
                self._start(one, selector)

    def _ended(self, one: Running, pid: int | None) -> None:
        code = one.returncode or 0
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        again = ""
        if self._stop_requests:
            self._failed = self._failed or (code not in _AT_REQUEST and code != -signal.SIGKILL)
        elif one.process.respawn:
            again = f"; starts again in {one.plan_respawn():g} s"
        else:
            self._failed = self._failed or code != 0
        self._say("launch", f"[{one.process.label}] pid {pid} {how}{again}")

    def _signal_all(self, number: signal.Signals) -> None:
        for one in self._running:
            if one.pid is not None:
                self._killed = self._killed or number == signal.SIGKILL
                self._say("launch", f"[{one.process.label}] gets {number.name}")
                one.signal(number)


def run(description: Description, on_line: Line | None = _print, patience: float = 5.0) -> int:
    """Run a description in the foreground until it ends or SIGINT or SIGTERM comes; the exit status.

    A second Ctrl-C goes on to SIGTERM at once, a third to SIGKILL.
    """
    session = LaunchSession(description, on_line, patience)

    def stop(_number: int, _frame: object) -> None:
        session.request_stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        session.start()
        while (status := session.wait(0.5)) is None:
            pass
        return status
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
