"""The server on a real socket: what the in-process client cannot show."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import time

import pytest
from console_bench import Console

from kitt_console.frames import packet
from kitt_console.links import free_port
from kitt_console.server import Server
from kitt_inference.errors import KittError

client = pytest.importorskip("websockets.sync.client")
exceptions = pytest.importorskip("websockets.exceptions")


@pytest.fixture
def served():
    console = Console()
    server = Server(console.app, "127.0.0.1", 0)
    server.start()
    console.port = server.port
    yield console
    server.stop()


def page(console, host="127.0.0.1", **more):
    return client.connect(f"ws://{host}:{console.port}/live", max_size=None, **more)


def test_a_taken_port_and_a_foreign_address_are_named(served):
    with pytest.raises(KittError, match="is taken"):
        Server(served.app, "127.0.0.1", served.port)
    with pytest.raises(KittError, match="cannot be served"):
        Server(served.app, "198.51.100.7", 0)


def test_a_refused_websocket_says_why_and_leaves_no_line_in_the_log(served, caplog):
    caplog.set_level(logging.WARNING)
    with pytest.raises(exceptions.InvalidStatus) as refusal, page(served, origin="http://evil.example"):
        pass
    assert refusal.value.response.status_code == 403
    with pytest.raises(exceptions.InvalidStatus) as refusal, page(served, additional_headers={"X-Forwarded-For": "a"}):
        pass
    assert refusal.value.response.status_code == 401
    time.sleep(0.1)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_a_huge_message_ends_its_page_only(served):
    with page(served) as good, page(served) as bad:
        bad.send("x" * 100_000)
        with pytest.raises(exceptions.ConnectionClosed) as end:
            for _ in iter(lambda: bad.recv(timeout=5), None):
                pass
        assert end.value.rcvd.code == 1009
        assert json.loads(good.recv(timeout=5))


def test_a_page_that_reads_nothing_slows_nobody(served):
    """Two megabytes a second for two pages, of which one never reads: the other gets all, and soon."""
    with contextlib.ExitStack() as stack:
        quick = stack.enter_context(page(served))
        sleeper = socket.create_connection(("127.0.0.1", served.port))
        stack.callback(sleeper.close)
        sleeper.sendall(
            f"GET /live HTTP/1.1\r\nHost: localhost:{served.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        end = time.monotonic() + 5
        while served.hub.watchers < 2 and time.monotonic() < end:
            time.sleep(0.01)
        assert served.hub.watchers == 2
        late = []
        for number in range(20):
            served.hub.picture(packet(number, 0.0, None, None, bytes(100_000)))
            sent = time.monotonic()
            while not isinstance(quick.recv(timeout=5), bytes):
                pass
            late.append(time.monotonic() - sent)
            quick.send('{"kind":"shown"}')
            time.sleep(0.02)
        assert sorted(late)[10] < 0.25, late
        slow = max(served.hub._outboxes, key=lambda outbox: outbox.overtaken)
        assert slow.overtaken >= 15, "it waits with the newest, not with all of them"


def test_a_free_port_is_found():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
        assert free_port(port, count=1) == port
