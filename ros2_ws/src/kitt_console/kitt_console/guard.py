"""Stands before every route: who asks, may they, and the headers that a browser shall have of us."""

from __future__ import annotations

import html
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kitt_console.access import Access, Caller, Right, Verdict

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LONGEST_BODY = 4096  # bytes

# script and style only from our own files: nothing that gets into the page's text can run
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with none at all a plain form's origin would be null, and refused
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class Guard:
    """ASGI middleware. Routes find the caller's right in `scope["state"]["right"]`."""

    def __init__(self, app: Any, access: Access, clock: Callable[[], float]) -> None:
        self._app, self._access, self._clock = app, access, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, websocket or lifespan."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        is_socket = scope["type"] == "websocket"
        caller = _caller(scope)
        writes = is_socket or scope["method"] not in ("GET", "HEAD")
        verdict = self._access.judge(caller, self._clock(), writes=writes)
        if verdict.status == 200 and not is_socket:
            verdict = _judge_body(caller, verdict)
        if verdict.status != 200:
            await (_refuse_socket(scope, receive, send, verdict) if is_socket else _refuse(caller, send, verdict))
            return
        scope.setdefault("state", {})["right"] = verdict.right

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, receive, send if is_socket else send_with_headers)


def _caller(scope: Scope) -> Caller:
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    address = (scope.get("client") or ("", 0))[0]
    return Caller(address, headers, scope.get("query_string", b"").decode("latin-1"))


def _judge_body(caller: Caller, verdict: Verdict) -> Verdict:
    length = caller.headers.get("content-length", "0")
    if "transfer-encoding" in caller.headers:
        return Verdict(411, Right.NONE, "say the body's length")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        return Verdict(413, Right.NONE, f"at most {LONGEST_BODY} bytes")
    return verdict


async def _refuse(caller: Caller, send: Send, verdict: Verdict) -> None:
    headers = [*_HEADERS, (b"cache-control", b"no-store")]
    if "text/html" in caller.headers.get("accept", ""):
        body, kind = _page(verdict).encode(), b"text/html; charset=utf-8"
    else:
        body, kind = json.dumps({"error": verdict.reason}).encode(), b"application/json"
    if verdict.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="kitt"'))
    if verdict.status == 429:
        headers.append((b"retry-after", b"60"))
    headers += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": verdict.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse_socket(scope: Scope, receive: Receive, send: Send, verdict: Verdict) -> None:
    await receive()  # websocket.connect
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": verdict.status, "headers": list(_HEADERS)})
        await send({"type": "websocket.http.response.body", "body": verdict.reason.encode()})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": verdict.reason[:120]})


def _page(verdict: Verdict) -> str:
    form = (
        '<form method="get" action="/"><label>Token <input name="token" type="password" autocomplete="off" required>'
        "</label> <button>Open</button></form>"
        if verdict.status == 401
        else ""
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>KITT: not allowed</title><h1>Not allowed</h1><p>{html.escape(verdict.reason)}.</p>{form}</html>"
    )
