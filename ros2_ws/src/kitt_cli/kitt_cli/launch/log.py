"""The log file of one launch, where ROS keeps its logs: $ROS_LOG_DIR, else $ROS_HOME/log, else ~/.ros/log."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TextIO


class LaunchLog:
    """Writes lines to `kitt-launch-<time>-<pid>.log`; where that cannot be, `available` is False and nothing fails."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self._file: TextIO | None = None
        home = os.environ.get("ROS_HOME") or "~/.ros"
        folder = Path(os.environ.get("ROS_LOG_DIR") or f"{home}/log").expanduser()
        with contextlib.suppress(OSError, RuntimeError):
            folder.mkdir(parents=True, exist_ok=True)
            self.path = folder / f"kitt-launch-{time.strftime('%Y-%m-%d-%H-%M-%S')}-{os.getpid()}.log"
            self._file = self.path.open("a", encoding="utf-8", errors="replace")

    @property
    def available(self) -> bool:
        """True while lines can be written."""
        return self._file is not None

    def write(self, line: str) -> None:
        """Append a line with the time; a full disk ends the log, not the launch."""
        if self._file is None:
            return
        try:
            self._file.write(f"{time.time():.6f} {line}\n")
            self._file.flush()
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None
