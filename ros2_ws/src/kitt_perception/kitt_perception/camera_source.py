"""The camera as the car uses it: a thread reads, the newest picture wins, and a lost camera is looked for again."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_perception.sources.base import Image, Source

# A picture that cannot be decoded is skipped; so many in a row, and the source is taken for lost.
_BAD_IN_A_ROW = 30


class CameraState(enum.Enum):
    CONNECTING = "connecting"
    STREAMING = "streaming"
    LOST = "lost"
    ENDED = "ended"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Frame:
    """image: (H, W, 3) BGR, uint8, not to be written to; stamp_ns: time of the grab; sequence: from 1 on."""

    image: Image
    stamp_ns: int
    sequence: int
    grabbed_s: float  # time.monotonic() at the grab: for ages, which a jump of the clock must not change


@dataclass(frozen=True)
class CameraStatus:
    """What the camera is doing; reason and remedy are empty unless it is lost."""

    state: CameraState
    reason: str = ""
    remedy: str = ""
    frames: int = 0
    undecodable: int = 0
    losses: int = 0


class CameraSource:
    """Reads a source in a thread of its own. A context manager; `start` and `stop` may alternate.

    clock: gives the time for stamps [ns]; a node passes ROS time.
    on_frame: called in the reader thread for every picture; it must return soon.
    """

    def __init__(
        self,
        source: Source,
        clock: Callable[[], int] = time.time_ns,
        on_frame: Callable[[Frame], None] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._on_frame = on_frame
        self._backoff = backoff or Backoff()
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._frame: Frame | None = None
        self._frames = self._undecodable = self._losses = 0
        self._state, self._fault = CameraState.STOPPED, KittError("")

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def status(self) -> CameraStatus:
        with self._news:
            return CameraStatus(
                self._state, self._fault.message, self._fault.remedy, self._frames, self._undecodable, self._losses
            )

    def start(self) -> None:
        """Begin to read. Returns at once; see `status`. Raises KittError while an earlier thread hangs in a driver."""
        if self._thread is not None:
            if not self._stop.is_set():
                return
            if self._thread.is_alive():
                raise KittError(f"{self.name} is stuck in its driver", "unplug the camera, or end this process")
        self._stop.clear()
        self._set(CameraState.CONNECTING)
        self._thread = threading.Thread(target=self._read_until_stopped, name="camera", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread and let go of the device. A source stuck in its driver is left behind after timeout_s [s]."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._set(CameraState.STOPPED)
        with self._news:
            self._frame = None

    def __enter__(self) -> CameraSource:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read_latest(self, max_age_s: float) -> Frame:
        """The newest picture, at most max_age_s [s] old. Raises KittError otherwise: an old one is no picture."""
        with self._news:
            frame = self._frame
            state, fault = self._state, self._fault
        if state is CameraState.LOST:
            raise fault
        if frame is None:
            raise KittError(f"{self.name} has given no picture yet ({state.value})", "wait, or see its diagnostics")
        age_s = time.monotonic() - frame.grabbed_s
        if age_s > max_age_s:
            raise KittError(
                f"{self.name}: the newest picture is {age_s:.2f} s old, permitted: {max_age_s:.2f} s ({state.value})",
                "see that the camera still delivers and the machine is not overloaded",
            )
        return frame

    def wait_newer(self, sequence: int, timeout_s: float) -> Frame | None:
        """The newest picture once its sequence is above `sequence`; None after timeout_s [s]."""
        with self._news:
            self._news.wait_for(lambda: self._frame is not None and self._frame.sequence > sequence, timeout_s)
            return self._frame if self._frame is not None and self._frame.sequence > sequence else None

    def _set(self, state: CameraState, fault: KittError | None = None) -> None:
        with self._news:
            self._losses += state is CameraState.LOST and self._state is CameraState.STREAMING
            self._state, self._fault = state, fault or KittError("")
            self._news.notify_all()

    def _read_until_stopped(self) -> None:
        stop, failures = self._stop, 0
        while not stop.is_set():
            before = self._frames
            try:
                self._source.open()
                self._read(stop)
                if not stop.is_set():
                    self._set(CameraState.ENDED)
                return
            except KittError as fault:
                self._set(CameraState.LOST, fault)
            except Exception as error:
                # A driver's surprise must not end the car's sight for good: it is reported, and tried again.
                self._set(CameraState.LOST, KittError(f"{self.name}: {type(error).__name__}: {error}", "see the log"))
            finally:
                self._source.close()
            failures = 0 if self._frames > before else failures + 1
            stop.wait(self._backoff.after(failures))

    def _read(self, stop: threading.Event) -> None:
        due_s, bad = time.monotonic(), 0
        while not stop.is_set():
            if not self._source.grab():
                return
            stamp_ns, grabbed_s = self._clock(), time.monotonic()
            image = self._source.retrieve()
            if image is None:
                self._undecodable, bad = self._undecodable + 1, bad + 1
                if bad >= _BAD_IN_A_ROW:
                    raise KittError(f"{self.name}: {bad} pictures in a row cannot be decoded", "check what it sends")
            else:
                bad = 0
                image.flags.writeable = False
                self._give(Frame(image, stamp_ns, self._frames + 1, grabbed_s))
            if self._source.period_s is not None:
                # After a long pause (a debugger, a suspended machine) go on from now instead of catching up.
                now_s = time.monotonic()
                due_s = max(due_s + self._source.period_s, now_s - self._source.period_s)
                stop.wait(max(0.0, due_s - now_s))

    def _give(self, frame: Frame) -> None:
        with self._news:
            self._frame, self._frames = frame, frame.sequence
            self._state, self._fault = CameraState.STREAMING, KittError("")
            self._news.notify_all()
        if self._on_frame is not None:
            self._on_frame(frame)
