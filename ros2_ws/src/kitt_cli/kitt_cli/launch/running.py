"""One started process: its pid, its output line by line, its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .model import Process

_QUICK_DEATH = 3.0  # s; a process that fails sooner probably fails again
_QUICK_DEATHS_ALLOWED = 3
_LONGEST_DELAY = 10.0  # s
_LONGEST_LINE = 1 << 16  # bytes; a program that never ends its line shall not fill the memory

Output = Callable[[Process, str, bool], None]  # process, line, from standard error?


class Running:
    """Starts one `Process`, again and again where it is to respawn. Used by one thread only."""

    def __init__(self, process: Process, output: Output) -> None:
        self.process = process
        self.respawns = 0
        self.returncode: int | None = None
        self.due: float | None = None  # monotonic time of the next start
        self._output = output
        self._popen: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._quick_deaths = 0
        self._buffers: dict[int, bytes] = {}

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""
        return self._popen.pid if self._popen is not None else None

    def start(self) -> None:
        """Start it, in a session (and so a process group) of its own: a terminal's Ctrl-C reaches only the runner."""
        environment = {"PYTHONUNBUFFERED": "1", **os.environ}
        for name, value in self.process.environment.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        helper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py")), str(os.getpid())]
        self.due, self.returncode = None, None
        self._started = time.monotonic()
        self._popen = subprocess.Popen(
            [*helper, *self.process.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=self.process.cwd,
            start_new_session=True,
        )
        for pipe in self.pipes():
            os.set_blocking(pipe, False)
            self._buffers[pipe] = b""

    def pipes(self) -> list[int]:
        """The file descriptors of its output, standard output first, while it runs."""
        popen = self._popen
        if popen is None or popen.stdout is None or popen.stderr is None or popen.stdout.closed:
            return []
        return [popen.stdout.fileno(), popen.stderr.fileno()]

    def read(self, pipe: int) -> bool:
        """Pass on the lines that have come; False where no more will come."""
        try:
            data = os.read(pipe, _LONGEST_LINE)
        except BlockingIOError:
            return True
        is_error = pipe == self.pipes()[1]
        *lines, rest = (self._buffers[pipe] + data).split(b"\n")
        if rest and (not data or len(rest) >= _LONGEST_LINE):
            lines.append(rest)
            rest = b""
        self._buffers[pipe] = rest
        for line in lines:
            self._output(self.process, line.decode(errors="replace"), is_error)
        return bool(data)

    def signal(self, number: int) -> None:
        """Send a signal to its process group."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def reap(self) -> bool:
        """True once, when it has ended: `returncode` is set, what was left of its group is gone, its output read."""
        popen = self._popen
        if popen is None or os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self.signal(signal.SIGKILL)  # before its pid is given back, so that the group can be no other's
        self.returncode = popen.wait()
        for pipe in self.pipes():
            while select.select([pipe], [], [], 0)[0] and self.read(pipe):
                pass
            if rest := self._buffers.pop(pipe):  # a last line without its end
                self._output(self.process, rest.decode(errors="replace"), pipe == self.pipes()[1])
        for stream in (popen.stdout, popen.stderr):
            if stream is not None:
                stream.close()
        self._popen = None
        return True

    def plan_respawn(self) -> float:
        """Set `due`, return the delay in seconds: the file's, doubled for a program that fails as soon as it starts."""
        failed_at_once = (self.returncode or 0) > 0 and time.monotonic() - self._started < _QUICK_DEATH
        self._quick_deaths = self._quick_deaths + 1 if failed_at_once else 0
        delay = self.process.respawn_delay
        if self._quick_deaths > _QUICK_DEATHS_ALLOWED:
            delay = min(max(delay, 0.5) * 2 ** (self._quick_deaths - _QUICK_DEATHS_ALLOWED), _LONGEST_DELAY)
        self.due = time.monotonic() + delay
        self.respawns += 1
        return delay
