"""The websocket: what comes is judged, what goes is the newest."""

from __future__ import annotations

import json
import random
import time

import pytest
from console_bench import TOKENS
from starlette.websockets import WebSocketDisconnect

from kitt_console.protocol import LONGEST


def hear(socket, kind, tries=60):
    """The first message of a kind."""
    for _ in range(tries):
        message = socket.receive()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message["code"])
        for item in json.loads(message["text"]) if message.get("text") else []:
            if item["kind"] == kind:
                return item
    raise AssertionError(f"no {kind}")


def steer(socket, forward=1.0, turn=-0.5, echo=None):
    echo = hear(socket, "tick")["time"] if echo is None else echo
    socket.send_text(json.dumps({"kind": "steer", "forward": forward, "turn": turn, "echo": echo}))


def wait(condition, seconds=2.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_it_says_who_one_is_and_what_was_last(console, driver):
    console.hub.state("/kitt/state", {"state": "stopped"})
    with driver.websocket_connect("/live") as socket:
        first = json.loads(socket.receive_text())
        assert {"kind": "/kitt/state", "state": "stopped"} in first
        assert {"kind": "hello", "right": "drive"} in first


def test_the_stick_drives(console, driver):
    with driver.websocket_connect("/live") as socket:
        steer(socket)
        wait(lambda: console.car.wishes == [(1.0, -1.0)])


def test_a_watchers_stick_moves_nothing_and_is_counted(console, watcher):
    with watcher.websocket_connect("/live") as socket:
        steer(socket)
        assert hear(socket, "refused")["reason"] == "may not drive"
    assert console.car.wishes == [] and console.hub.refused["may not drive"] == 1


def test_what_waited_on_the_way_moves_nothing(console, driver):
    with driver.websocket_connect("/live") as socket:
        now = hear(socket, "tick")["time"]
        for echo in (now - 1.0, now + 10.0, 0.0, -1e300):
            steer(socket, echo=echo)
        assert hear(socket, "refused")["reason"] == "late"
        wait(lambda: console.hub.refused["late"] == 4)
        assert console.car.wishes == []
        steer(socket, 0.0, 0.0, echo=now - 9.0)
        wait(lambda: console.car.wishes == [(0.0, 0.0)])  # to rest is right however late it comes


def test_one_hand_at_a_time(console, driver):
    with driver.websocket_connect("/live") as first, driver.websocket_connect("/live") as second:
        steer(first)
        wait(lambda: len(console.car.wishes) == 1)
        steer(second)
        assert hear(second, "refused")["reason"] == "another hand steers"
        first.close()
        wait(lambda: console.hub.watchers == 1)
        steer(second)
        wait(lambda: len(console.car.wishes) == 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "no JSON"), ("{", "no JSON"), ("[" * LONGEST, "no JSON"), ("a" * (LONGEST + 1), "too long"),
        ("[]", "no message"), ('{"kind": "drive"}', "no message"), ("null", "no message"), ("NaN", "no message"),
        ('{"kind": "steer", "forward": 2, "turn": 0, "echo": 0}', "no message"),
        ('{"kind": "steer", "forward": NaN, "turn": 0, "echo": 0}', "no message"),
        ('{"kind": "steer", "forward": "1", "turn": 0, "echo": 0}', "no message"),
        ('{"kind": "shown", "extra": 1}', "no message"), (b"\x00\xff", "binary"), (b"", "binary"),
    ],
)  # fmt: skip
def test_bad_messages_are_refused_and_counted(console, driver, data, reason):
    with driver.websocket_connect("/live") as socket:
        (socket.send_bytes if isinstance(data, bytes) else socket.send_text)(data)
        assert hear(socket, "refused")["reason"] == reason
    assert console.hub.refused == {reason: 1}


def test_a_flood_is_refused_and_in_the_end_turned_away(console, driver):
    with driver.websocket_connect("/live") as socket, pytest.raises(WebSocketDisconnect) as end:  # noqa: PT012
        for _ in range(500):
            socket.send_text('{"kind":"shown"}')
        hear(socket, "nothing", tries=2000)
    assert end.value.code == 1008
    assert console.hub.refused["too fast"] > 100
    assert console.hub.watchers == 0


def test_typing_is_helped(console, driver):
    with driver.websocket_connect("/live") as socket:
        socket.send_text('{"kind":"typing","text":"st","language":"en","number":7}')
        answer = hear(socket, "help")
        assert answer["number"] == 7 and answer["there"]
        assert answer["completions"][0]["text"] == "stop" and answer["asked"] == ["st", "en"]
        console.car.help = None
        socket.send_text('{"kind":"typing","text":"st","language":"","number":8}')
        assert hear(socket, "help") == {"kind": "help", "number": 8, "there": False}


def test_pictures_wait_until_the_page_has_drawn(console, driver):
    with driver.websocket_connect("/live") as socket:
        hear(socket, "hello")
        for number in range(6):
            console.hub.picture(bytes([number]))
            time.sleep(0.03)
        got = []
        for _ in range(30):
            message = socket.receive()
            if message.get("bytes"):
                got.append(message["bytes"][0])
            if len(got) == 2:
                socket.send_text('{"kind":"shown"}')
            if len(got) == 3:
                break
        assert got == [0, 1, 5], "two on their way, then the newest"


def test_ten_thousand_messages_leave_it_sane(console, driver):
    random.seed(4)
    pieces = ["{", "}", "[", '"kind"', ":", '"steer"', '"typing"', '"shown"', "1e999", "-1", "\u0000", "🚗", '"', ","]

    def nonsense():
        choice = random.random()
        if choice < 0.2:
            return random.randbytes(random.randrange(200))
        if choice < 0.3:
            return "x" * random.randrange(10000)
        if choice < 0.6:
            return "".join(random.choices(pieces, k=random.randrange(30)))
        fields = {"kind": random.choice(["steer", "typing", "shown", "stop", None, 7])}
        for name in random.sample(["forward", "turn", "echo", "text", "language", "number"], 4):
            fields[name] = random.choice([0, 1, -1, 1e308, None, "en", "", [], {"a": []}, "é" * 600, 2**70, True])
        return json.dumps(fields)

    sent = 0
    while sent < 10_000:
        with driver.websocket_connect("/live") as socket:
            for _ in range(190):
                data = nonsense()
                (socket.send_bytes if isinstance(data, bytes) else socket.send_text)(data)
                sent += 1
    wait(lambda: console.hub.watchers == 0, 10.0)
    assert set(console.car.wishes) <= {(0.0, 0.0)}, "none of it had heard our clock"
    console.car.wishes.clear()
    assert sum(console.hub.refused.values()) > 7000
    assert set(console.hub.refused) <= {"binary", "no JSON", "no message", "too long", "too fast", "late"}
    assert driver.get("/").status_code == 200
    with driver.websocket_connect("/live") as socket:
        steer(socket, 0.5, 0.0)
        wait(lambda: console.car.wishes == [(0.5, 0.0)])
    assert TOKENS.drive not in json.dumps(console.hub.refused)
