"""A thread that hears: chunks of audio in, commands with their capture times out. Knows no ROS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from kitt_voice.audio_queue import Array, Chunk, ChunkQueue, StreamClock
from kitt_voice.ducking import OwnVoice
from kitt_voice.heard import Activity, Event, Heard, Partial
from kitt_voice.level import LevelMeter
from kitt_voice.own_echo import OwnEcho

MISSING_S = 1.0
"""Without audio for so long [s], the car is deaf."""
_ACTIVITY_EVERY = 5  # chunks of 20 ms
_LOAD_OVER_S = 1.0


class Ears(Protocol):
    """What is needed of a recogniser (kitt_voice.recogniser.Recogniser)."""

    @property
    def speaking(self) -> bool: ...
    @speaking.setter
    def speaking(self, speaking: bool) -> None: ...
    def push(self, samples: Array) -> list[Event]: ...
    def reset(self) -> None: ...


@dataclass(frozen=True)
class Spoken:
    """A command or a transcript and the capture times [ns] of its words."""

    event: Heard | Partial
    begin_ns: int
    end_ns: int


@dataclass(frozen=True)
class Voice:
    """Whether somebody speaks in the audio up to `end_ns` [ns]; `level` in dBFS."""

    speech: bool
    level: float
    end_ns: int
    own_voice: bool


@dataclass(frozen=True)
class ListenerStatus:
    """How the thread fares: `load` in cores, `lag_s` from capture to done, `silent_s` since the last chunk [s].

    `failed` counts chunks that the recogniser could not take, `error` says why the last of them was not.
    """

    load: float
    lag_s: float
    gaps: int
    dropped_s: float
    silent_s: float
    failed: int
    error: str
    commands: int
    last: str

    @property
    def fault(self) -> str:
        """Why nothing is heard, with the remedy; "" when all is well."""
        if self.error:
            return self.error
        if self.silent_s > MISSING_S:
            return f"no audio for {self.silent_s:.0f} s: is the microphone node running, is a microphone there?"
        return ""


class Listener:
    """`queue.put` and `own_echo.played` from any thread; `on_spoken` and `on_voice` are called in its own."""

    def __init__(
        self,
        ears: Ears,
        now_ns: Callable[[], int],
        on_spoken: Callable[[Spoken], None],
        on_voice: Callable[[Voice], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self.queue, self.own_echo = ChunkQueue(), OwnEcho()
        self._ears, self._next = ears, ears
        self._now_ns = now_ns
        self._on_spoken, self._on_voice, self._on_error = on_spoken, on_voice, on_error
        self._clock = StreamClock()
        self._own_voice = OwnVoice()
        self._meter = LevelMeter(window_s=_ACTIVITY_EVERY * 0.02)
        self._speech = False
        self._count = 0
        self._load = self._lag_s = 0.0
        self._failed = self._commands = 0
        self._error = self._last = ""
        self._heard_s = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._heard_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop; False when the chunk at hand outlasts timeout_s [s]."""
        self.queue.close()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def replace(self, ears: Ears) -> None:
        """Go on with another recogniser from the next chunk on."""
        self._next = ears

    def speaker(self, speaking: bool, begin_s: float, end_s: float) -> None:
        """What the car's own speaker does: it plays from begin_s to end_s [s], or is silent."""
        self._own_voice.told(speaking, begin_s, end_s, self._now_ns() * 1e-9)

    @property
    def status(self) -> ListenerStatus:
        silent_s = time.monotonic() - self._heard_s
        return ListenerStatus(
            self._load, self._lag_s, self.queue.gaps, self.queue.dropped_s, silent_s, self._failed, self._error,
            self._commands, self._last,
        )  # fmt: skip

    def _run(self) -> None:
        since_s, spent_s = time.monotonic(), time.thread_time()
        while not self.queue.closed:
            chunk = self.queue.take(0.5)
            if chunk is not None:
                self._heard_s = time.monotonic()
                self._hear(chunk)
            now_s = time.monotonic()
            if now_s - since_s >= _LOAD_OVER_S:
                self._load = (time.thread_time() - spent_s) / (now_s - since_s)
                since_s, spent_s = now_s, time.thread_time()

    def _hear(self, chunk: Chunk) -> None:
        if self._next is not self._ears or chunk.gap:
            self._ears = self._next
            self._restart()
        own_voice = self._own_voice.playing_between(chunk.stamp_ns * 1e-9, chunk.end_ns * 1e-9)
        self._ears.speaking = own_voice
        self._meter.add(chunk.samples)
        try:
            samples = self.own_echo.clean(chunk)
            self._clock.note(replace(chunk, stamp_ns=chunk.stamp_ns - self.own_echo.delay_ns))
            events = self._ears.push(samples)
        except Exception as error:  # the thread must outlive whatever a chunk brings about
            self._failed, self._error = self._failed + 1, f"{type(error).__name__}: {error}"
            self._on_error(error)
            self._restart()
            return
        self._error = ""
        self._lag_s = (self._now_ns() - chunk.end_ns) * 1e-9
        heard = any(isinstance(event, Heard) for event in events)
        for event in events:
            if not (heard and isinstance(event, Partial)):  # a command is its own last transcript
                self._tell(event)
        self._count += 1
        if self._count % _ACTIVITY_EVERY == 0 or any(isinstance(event, Activity) for event in events):
            level = self._meter.read()
            self._on_voice(Voice(self._speech, level.rms_db, chunk.end_ns, own_voice))

    def _restart(self) -> None:
        self._ears.reset()
        self._clock.reset()
        self._speech = False

    def _tell(self, event: Event) -> None:
        if isinstance(event, Activity):
            self._speech = event.speech
            return
        if isinstance(event, Heard):
            self._commands += 1
            self._last = f"{event.text} ({event.command}, {event.confidence:.2f})"
        times = self._clock.capture_ns(event.begin_s), self._clock.capture_ns(event.end_s)
        self._on_spoken(Spoken(event, *times))
