"""The page «Look inside»: what the picture on screen, the last words and a typed text do in the networks.

Nothing is worked out while nobody asks. Whoever asks within a second of another gets the same: ten pages cost as much
as one. The work is done behind everything else that the machine does.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import cv2
import numpy as np
from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse

from kitt_console.access import Bucket
from kitt_console.car import Car
from kitt_console.inside.figures import Section, fragment
from kitt_console.inside.looks import Looks
from kitt_console.protocol import LONGEST_LINE, Language
from kitt_inference.errors import KittError

_SAME_S = 1.0
_TEXTS_PER_S, _TEXTS_AT_ONCE = 2.0, 6.0
_NICENESS = 15
_HEADERS = {"cache-control": "no-store"}


class Desk:
    """One look at a time, in a thread of its own with low priority."""

    def __init__(self, looks: Looks, clock: Callable[[], float]) -> None:
        self._looks, self._clock = looks, clock
        self._thread = ThreadPoolExecutor(1, "look inside", _step_back)
        self._running: dict[str, tuple[float, asyncio.Future[str]]] = {}

    async def give(self, kind: str, work: Callable[[Looks], list[Section]]) -> Response:
        """The answer to one request; the same for all requests of a kind within a second."""
        began, running = self._running.get(kind, (float("-inf"), None))
        if running is None or (running.done() and self._clock() - began > _SAME_S):
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._thread, lambda: fragment(work(self._looks)))
            self._running[kind] = self._clock(), running
        try:
            return HTMLResponse(await asyncio.shield(running), headers=_HEADERS)
        except KittError as error:
            return refusal(422, str(error))

    def tidy(self) -> None:
        """Forget old answers, and give back networks that nobody looks into."""
        for kind in [k for k, (at, future) in self._running.items() if future.done() and self._clock() - at > _SAME_S]:
            self._running.pop(kind)[1].exception()  # fetched: nobody may have waited for it to its end
        self._looks.tidy()

    def close(self) -> None:
        """Take no more work."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def refusal(status: int, words: str) -> Response:
    """Why there is nothing to see."""
    return JSONResponse({"error": words}, status, _HEADERS)


def add_inside(app: FastAPI, desk: Desk, car: Car, clock: Callable[[], float]) -> None:
    """The three routes; who may watch may look."""
    texts = Bucket(_TEXTS_PER_S, _TEXTS_AT_ONCE)

    @app.get("/inside/picture")
    async def picture() -> Response:
        newest = car.newest_picture()
        if newest is None:
            return refusal(503, "No picture has come yet: is the camera running?")
        jpeg, model = newest
        return await desk.give("picture", lambda looks: looks.picture(_decoded(jpeg), model))

    @app.get("/inside/sound")
    async def sound() -> Response:
        samples = car.newest_sound()
        if samples is None:
            return refusal(503, "Nothing has been heard yet: say something; is the microphone running?")
        return await desk.give("sound", lambda looks: looks.sound(samples))

    @app.get("/inside/text")
    async def text(
        text: Annotated[str, Query(max_length=LONGEST_LINE)], language: Annotated[Language, Query()] = ""
    ) -> Response:
        if not texts.take(clock()):
            return refusal(429, "Too many texts at once; wait a second.")
        return await desk.give(f"text {language} {text}", lambda looks: looks.text(text, language))


def _decoded(jpeg: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        raise KittError("the camera's picture cannot be decoded", "look at the camera")
    return np.asarray(image)


def _step_back() -> None:
    """The thread that looks shall not take a core from the nodes that drive (Linux: a thread has its own niceness)."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
