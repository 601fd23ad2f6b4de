"""An engine that is built while something else serves."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kitt_inference.engines import worker


@dataclass(frozen=True)
class BuildState:
    """running: a build is under way; part: how far (0 to 1); message: what is done, or how it ended."""

    running: bool = False
    part: float = 0.0
    message: str = ""


class BackgroundBuild:
    """One build at a time, in a process of its own. `state` may be read from any thread."""

    def __init__(self, done: Callable[[str], None], command: Sequence[str] = ()) -> None:
        """done("") is called in the build's thread when the engine is there, done(why not) when it failed.

        command: instead of this package's worker, for tests; model and precision are appended.
        """
        self._done = done
        self._command = list(command) or [sys.executable, "-m", worker.__name__]
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.state = BuildState()

    def start(self, model: str, precision: str) -> None:
        """Begin, unless a build is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopped = False
        self.state = BuildState(True, 0.0, f"building the {precision} engine of {model}")
        self._thread = threading.Thread(target=self._run, args=(model, precision), name="engine build", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End a build that is under way; what it has not stored is lost."""
        self._stopped = True
        process, thread = self._process, self._thread
        if process is not None and process.poll() is None:
            process.terminate()
        if thread is not None:
            thread.join(5.0)

    def _run(self, model: str, precision: str) -> None:
        error = f"the engine builder ended without a word; see `kitt engine build {model} --precision {precision}`"
        try:
            command = [*self._command, model, precision]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except OSError as fault:
            error = f"the engine builder cannot be started ({fault.strerror})"
        else:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                error = self._take(line, precision, error)
            self._process.wait()
        if self._stopped:
            error = "the build was stopped"
        self.state = BuildState(False, 0.0 if error else 1.0, error)
        if not self._stopped:
            self._done(error)

    def _take(self, line: str, precision: str, error: str) -> str:
        """Note one line of the worker; the error that stands after it."""
        with contextlib.suppress(ValueError, TypeError):  # a library may print to standard output too
            said = json.loads(line)
            if "done" in said:
                return ""
            if "error" in said:
                return str(said["error"])
            self.state = BuildState(True, float(said["part"]), f"{precision} engine: {said['what']}")
        return error
