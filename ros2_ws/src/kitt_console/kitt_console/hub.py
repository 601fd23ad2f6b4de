"""The newest of everything, and what each client has not had of it yet.

Everything is encoded once for all clients. A client that is slow misses what was overtaken, and keeps nobody waiting:
states are replaced by newer ones, of pictures only the newest waits, and a picture is sent only when the page has drawn
the one before the last. (Without that the system's buffers would fill with seconds of old pictures.)
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, deque
from typing import Any

IN_FLIGHT = 2
"""Pictures on their way to one client at the same time."""
_EVENTS = 50  # that may wait for one client


class Outbox:
    """What waits for one client. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self.overtaken = 0
        self._states: dict[str, str] = {}
        self._events: deque[str] = deque(maxlen=_EVENTS)
        self._picture: bytes | None = None
        self._in_flight = 0
        self._ready = asyncio.Event()

    def state(self, key: str, text: str) -> None:
        """A state, as JSON; replaces an older one of the same key."""
        self._states[key] = text
        self._ready.set()

    def event(self, text: str) -> None:
        """Something that happened once; of very many the oldest are lost."""
        self._events.append(text)
        self._ready.set()

    def picture(self, data: bytes) -> None:
        """A picture; replaces one that still waits."""
        self.overtaken += self._picture is not None
        self._picture = data
        self._ready.set()

    def shown(self) -> None:
        """The page has drawn a picture."""
        self._in_flight = max(0, self._in_flight - 1)
        self._ready.set()

    async def take(self) -> list[str | bytes]:
        """Wait for something, and take all of it: one text with all that is JSON, and at most one picture."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            parcels: list[str | bytes] = []
            if self._states or self._events:
                parcels.append(f"[{','.join([*self._states.values(), *self._events])}]")
                self._states.clear()
                self._events.clear()
            if self._picture is not None and self._in_flight < IN_FLIGHT:
                parcels.append(self._picture)
                self._picture = None
                self._in_flight += 1
            if parcels:
                return parcels


class Hub:
    """Distributes to all clients. `state`, `event` and `picture` may be called from any thread."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._outboxes: set[Outbox] = set()
        self._latest: dict[str, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The event loop in which the clients live; None: it ends."""
        self._loop = loop

    @property
    def watchers(self) -> int:
        """How many clients there are."""
        return len(self._outboxes)

    def join(self) -> Outbox:
        """A new client's outbox, with the newest of every state."""
        outbox = Outbox()
        for key, text in self._latest.items():
            outbox.state(key, text)
        self._outboxes.add(outbox)
        return outbox

    def leave(self, outbox: Outbox) -> None:
        """A client is gone."""
        self._outboxes.discard(outbox)

    def state(self, key: str, value: dict[str, Any]) -> None:
        """The newest of something; it is sent only where it differs from what was sent before."""
        text = to_json({"kind": key, **value})
        if self._latest.get(key) != text:
            self._latest[key] = text
            self._call(lambda outbox: outbox.state(key, text))

    def pulse(self, key: str, value: dict[str, Any]) -> None:
        """A state that is only worth its moment: always sent, never remembered."""
        text = to_json({"kind": key, **value})
        self._call(lambda outbox: outbox.state(key, text))

    def event(self, kind: str, value: dict[str, Any]) -> None:
        """Something that happened."""
        text = to_json({"kind": kind, **value})
        self._call(lambda outbox: outbox.event(text))

    def picture(self, data: bytes) -> None:
        """A picture as `frames.packet` makes it."""
        self._call(lambda outbox: outbox.picture(data))

    def _call(self, put: Any) -> None:
        loop = self._loop
        if loop is None or not self._outboxes:
            return

        def distribute() -> None:
            for outbox in self._outboxes:
                put(outbox)

        try:
            loop.call_soon_threadsafe(distribute)
        except RuntimeError:  # the loop was closed meanwhile
            self._loop = None


def to_json(value: Any) -> str:
    """JSON (RFC 8259): what is not finite becomes null, floats are cut to what a page can show."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
