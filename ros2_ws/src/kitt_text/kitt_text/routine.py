"""«Learn my routine»: what usually follows what, learnt on the robot and offered as a completion.

A small LSTM learns the last events and the sequences that were taught; it learns in a second at most, in the
background. Events and taught sequences lie in a file in the user's data folder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.small_lstm import NOTHING, SmallLstm
from kitt_text.user_data import user_data, write_json

EVENTS, TAUGHT, LONGEST = 500, 20, 20
"""The last so many events are kept, so many taught sequences, of so many events each."""
CHARS = 80
KINDS = 100
"""So many different events are told apart, the latest ones."""
WINDOW = 16
CONTEXTS = (2, 4, 8, 16)
"""The probabilities are the mean over what so many last events tell."""
REPEAT = 4
"""A taught sequence counts as if it had been seen so often."""
LEARN_AFTER = 5
"""So many new events make it learn again."""


def user_file() -> Path:
    """Where the routine lies: `$XDG_DATA_HOME/kitt/routine.json`, else `~/.local/share/kitt/routine.json`."""
    return user_data("routine.json")


class Routine:
    """What was done and taught, and the network that has learnt it. Safe to be used by several threads.

    `fault` says what was wrong with the file; the routine is then empty, and the file is kept as FILE.broken.
    """

    def __init__(self, path: Path | None = None, seed: int = 0) -> None:
        """Read the file, where there is one; `path`: default `user_file()`."""
        self.path, self.fault = path or user_file(), ""
        self._seed, self._lock, self._learning = seed, threading.RLock(), threading.Lock()
        self._events: list[str] = []
        self._taught: list[list[str]] = []
        self._lesson: list[str] | None = None
        self._model: tuple[SmallLstm, dict[str, int]] | None = None
        self._new = 0
        self._read()

    @property
    def events(self) -> tuple[str, ...]:
        """What was observed, the latest last."""
        with self._lock:
            return tuple(self._events)

    @property
    def taught(self) -> tuple[tuple[str, ...], ...]:
        """The sequences that were taught."""
        with self._lock:
            return tuple(tuple(sequence) for sequence in self._taught)

    def observe(self, event: str) -> None:
        """Take note of what happened. An event without words is none; long ones are cut to `CHARS` characters.

        Raises:
            KittError: the file cannot be written; the event counts until the robot is switched off.
        """
        event = _clean(event)
        if not event:
            return
        with self._lock:
            self._events = [*self._events, event][-EVENTS:]
            if self._lesson is not None:
                self._lesson = [*self._lesson, event][-LONGEST:]
            self._new += 1
            self._write()

    def begin(self) -> None:
        """«Learn my routine»: what happens from now on is a lesson."""
        with self._lock:
            self._lesson = []

    def finish(self) -> tuple[str, ...]:
        """«That's my routine»: teach the lesson that was begun; what it was, () without a lesson of two events."""
        with self._lock:
            lesson, self._lesson = self._lesson or [], None
        if len(lesson) < 2:
            return ()
        self.teach(lesson)
        return tuple(lesson)

    def teach(self, sequence: Sequence[str]) -> None:
        """Teach what follows what. Of a long sequence the first `LONGEST` events count.

        Raises:
            KittError: fewer than two events, or the file cannot be written.
        """
        events = [event for event in map(_clean, sequence) if event][:LONGEST]
        if len(events) < 2:
            raise KittError("a routine has two events at least", "teach for example «open the garage», «lights on»")
        with self._lock:
            self._taught = [*(known for known in self._taught if known != events), events][-TAUGHT:]
            self._new += LEARN_AFTER
            self._write()

    def forget(self, event: str = "all") -> int:
        """Forget an event wherever it stands, or all; how many events and taught sequences that were.

        Raises:
            KittError: the file cannot be written.
        """
        wanted = _clean(event)
        with self._lock:
            before = len(self._events) + len(self._taught)
            everything = wanted == "all"
            self._events = [] if everything else [known for known in self._events if known != wanted]
            self._taught = [] if everything else [known for known in self._taught if wanted not in known]
            self._lesson, self._model, self._new = None, None, LEARN_AFTER
            self._write()
            return before - len(self._events) - len(self._taught)

    def suggest(self, count: int = 3) -> list[tuple[str, float]]:
        """What may come next, with probabilities, best first; at once, from what is learnt.

        Where enough is new, learning begins in the background, and the next call knows more.
        """
        with self._lock:
            stale = self._new >= LEARN_AFTER or (self._model is None and self._new > 0)
            model, recent = self._model, self._events[-WINDOW:]
        if stale:
            threading.Thread(target=self.learn, daemon=True).start()
        if model is None or not recent or count < 1:
            return []
        network, numbers = model
        history = [numbers.get(event, 0) for event in recent]
        odds = np.mean([network.predict(history[-length:]) for length in CONTEXTS], axis=0)
        named = [(event, float(odds[number])) for event, number in numbers.items()]
        return sorted(named, key=lambda pair: -pair[1])[:count]

    def learn(self, seconds: float = 1.0) -> None:
        """Learn all anew, for so long at most; a call while another learns returns at once."""
        if not self._learning.acquire(blocking=False):
            return
        try:
            with self._lock:
                sequences = [self._events, *(known for known in self._taught for _ in range(REPEAT))]
                self._new = 0
            kinds = list(dict.fromkeys(event for sequence in reversed(sequences) for event in reversed(sequence)))
            numbers = {event: at for at, event in enumerate(kinds[:KINDS], 1)}  # 0: any other
            windows = list(_windows([[numbers.get(e, 0) for e in sequence] for sequence in sequences]))
            model = None
            if windows:
                network = SmallLstm(len(numbers) + 1, seed=self._seed)
                network.fit(np.array(windows, np.int64), seconds)
                model = network, numbers
            with self._lock:
                self._model = model
        finally:
            self._learning.release()

    def _read(self) -> None:
        if not self.path.is_file():
            return
        try:
            content = json.loads(self.path.read_text("utf-8"))
            events, taught = _texts(content["events"]), [_texts(known) for known in content["taught"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            self.fault = f"the routine in {self.path} cannot be read ({type(error).__name__}); it begins anew"
            return
        self._events, self._taught = events[-EVENTS:], [known[:LONGEST] for known in taught[-TAUGHT:]]
        self._new = len(events) + LEARN_AFTER * len(taught)

    def _write(self) -> None:
        content = {"events": self._events, "taught": self._taught}
        try:
            if self.fault and self.path.is_file():
                self.path.replace(self.path.with_name(self.path.name + ".broken"))
                self.fault = ""
            write_json(self.path, content)
        except OSError as error:
            raise KittError(f"the routine cannot be written to {self.path}: {error.strerror}", "make room") from error


def _clean(event: str) -> str:
    """One line of printable, valid text."""
    head = event[: 4 * CHARS].encode("utf-8", "ignore").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in head).split())[:CHARS].strip()


def _texts(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValueError("no list of texts")
    return [clean for clean in map(_clean, given) if clean]


def _windows(sequences: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """The pieces of `WINDOW` + 1 events, from each event on; filled up behind."""
    for sequence in sequences:
        for at in range(len(sequence) - 1):
            piece = list(sequence[at : at + WINDOW + 1])
            yield piece + [NOTHING] * (WINDOW + 1 - len(piece))
