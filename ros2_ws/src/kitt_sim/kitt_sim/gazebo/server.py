"""gzserver and its display as one process that dies with us, whatever ends us."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_sim.gazebo import enter, tree

WORLD = "/world"
"""Where Gazebo sees the world's folder."""
_BLIND = "Rendering will be disabled"
_SOCKETS = Path("/tmp/.X11-unix")
# the display's number is that of the port, which nobody else has; the socket is seen by Gazebo alone
_SCRIPT = """Xvfb :{display} -screen 0 640x480x24 -nolisten tcp >/log/xvfb.log 2>&1 &
n=0; until [ -e /tmp/.X11-unix/X{display} ]; do n=$((n+1)); [ $n -gt 200 ] && echo "Xvfb did not start" && cat /log/xvfb.log; [ $n -gt 200 ] && exit 3; sleep 0.05; done
{window}exec gzserver --verbose {options} {world}/{file}
"""  # noqa: E501


def free_port() -> int:
    """A TCP port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _at_home(port: int) -> bool:
    """Whether somebody listens on a TCP port of ours and has a guest (proc(5), /proc/net/tcp: states 0A, 01)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {"0A", "01"} <= {row[3] for row in rows if row[1].endswith(f":{port:04X}")}


def _variables(root: Path, port: int) -> dict[str, str]:
    def found(pattern: str) -> str:
        return ":".join(f"/{path.relative_to(root)}" for path in sorted(root.glob(pattern)))

    plugins, libraries = found("usr/lib/*/gazebo-11/plugins"), found("usr/lib/*/blas") + ":" + found("usr/lib/*/lapack")
    return {
        "LIBGL_ALWAYS_SOFTWARE": "1", "GAZEBO_MASTER_URI": f"http://127.0.0.1:{port}", "GAZEBO_IP": "127.0.0.1",
        # its second transport finds others by multicast: two Gazebos on a machine are to know nothing of each other
        "IGN_PARTITION": f"kitt{port}", "IGN_IP": "127.0.0.1",
        "GAZEBO_MODEL_DATABASE_URI": "", "GAZEBO_RESOURCE_PATH": "/usr/share/gazebo-11",
        "GAZEBO_MODEL_PATH": "/usr/share/gazebo-11/models", "GAZEBO_PLUGIN_PATH": plugins,
        "OGRE_RESOURCE_PATH": found("usr/lib/*/OGRE-1.9.0"), "LD_LIBRARY_PATH": f"{plugins}:{libraries}",
        # llvmpipe would take every core for its triangles, and leave none to those who look at them
        "LP_NUM_THREADS": os.environ.get("LP_NUM_THREADS", "1"), "ALSOFT_DRIVERS": "null",
    }  # fmt: skip


class Server:
    """A running gzserver. Its end, ours, or the end of the thread that made it ends all its processes."""

    def __init__(self, world: Path, *, paused: bool = False, lockstep: bool = False, window: bool = False,
                 log: Path | None = None, seed: int = 0, timeout: float = 60.0) -> None:  # fmt: skip
        """Start on the folder `world` as `files.prepare` makes it, and wait until it answers.

        Args:
            paused: begin with simulated time standing.
            lockstep: simulated time waits for the sensors.
            window: also show Gazebo's window, where there is a display.
            log: the file for Gazebo's output; a temporary one where it is not given.
            seed: of the sensors' noise.

        Raises:
            KittError: Gazebo is not set up, cannot draw, or does not come up; its last words are in the message.
        """
        root = tree.require()
        enter.check()
        self._scratch = tempfile.TemporaryDirectory(prefix="kitt-gazebo-")
        self.log = log or Path(self._scratch.name) / "gazebo.log"
        self.port = free_port()
        options = " ".join(["-u"] * paused + ["--lockstep"] * lockstep + [f"--seed {seed}"])
        binds = {world: WORLD, Path(self._scratch.name): "/log"}
        show = ""
        display = os.environ.get("DISPLAY", "")
        if window and display:
            key = Path(os.environ.get("XAUTHORITY") or Path.home() / ".Xauthority")
            if key.is_file():
                shutil.copyfile(key, Path(self._scratch.name) / "key")
            client = f"DISPLAY={display} XAUTHORITY=/log/key exec gzclient --verbose"
            show = f"(sleep 2; {client}) >/log/gzclient.log 2>&1 &\n"
            if _SOCKETS.is_dir():
                binds[_SOCKETS] = str(_SOCKETS)
        script = _SCRIPT.format(display=self.port, options=options, world=WORLD, file="world.sdf", window=show)
        variables = _variables(root, self.port) | {"DISPLAY": f":{self.port}"}
        command = enter.command(root, ["/bin/sh", "-c", script], variables, binds)
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with self.log.open("wb") as sink:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
            )  # fmt: skip
        try:
            self._wait(timeout)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Of the process at the root of all that was started."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether Gazebo still runs."""
        return self._process.poll() is None

    def last_words(self, count: int = 3) -> str:
        """The last lines of Gazebo's output that say something."""
        try:
            lines = self.log.read_text(errors="replace").replace("\x1b", "").splitlines()
        except OSError:
            return "no word"
        told = [line.strip() for line in lines if line.strip() and "ALSA" not in line]
        return " / ".join(told[-count:]) or "no word"

    def check(self) -> None:
        """Whether all is well.

        Raises:
            KittError: Gazebo has ended, or draws nothing.
        """
        if not self.alive:
            raise KittError(f"gzserver has ended ({self._process.poll()}): {self.last_words()}", f"see {self.log}")
        if _BLIND in self.log.read_text(errors="replace"):
            raise KittError("Gazebo runs without a display: its cameras see nothing", "./kitt doctor")

    def _wait(self, timeout: float) -> None:
        """Until the master listens and has its first guest, Gazebo itself. Its output is no sign, for Gazebo holds it
        back; nor may one knock and go away, for the master then loses connections of others, too."""
        deadline = time.monotonic() + timeout
        while not _at_home(self.port):
            self.check()
            if time.monotonic() > deadline:
                what = f"gzserver did not come up within {timeout:.0f} s: {self.last_words()}"
                raise KittError(what, "is the machine busy?")
            time.sleep(0.05)

    def close(self) -> None:
        """End Gazebo and all that belongs to it."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10.0)
        self._scratch.cleanup()
        with contextlib.suppress(OSError):  # with a window its display's socket stood among the machine's own
            (_SOCKETS / f"X{self.port}").unlink(missing_ok=True)
