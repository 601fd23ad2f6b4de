"""The microphone as the car uses it: a thread reads, chunks of 20 ms go out, a lost device is looked for again."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_voice.clock import clocks_apart
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.level import Level, LevelMeter
from kitt_voice.resample import to_int16
from kitt_voice.sources.base import Array, Block, SoundSource

CHUNK = 320  # [samples], 20 ms


class MicrophoneState(enum.Enum):
    CONNECTING = "connecting"
    LISTENING = "listening"
    LOST = "lost"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Chunk:
    """samples: (320,) int16 mono at 16 kHz; stamp_ns: capture of the first; after_loss: samples are missing before."""

    samples: Array
    stamp_ns: int
    after_loss: bool = False


@dataclass(frozen=True)
class MicrophoneStatus:
    """What it is doing; reason and remedy are empty unless it is lost."""

    state: MicrophoneState
    reason: str = ""
    remedy: str = ""
    chunks: int = 0
    losses: int = 0
    level: Level = field(default_factory=Level)


class Microphone:
    """Reads a source in a thread of its own. `start` and `stop` may alternate.

    clock: gives the time for stamps [ns]; a node passes ROS time. It may jump: stamps follow it at once.
    on_chunk: called in the reader's thread for every chunk; it must return soon.
    gain_db: applied to every sample; may be set while it runs.
    """

    def __init__(
        self,
        source: SoundSource,
        on_chunk: Callable[[Chunk], None],
        clock: Callable[[], int] = time.time_ns,
        gain_db: float = 0.0,
        backoff: Backoff | None = None,
    ) -> None:
        self.source = source
        self.gain_db = gain_db
        self._on_chunk = on_chunk
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._meter = LevelMeter()
        self._rest: Array = np.zeros(0, dtype=np.int16)
        self._chunks = self._losses = self._overruns = 0
        self._state, self._fault = MicrophoneState.STOPPED, KittError("")

    @property
    def status(self) -> MicrophoneStatus:
        with self._lock:
            fault = self._fault
            return MicrophoneStatus(
                self._state, fault.message, fault.remedy, self._chunks, self._losses, self._meter.read()
            )

    def start(self) -> None:
        """Begin to listen. Returns at once; see `status`. Raises KittError while an old thread hangs in a driver."""
        if self._thread is not None and self._thread.is_alive():
            if not self._stop.is_set():
                return
            raise KittError(f"{self.source.name} is stuck in its driver", "unplug it, or end this process")
        self._stop = threading.Event()
        self._set(MicrophoneState.CONNECTING)
        self._thread = threading.Thread(target=self._read_until_stopped, name="microphone", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End the thread and let go of the device; one stuck in its driver is left behind after timeout_s [s]."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._set(MicrophoneState.STOPPED)

    def _set(self, state: MicrophoneState, fault: KittError | None = None) -> None:
        with self._lock:
            self._losses += state is MicrophoneState.LOST and self._state is MicrophoneState.LISTENING
            self._state, self._fault = state, fault or KittError("")

    def _read_until_stopped(self) -> None:
        stop, failures = self._stop, 0
        while not stop.is_set():
            before = self._chunks
            try:
                self.source.open()
                self._rest = np.zeros(0, dtype=np.int16)
                while not stop.is_set():
                    block = self.source.read()
                    if block is None:
                        self._set(MicrophoneState.ENDED)
                        return
                    self._take(block)
                return
            except KittError as fault:
                self._set(MicrophoneState.LOST, fault)
            except Exception as error:
                # A driver's surprise must not end the car's hearing for good: it is reported, and tried again.
                words = f"{self.source.name}: {type(error).__name__}: {error}"
                self._set(MicrophoneState.LOST, KittError(words, "see the log"))
            finally:
                self.source.close()
            failures = 0 if self._chunks > before else failures + 1
            stop.wait(self._backoff.after(failures))

    def _take(self, block: Block) -> None:
        samples = block.samples
        if self.gain_db:
            samples = to_int16(samples.astype(np.float32) * np.float32(10.0 ** (self.gain_db / 20.0) / 32768.0))
        with self._lock:
            self._meter.add(samples, block.clipped)
            self._state, self._fault = MicrophoneState.LISTENING, KittError("")
        first_s = block.captured_s - len(self._rest) / SAMPLE_RATE
        samples = np.concatenate((self._rest, samples))
        count = len(samples) // CHUNK
        self._rest = samples[count * CHUNK :]
        if not count:
            return
        steady_to_clock = clocks_apart(self._clock)
        lost, self._overruns = self.source.overruns > self._overruns, self.source.overruns
        for i in range(count):
            self._chunks += 1
            stamp_ns = int((first_s + i * CHUNK / SAMPLE_RATE) * 1e9) + steady_to_clock
            self._on_chunk(Chunk(samples[i * CHUNK : (i + 1) * CHUNK], stamp_ns, lost and i == 0))
