"""The speaker as the car uses it: texts in, sound out, and what is being said at every moment. Knows no ROS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_voice.speech.base import RATE, Samples
from kitt_voice.speech.buffer import PlaybackBuffer
from kitt_voice.speech.maker import Job, Maker
from kitt_voice.speech.normalise import MOST_CHARS, speakable
from kitt_voice.speech.outputs import parse_output
from kitt_voice.speech.queue import SAFETY, Fate, SpeechQueue, Utterance
from kitt_voice.speech.reference import Block, Reference
from kitt_voice.speech.studio import Studio

_TICK_S = 0.02
_CHARS_A_SECOND = 14.0


@dataclass(frozen=True)
class Speaking:
    """What is played; `begin_s`: when the first sample left, `end_s`: when it will fall silent [s, steady clock]."""

    speaking: bool = False
    text: str = ""
    level: float = 0.0
    begin_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True)
class SpeakerStatus:
    """How it fares. `fault`: why nothing is heard, `remedy`: what mends it; `first_ms`: the last text's wait."""

    output: str
    connected: bool
    fault: str
    remedy: str
    waiting: int
    said: int
    broken_off: int
    unheard: int
    dropped: int
    first_ms: float


@dataclass
class _Current:
    utterance: Utterance
    left: list[str]
    job: Job | None = None
    put: int = 0


class Speaker:
    """`say` and `hush` from any thread. `on_change` is called in its own when it begins and when it falls silent."""

    def __init__(
        self,
        studio: Studio,
        output: str,
        on_change: Callable[[Speaking], None] = lambda _: None,
        on_problem: Callable[[str], None] = lambda _: None,
        volume: float = 1.0,
        backoff: Backoff | None = None,
        on_sound: Callable[[Block], None] | None = None,
    ) -> None:
        """`output`: see `outputs.parse_output`. `on_sound`: is told what leaves a loudspeaker, in a thread of its own.

        Raises:
            KittError: the output can never work.
        """
        self.buffer = PlaybackBuffer()
        self.buffer.volume = volume
        self._studio, self._output = studio, parse_output(output, self.buffer)
        self._on_change, self._on_problem = on_change, on_problem
        self._reference = Reference(on_sound) if on_sound is not None and self._output.audible else None
        self._queue = SpeechQueue()
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), threading.Event()
        self._maker = Maker(studio, self._wake.set)
        self._backoff = backoff or Backoff()
        self._failures, self._open_at_s, self._connected = 0, 0.0, False
        self._current: _Current | None = None
        self._fixed: list[tuple[str, str]] = []
        self._preparing: Job | None = None
        self._told = False
        self._output_fault, self._voice_fault = KittError(""), KittError("")
        self._said = self._broken_off = self._unheard = 0
        self._first_ms = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once. Once: what was stopped stays so."""
        if self._reference is not None:
            self._reference.start()
            self.buffer.tap = self._reference.tap
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Fall silent at once and let go of the device."""
        self.hush()
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._maker.close()
        if self._reference is not None:
            self._reference.stop()

    def prepare(self, sentences: Iterable[tuple[str, str]]) -> None:
        """Load voices and synthesise (sentence, language) while there is nothing else to do; kept on disk."""
        pieces: dict[tuple[str, str], None] = {}
        for text, language in sentences:
            pieces[("", language)] = None
            pieces |= {(piece, language): None for piece in speakable(text, language).pieces}
        with self._lock:
            self._fixed += pieces

    def say(self, text: str, language: str, priority: int, age_s: float = 0.0) -> tuple[Fate, str]:
        """Have a text said; `age_s`: how old the wish is [s]. What became of it, and why a part of it is not said.

        Raises:
            KittError: the language is unknown.
        """
        said = speakable(text, language)
        text = text[:MOST_CHARS]  # it is told twenty times a second
        now_s = time.monotonic()
        with self._lock:
            if not said.pieces:
                self._unheard += 1
                return Fate.EMPTY, said.reason
            playing = self._current.utterance if self._current else None
            fate = self._queue.put(Utterance(text, language, priority, now_s - age_s), now_s, playing)
        self._wake.set()
        return fate, said.reason

    def hush(self) -> None:
        """Stop what is said and forget what waits."""
        with self._lock:
            self._queue.clear()
            self._break_off()
        self._wake.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    @property
    def idle(self) -> bool:
        """Whether nothing is said nor waits."""
        with self._lock:
            return self._current is None and not len(self._queue)

    @property
    def speaking(self) -> Speaking:
        """What is played at this moment."""
        with self._lock:
            return self._speaking()

    @property
    def status(self) -> SpeakerStatus:
        with self._lock:
            fault = self._output_fault if self._output_fault.message else self._voice_fault
            return SpeakerStatus(
                self._output.name, self._connected, fault.message, fault.remedy, len(self._queue), self._said,
                self._broken_off, self._unheard, sum(self._queue.dropped.values()), self._first_ms,
            )  # fmt: skip

    # in its own thread ---------------------------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stop.is_set():
            now_s = time.monotonic()
            self._mind_output(now_s)
            with self._lock:
                self._step(now_s)
                state = self._speaking()
            if state.speaking is not self._told:
                self._told = state.speaking
                self._on_change(state)
            self._wake.wait(_TICK_S if self._current is not None or self._told else 0.2)
            self._wake.clear()
        self._output.close()
        self._connected = False

    def _mind_output(self, now_s: float) -> None:
        try:
            if self._connected:
                self._output.check()
            elif now_s >= self._open_at_s:
                self._output.open()
                self._connected, self._failures, self._output_fault = True, 0, KittError("")
        except Exception as error:  # a driver's surprise must not end the voice for good
            fault = error if isinstance(error, KittError) else KittError(f"{self._output.name}: {error}", "see the log")
            self._output.close()
            if fault.message != self._output_fault.message:
                self._on_problem(str(fault))
            self._output_fault, self._connected = fault, False
            self._open_at_s = now_s + self._backoff.after(self._failures)
            self._failures += 1

    def _step(self, now_s: float) -> None:
        if self._current is not None and self._queue.interrupts(self._current.utterance, now_s):
            self._break_off()
        if self._current is None:
            utterance = self._queue.take(now_s)
            if utterance is None:
                self._prepare_one()
                return
            self.buffer.begin()
            self._current = _Current(utterance, list(speakable(utterance.text, utterance.language).pieces))
        if not self._connected:
            self._unheard += 1
            self._current = None
            return
        self._feed(self._current, now_s)

    def _feed(self, current: _Current, now_s: float) -> None:
        """Put what is ready into the buffer, have the next piece made, see whether all has been said."""
        language = current.utterance.language
        while current.left or current.job is not None:
            if current.job is None:
                piece = current.left.pop(0)
                ready = self._studio.ready(piece, language)
                if ready is not None:
                    self._put(current, ready, now_s)
                    continue
                lasting = current.utterance.priority >= SAFETY and not current.put
                current.job = self._maker.submit(Job(piece, language, lasting))
            job = current.job
            if not job.done:
                return
            current.job = None
            if job.error is not None or job.samples is None:
                self._fail(job.error or KittError("the voice gave nothing"))
                return
            self._put(current, job.samples, now_s)
        if self.buffer.waiting == 0 and now_s >= self.buffer.played.end_s:
            self._said += 1
            self._current, self._voice_fault = None, KittError("")

    def _put(self, current: _Current, samples: Samples, now_s: float) -> None:
        self.buffer.put(samples)
        current.put += 1
        if current.put == 1:
            self._first_ms = 1e3 * (now_s - current.utterance.asked_s)

    def _fail(self, error: KittError) -> None:
        self._unheard += 1
        if error.message != self._voice_fault.message:
            self._on_problem(str(error))
        self._voice_fault, self._current = error, None

    def _prepare_one(self) -> None:
        if self._preparing is not None and not self._preparing.done:
            return
        if self._preparing is not None and self._preparing.error is not None:
            self._voice_fault = self._preparing.error
        self._preparing = None
        while self._fixed:
            piece, language = self._fixed.pop(0)
            if not piece or self._studio.ready(piece, language) is None:
                self._preparing = self._maker.submit(Job(piece, language, lasting=True))
                return

    def _break_off(self) -> None:
        if self._current is None:
            return
        if self._current.job is not None:
            self._current.job.given_up = True
        self._broken_off += 1
        self._current = None
        self.buffer.clear()

    def _speaking(self) -> Speaking:
        played, current = self.buffer.played, self._current
        if current is None or not current.put or played.begin_s is None:
            return Speaking()
        unmade = sum(map(len, current.left)) + (len(current.job.piece) if current.job else 0)
        end_s = max(played.end_s, time.monotonic() + self.buffer.waiting / RATE) + unmade / _CHARS_A_SECOND
        return Speaking(True, current.utterance.text, played.level, played.begin_s, end_s)
