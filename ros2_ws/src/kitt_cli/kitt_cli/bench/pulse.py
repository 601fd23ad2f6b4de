"""A capture device without hardware: a PulseAudio server with a null sink, whose monitor is the microphone."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError

PACKAGES = ("libportaudio2", "libasound2-plugins", "pulseaudio", "pulseaudio-utils")
_START_S = 20.0


def missing() -> str:
    """Empty when all is there that is needed; else what is not, with the command that mends it."""
    lacking = [tool for tool in ("pulseaudio", "pactl", "paplay", "parec") if not shutil.which(tool)]
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
        """Start it; returns when it answers.

        Raises:
            KittError: it does not.
        """
        self._socket.unlink(missing_ok=True)
        protocol = f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"
        # norewinds: without it the monitor gives late what was written ahead
        sink = f"module-null-sink norewinds=1 sink_name=kitt rate={self.rate} channels={self.channels} format=s16le"
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["--disable-shm=yes", "-L", protocol, "-L", sink]
        self._process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _START_S
        while self._control("info") != 0:
            if time.monotonic() > end or self._process.poll() is not None:
                self.kill()
                raise KittError("pulseaudio does not start", f"apt-get install {' '.join(PACKAGES)}")
            time.sleep(0.1)
        if self._control("set-default-sink", "kitt") or self._control("set-default-source", "kitt.monitor"):
            raise KittError("pulseaudio refuses its null sink", f"apt-get install {' '.join(PACKAGES)}")

    def kill(self) -> None:
        """As when somebody pulls the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to play a WAV into the microphone; the process ends with it."""
        return subprocess.Popen(["paplay", str(path)], env=self.environment)

    def monitor(self) -> Monitor:
        """Another listener at the same sink, with as little delay as the server gives."""
        command = ["parec", "--raw", "--format=s16le", f"--rate={self.rate}", "--channels=1", "--latency-msec=2"]
        process = subprocess.Popen(
            [*command, "--process-time-msec=1", "-d", "kitt.monitor"], env=self.environment, stdout=subprocess.PIPE
        )
        return Monitor(process, self.rate)

    def _control(self, *words: str) -> int:
        done = subprocess.run(["pactl", *words], env=self.environment, capture_output=True, check=False, timeout=10)
        return done.returncode


class Monitor:
    """Keeps what comes out of a sink, and knows by the system's clock when each sample did."""

    def __init__(self, process: subprocess.Popen[bytes], rate: int) -> None:
        self.rate = rate
        self._process = process
        self._lock = threading.Lock()
        self._bytes = bytearray()
        self._zero_s = float("inf")  # when sample 0 came out, as the most punctual read has it
        threading.Thread(target=self._watch, name="monitor", daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._process.kill()
        self._process.wait()

    @property
    def count(self) -> int:
        """Samples so far."""
        with self._lock:
            return len(self._bytes) // 2

    def samples(self, since: int = 0) -> np.ndarray[Any, Any]:
        """int16 (n,) from sample number `since` on."""
        with self._lock:
            return np.frombuffer(bytes(self._bytes[2 * since : len(self._bytes) // 2 * 2]), np.int16)

    def time_of(self, number: int) -> float:
        """When a sample came out [s], a few milliseconds late at most."""
        with self._lock:
            return self._zero_s + number / self.rate

    def _watch(self) -> None:
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 4096):
            now = time.time()
            with self._lock:
                self._bytes += data
                self._zero_s = min(self._zero_s, now - len(self._bytes) / 2 / self.rate)


def place(part: np.ndarray[Any, Any], whole: np.ndarray[Any, Any]) -> int:
    """Where in `whole` the part is most alike, by correlation."""
    size = 1 << int(np.ceil(np.log2(len(part) + len(whole))))
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    return int(np.argmax(np.fft.irfft(spectrum, size)[: len(whole)]))
