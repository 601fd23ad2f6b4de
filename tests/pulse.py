"""A capture device without hardware: a PulseAudio server with a null sink, whose monitor is the microphone."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

PACKAGES = ("libportaudio2", "libasound2-plugins", "pulseaudio", "pulseaudio-utils")


def missing() -> str:
    """Empty when all is there that a test needs; else a reason for a skip, with the command that mends it."""
    lacking = [tool for tool in ("pulseaudio", "pactl", "paplay", "pacat") if not shutil.which(tool)]
    plugins = any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    if lacking or not plugins:
        return f"{', '.join(lacking) or 'the ALSA plugin'} missing: apt-get install {' '.join(PACKAGES)}"
    return ""


class PulseServer:
    """A server in a runtime folder of its own; `environment` is what its clients need."""

    def __init__(self, folder: Path, rate: int = 16000, channels: int = 1) -> None:
        self.rate, self.channels = rate, channels
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = folder / "native"
        folder.chmod(0o700)
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "HOME": str(folder),
            "PULSE_SERVER": f"unix:{self._socket}",
        }

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._socket.unlink(missing_ok=True)
        protocol = f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"
        # norewinds: without it the monitor gives late what was written ahead
        sink = f"module-null-sink norewinds=1 sink_name=kitt rate={self.rate} channels={self.channels} format=s16le"
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["--disable-shm=yes", "-L", protocol, "-L", sink]
        self._process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while self._control("info") != 0:
            assert time.monotonic() < end and self._process.poll() is None, "pulseaudio does not start"
            time.sleep(0.1)
        assert self._control("set-default-sink", "kitt") == 0
        assert self._control("set-default-source", "kitt.monitor") == 0

    def kill(self) -> None:
        """As when somebody pulls the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to play a WAV into the microphone; the process ends with it."""
        return subprocess.Popen(["paplay", str(path)], env=self.environment)

    def observer(self) -> Observer:
        """Another listener at the same sink, with as little delay as the server gives."""
        command = ["parec", "--raw", "--format=s16le", f"--rate={self.rate}", "--channels=1", "--latency-msec=2"]
        process = subprocess.Popen(
            [*command, "--process-time-msec=1", "-d", "kitt.monitor"], env=self.environment, stdout=subprocess.PIPE
        )
        return Observer(process)

    def _control(self, *words: str) -> int:
        done = subprocess.run(["pactl", *words], env=self.environment, capture_output=True, check=False, timeout=10)
        return done.returncode


class Observer:
    """Notes when loud samples come out of a sink, by the clock of the system."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.clicks_s: list[float] = []
        self._process = process
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _watch(self) -> None:
        assert self._process.stdout is not None
        quiet = True
        while data := os.read(self._process.stdout.fileno(), 4096):
            loud = bool(np.abs(np.frombuffer(data[: len(data) // 2 * 2], np.int16).astype(int)).max(initial=0) > 5000)
            if loud and quiet:
                self.clicks_s.append(time.time())
            quiet = not loud
