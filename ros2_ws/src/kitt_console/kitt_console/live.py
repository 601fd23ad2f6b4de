"""One page on the websocket: what it says is judged, what it shall see is sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect

from kitt_console.access import Bucket, Right
from kitt_console.car import Car
from kitt_console.hub import Hub, Outbox, to_json
from kitt_console.protocol import RefusedError, Shown, Steer, Typing, clean_line, parse
from kitt_console.steering import Stick

MAX_CLIENTS = 32
_PER_S, _AT_ONCE = 60.0, 120.0  # messages: a stick sends 20 a second, pictures are acknowledged 10 times
_PATIENCE = 200  # refused messages after which a page is no page
_HELP_S = 1.5


class Client:
    """Serves one websocket until it ends."""

    def __init__(
        self, socket: WebSocket, right: Right, hub: Hub, car: Car, stick: Stick, clock: Callable[[], float]
    ) -> None:
        self._socket, self._right, self._hub, self._car = socket, right, hub, car
        self._stick, self._clock = stick, clock
        self._outbox: Outbox = hub.join()
        self._bucket = Bucket(_PER_S, _AT_ONCE)
        self._refused = 0
        self._told: dict[str, float] = {}
        self._helping: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until the page goes, or was refused too often."""
        self._outbox.event(to_json({"kind": "hello", "right": self._right.name.lower()}))
        sender = asyncio.create_task(self._send())
        try:
            await self._receive()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._hub.leave(self._outbox)
            self._stick.let_go(self)
            for task in (sender, self._helping):
                if task is not None:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError):
                        await task

    async def _send(self) -> None:
        while True:
            for parcel in await self._outbox.take():
                if isinstance(parcel, str):
                    await self._socket.send_text(parcel)
                else:
                    await self._socket.send_bytes(parcel)

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            try:
                if not self._bucket.take(self._clock()):
                    raise RefusedError("too fast")
                self._act(parse(text if text is not None else message.get("bytes") or b""))
            except RefusedError as refusal:
                self._refuse(str(refusal))
                if self._refused > _PATIENCE:
                    await self._socket.close(1008, "too many messages were refused")
                    return

    def _act(self, message: Typing | Steer | Shown) -> None:
        if isinstance(message, Shown):
            self._outbox.shown()
        elif isinstance(message, Steer):
            if self._right < Right.DRIVE:
                raise RefusedError("may not drive")
            self._car.steer(*self._stick.steer(self, message, self._clock()))
        else:
            if self._helping is not None:
                self._helping.cancel()
            self._helping = asyncio.create_task(self._help(message))

    async def _help(self, message: Typing) -> None:
        line = clean_line(message.text)
        found = None
        if line:
            with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
                # a blank at the end says that the last word is complete
                text = line + (" " if message.text.endswith(" ") else "")
                found = await asyncio.wait_for(self._car.help_typing(text, message.language), _HELP_S)
        answer = {"kind": "help", "number": message.number, "there": found is not None, **(found or {})}
        self._outbox.event(to_json(answer))

    def _refuse(self, reason: str) -> None:
        self._hub.refused[reason] += 1
        self._refused += reason not in ("late", "another hand steers")  # a slow network is no offence
        now = self._clock()
        if now - self._told.get(reason, float("-inf")) > 1.0:  # no echo of a flood
            self._told[reason] = now
            self._outbox.event(to_json({"kind": "refused", "reason": reason}))
