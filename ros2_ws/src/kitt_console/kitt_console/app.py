"""The web application: the page, the websocket, and the few things that may be asked of the car."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
import time
from collections.abc import AsyncIterator, Callable
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from kitt_console.access import COOKIE, Access, Bucket, Right
from kitt_console.car import Car
from kitt_console.guard import Guard
from kitt_console.hub import Hub
from kitt_console.inside.looks import Looks
from kitt_console.inside_routes import Desk, add_inside
from kitt_console.live import MAX_CLIENTS, Client
from kitt_console.protocol import LONGEST_LINE, Language, Line, clean_line
from kitt_console.steering import Stick

_TICK_S = 0.1
_CONFIRM_S = 0.5  # the gate speaks 20 times a second
_COOKIE_S = 30 * 24 * 3600
_LINES_PER_S, _LINES_AT_ONCE = 3.0, 6.0


class TypedLine(BaseModel):
    """The body of POST /text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: Line
    language: Language = ""


def make_app(hub: Hub, car: Car, access: Access, stick: Stick, clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """The application; `clock` is the steady clock [s]."""

    desk = Desk(Looks(clock), clock)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        hub.bind(asyncio.get_running_loop())
        ticker = asyncio.create_task(_tick(hub, desk, clock))
        yield
        ticker.cancel()
        desk.close()
        hub.bind(None)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, access=access, clock=clock)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, _error: Exception) -> Response:
        # the framework's own answer repeats what was sent, which need not be text at all
        return _answer(request, 422, f"A line of at most {LONGEST_LINE} characters is wanted.")

    _add_page(app)
    _add_commands(app, car, clock)
    add_inside(app, desk, car, clock)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        if hub.watchers >= MAX_CLIENTS:
            await socket.close(1013, f"{MAX_CLIENTS} pages are open already")
            return
        await Client(socket, socket.state.right, hub, car, stick, clock).serve()

    return app


async def _tick(hub: Hub, desk: Desk, clock: Callable[[], float]) -> None:
    """The pulse by which a page knows that it still hears us, and the stick how old its messages are."""
    while True:
        hub.pulse("tick", {"time": clock(), "watchers": hub.watchers, "refused": hub.refused.total()})
        desk.tidy()
        await asyncio.sleep(_TICK_S)


def _add_page(app: FastAPI) -> None:
    folder = resources.files("kitt_console") / "page"
    files = {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}

    @app.get("/")
    async def page(request: Request) -> Response:
        if token := request.query_params.get("token"):
            # out of the address bar and the history; scripts cannot read the cookie
            answer = RedirectResponse("/", 303, headers={"cache-control": "no-store"})
            answer.set_cookie(COOKIE, token, max_age=_COOKIE_S, httponly=True, samesite="lax")
            return answer
        return Response(files["index.html"], media_type="text/html", headers={"cache-control": "no-cache"})

    @app.get("/page/{name}")
    async def file(name: str) -> Response:
        if name not in files:
            return PlainTextResponse("there is no such file", 404)
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        return Response(files[name], media_type=kind, headers={"cache-control": "no-cache"})


def _add_commands(app: FastAPI, car: Car, clock: Callable[[], float]) -> None:
    lines = Bucket(_LINES_PER_S, _LINES_AT_ONCE)

    @app.post("/stop")
    async def stop(request: Request) -> Response:
        begin = clock()
        asked = float("-inf")
        while clock() - begin < _CONFIRM_S:
            if clock() - asked >= 0.1:
                car.stop()
                asked = clock()
            await asyncio.sleep(0.01)
            if car.stopped_since(begin):
                return _answer(request, 200, "The emergency stop holds.")
        return _answer(request, 504, "The safety gate does not confirm the emergency stop. Switch the car off by hand.")

    @app.post("/release")
    async def release(request: Request) -> Response:
        if refusal := _must_drive(request):
            return refusal
        done, words = await car.release()
        return _answer(request, 200 if done else 409, words)

    @app.post("/text")
    async def text(request: Request, line: TypedLine) -> Response:
        if refusal := _must_drive(request):
            return refusal
        words = clean_line(line.text)
        if not words:
            return _answer(request, 422, "There is nothing to send.")
        if not lines.take(clock()):
            return _answer(request, 429, "Too many lines at once; wait a second.")
        if not car.type_line(words, line.language):
            return _answer(request, 503, "Nobody hears typed lines: is the controller running?")
        return _answer(request, 200, words)


def _must_drive(request: Request) -> Response | None:
    right: Right = request.state.right
    return None if right >= Right.DRIVE else _answer(request, 403, "This link only watches; it may not drive.")


def _answer(request: Request, status: int, words: str) -> Response:
    headers = {"cache-control": "no-store"}
    if "text/html" in request.headers.get("accept", ""):  # the form without script
        return PlainTextResponse(words, status, headers)
    key: str = "words" if status == 200 else "error"
    body: dict[str, Any] = {key: words}
    return JSONResponse(body, status, headers)
