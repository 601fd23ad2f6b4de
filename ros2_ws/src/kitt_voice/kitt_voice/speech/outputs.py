"""Where the voice goes: a device through PortAudio, a WAV file, or nowhere."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.devices import LOUDSPEAKER, SoundDevice, choose, let_go, library, listed, look_again, words_of
from kitt_voice.resample import Resampler
from kitt_voice.speech.base import RATE
from kitt_voice.speech.buffer import PlaybackBuffer

NONE = "none"
_FRAME = RATE // 50
_SILENT_S = 0.5  # a device that asked for nothing for so long has vanished, whatever its driver says
_LATENCY_S = 0.06  # synthesis may hold the callback up for so long, and nothing is heard of it
_OPEN_REMEDY = "end what else uses it, or give another device"


class Output(ABC):
    """Pulls from a buffer, in a thread of its own, while it is open."""

    name: str
    audible = False  # whether a microphone may hear it

    def __init__(self, buffer: PlaybackBuffer) -> None:
        self.buffer = buffer

    @abstractmethod
    def open(self) -> None:
        """Begin. Raises KittError."""

    @abstractmethod
    def check(self) -> None:
        """Raises KittError when it has vanished."""

    @abstractmethod
    def close(self) -> None:
        """End, at once; never raises."""


def parse_output(wanted: str, buffer: PlaybackBuffer) -> Output:
    """The output that a text means: a file ending in .wav, none, else a device (see `kitt_voice.devices.choose`).

    Raises:
        KittError: the file's folder is missing.
    """
    if wanted == NONE:
        return Paced(buffer)
    if wanted.lower().endswith(".wav"):
        return WavFile(buffer, Path(wanted))
    return Device(buffer, wanted)


class Paced(Output):
    """Plays to nobody, in real time: the state is told, nothing is heard."""

    name = "no loudspeaker"

    def open(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)
        self._thread.start()

    def check(self) -> None:
        pass

    def close(self) -> None:
        if hasattr(self, "_stop"):
            self._stop.set()
            self._thread.join(1.0)

    def take(self, samples: np.ndarray[Any, Any]) -> None:
        """A frame of 20 ms has left."""

    def _run(self) -> None:
        next_s = time.monotonic()
        while not self._stop.is_set():
            speaks = self.buffer.waiting > 0
            frame = self.buffer.pull(_FRAME, next_s)
            if speaks:
                self.take(frame)
            next_s = max(next_s + _FRAME / RATE, time.monotonic() - 0.2)
            self._stop.wait(max(0.0, next_s - time.monotonic()))


class WavFile(Paced):
    """A WAV file, 16 bit mono: what was said, without the silence between; written in real time."""

    def __init__(self, buffer: PlaybackBuffer, path: Path) -> None:
        """Raises KittError when there is no such folder."""
        super().__init__(buffer)
        self.name, self._path = str(path), path
        if not path.parent.is_dir():
            raise KittError(f"there is no folder {path.parent} to write {path.name} into", "make it, or name another")

    def open(self) -> None:
        import soundfile

        try:
            self._file: Any = soundfile.SoundFile(str(self._path), "w", RATE, 1, "PCM_16")
        except soundfile.LibsndfileError as error:
            raise KittError(f"{self._path} cannot be written ({error})", "name another file") from error
        super().open()

    def take(self, samples: np.ndarray[Any, Any]) -> None:
        self._file.write(samples)

    def close(self) -> None:
        super().close()
        if hasattr(self, "_file"):
            self._file.close()


class Device(Output):
    """A loudspeaker. The callback only pulls, and writes out at the device's rate and number of channels."""

    audible = True

    def __init__(self, buffer: PlaybackBuffer, wanted: str) -> None:
        super().__init__(buffer)
        self.name = f"loudspeaker {wanted or 'default'}"
        self._wanted = wanted
        self._stream: Any = None
        self._tried = False

    def open(self) -> None:
        sd = library("the loudspeaker")
        try:
            if self._tried:
                look_again(sd)
            self._tried = True
            device = choose(self._wanted, output_devices(), int(sd.default.device[1]), LOUDSPEAKER)
            self.name = f"loudspeaker {device.name}"
            rate, channels = self._settings(sd, device)
            resampler = Resampler(RATE, rate)
            spare: list[np.ndarray[Any, Any]] = [np.zeros(0, np.float32)]
            self._called_s = time.monotonic()

            def fill(out: Any, frames: int, times: Any, _status: Any) -> None:
                self._called_s = now_s = time.monotonic()
                leaves_s = now_s + max(0.0, times.outputBufferDacTime - times.currentTime)
                while len(spare[0]) < frames:
                    early_s = len(spare[0]) / rate
                    pulled = self.buffer.pull(-(-(frames - len(spare[0])) * RATE // rate), leaves_s + early_s)
                    spare[0] = np.concatenate((spare[0], resampler.push(pulled)))
                out[:] = spare[0][:frames, np.newaxis]
                spare[0] = spare[0][frames:]

            self._stream = sd.OutputStream(
                device=device.index, samplerate=rate, channels=channels, dtype="float32", latency=_LATENCY_S,
                blocksize=rate // 100, callback=fill,
            )  # fmt: skip
            self._stream.start()
        except sd.PortAudioError as error:
            raise KittError(f"{self.name} cannot be opened ({words_of(error)})", _OPEN_REMEDY) from error

    def check(self) -> None:
        silent_s = time.monotonic() - self._called_s
        if silent_s > _SILENT_S or self._stream is None or not self._stream.active:
            raise KittError(
                f"{self.name} has vanished: it took nothing for {silent_s:.1f} s",
                "plug it in again, or start the sound server; it is looked for",
            )

    def close(self) -> None:
        stream, self._stream = self._stream, None
        let_go(stream)

    def _settings(self, sd: Any, device: SoundDevice) -> tuple[int, int]:
        """The first rate and number of channels that the device takes."""
        problem = ""
        for rate in dict.fromkeys((RATE, device.rate, 48000, 44100, 16000)):
            for channels in dict.fromkeys((1, 2, device.channels)):
                try:
                    sd.check_output_settings(device.index, channels, "float32", None, rate)
                    return rate, channels
                except (sd.PortAudioError, ValueError) as error:
                    problem = problem or words_of(error)
        raise KittError(f"{self.name} cannot play as asked ({problem})", _OPEN_REMEDY)


def output_devices() -> list[SoundDevice]:
    """The devices that play sound. Raises KittError when PortAudio is missing."""
    return listed("output", "the loudspeaker")
