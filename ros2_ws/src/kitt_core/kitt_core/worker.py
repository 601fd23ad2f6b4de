"""A thread that works on the newest item only: what comes while it is busy replaces what waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class WorkerStatus:
    """processed, replaced (never begun), failed: items so far; error: what the last item failed with, "" if it did not;
    busy_s: how long the item at hand has taken until now, 0 when idle."""

    processed: int
    replaced: int
    failed: int
    error: str
    busy_s: float


class NewestWorker(Generic[Item]):
    """`offer` never blocks; `work` runs in the thread. An exception ends the item, not the thread, and is reported."""

    def __init__(self, work: Callable[[Item], None], name: str, on_error: Callable[[Exception], None]) -> None:
        self._work = work
        self._name = name
        self._on_error = on_error
        self._news = threading.Condition()
        self._waiting: Item | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._processed = self._replaced = self._failed = 0
        self._error = ""
        self._busy_since: float | None = None

    @property
    def has_next(self) -> bool:
        """Whether an item waits already."""
        with self._news:
            return self._waiting is not None

    @property
    def status(self) -> WorkerStatus:
        with self._news:
            busy_s = 0.0 if self._busy_since is None else time.monotonic() - self._busy_since
            return WorkerStatus(self._processed, self._replaced, self._failed, self._error, busy_s)

    def start(self) -> None:
        """Begin to take items."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping, self._error, self._waiting = False, "", None
        self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Finish the item at hand, drop the one that waits. False when the item at hand outlasts timeout_s [s]."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def offer(self, item: Item) -> None:
        """Hand in an item; one that still waits is dropped and counted."""
        with self._news:
            self._replaced += self._waiting is not None
            self._waiting = item
            self._news.notify()

    def _loop(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._stopping or self._waiting is not None)
                if self._stopping:
                    return
                item, self._waiting = self._waiting, None
                self._busy_since = time.monotonic()
            assert item is not None
            error = ""
            try:
                self._work(item)
            except Exception as exception:
                error = f"{type(exception).__name__}: {exception}"
                self._on_error(exception)
            with self._news:
                self._busy_since = None
                self._error = error
                self._processed += not error
                self._failed += bool(error)


class Held(Generic[Item]):
    """Keeps one item back until `release` hands it on; for one thread.

    Python's threads take turns. A second thread that is given its work while the first prepares an image holds it up;
    given while the first is in the network, which needs no turn, it runs beside it.
    """

    def __init__(self, hand_on: Callable[[Item], None]) -> None:
        self._hand_on = hand_on
        self._item: Item | None = None

    def keep(self, item: Item) -> None:
        """Hold an item; one that is still held is handed on first."""
        self.release()
        self._item = item

    def release(self) -> None:
        """Hand on what is held, if anything."""
        item, self._item = self._item, None
        if item is not None:
            self._hand_on(item)
