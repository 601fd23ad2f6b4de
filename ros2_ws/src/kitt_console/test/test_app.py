"""Every route: with a token, without, with one that only watches."""

from __future__ import annotations

import json
import logging
import re

import pytest
from console_bench import ELSEWHERE, TOKENS
from starlette.websockets import WebSocketDisconnect

ROUTES = [
    ("GET", "/"), ("GET", "/page/main.js"), ("GET", "/page/nothing"), ("GET", "/nothing"), ("POST", "/stop"),
    ("POST", "/release"), ("POST", "/text"), ("HEAD", "/"), ("DELETE", "/"), ("OPTIONS", "/text"), ("GET", "/live"),
    ("GET", "/inside/picture"), ("GET", "/inside/sound"), ("GET", "/inside/text?text=go"), ("GET", "/page/inside.html"),
]  # fmt: skip


def test_the_list_of_routes_is_whole(console):
    def paths(routes):
        for route in routes:
            yield getattr(route, "path", None)
            yield from paths(getattr(getattr(route, "router", None), "routes", []))

    ours = {path for path in paths(console.app.routes) if path}
    assert ours == {
        "/",
        "/page/{name}",
        "/stop",
        "/release",
        "/text",
        "/live",
        "/inside/picture",
        "/inside/sound",
        "/inside/text",
    }


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_nothing_without_a_token_from_elsewhere(console, method, path, token):
    with console.client(token) as client:
        answer = client.request(method, path)
        assert answer.status_code == 401
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not console.car.lines and not console.car.stops


def test_no_websocket_without_a_token_from_elsewhere(console):
    with console.client() as client, pytest.raises(Exception) as refusal, client.websocket_connect("/live"):
        pass
    assert getattr(refusal.value, "status_code", 1008) in (401, 1008)
    assert console.hub.watchers == 0


def test_a_page_from_elsewhere_gets_no_websocket(console):
    with (
        console.client(TOKENS.drive, origin="http://evil.example") as client,
        pytest.raises(Exception),  # noqa: B017
        client.websocket_connect("/live"),
    ):
        pass
    assert console.hub.watchers == 0


def test_the_link_leaves_a_cookie_and_no_token_in_the_address(console):
    with console.client() as client:
        answer = client.get(f"/?token={TOKENS.watch}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        assert client.get("/").status_code == 200
        assert client.post("/text", json={"text": "go"}).status_code == 403


def test_this_machine_needs_no_token(console):
    with console.client(address=("127.0.0.1", 1), host="localhost:8080") as client:
        assert client.get("/").status_code == 200
        assert client.post("/text", json={"text": "go"}).status_code == 200


def test_a_watcher_may_stop_but_not_drive(console, watcher):
    assert watcher.post("/text", json={"text": "go"}).status_code == 403
    assert watcher.post("/release").status_code == 403
    assert watcher.post("/stop").status_code == 200
    assert console.car.lines == [] and console.car.releases == 0 and console.car.stops >= 1


def test_a_line_is_cleaned_and_sent(console, driver):
    assert driver.post("/text", json={"text": "  go\u0000 \n forward\t", "language": "en"}).json() == {
        "words": "go forward"
    }
    assert console.car.lines == [("go forward", "en")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": ""}', 422), (b'{"text": "\\u0007 "}', 422), (b"{", 422), (b"[]", 422), (b'{"text": 1}', 422),
        (b'{"text": "go", "language": "xx"}', 422), (b'{"text": "go", "more": 1}', 422), (b"\xff\xfe", 422),
        (b'{"text": "' + b"a" * 501 + b'"}', 422), (b'{"text": "' + b"a" * 5000 + b'"}', 413),
        (b'{"text": NaN}', 422), (b"[" * 4000, 422), (b'{"text": "\\ud800"}', 422),
    ],
)  # fmt: skip
def test_bad_lines_are_refused(console, driver, body, status):
    answer = driver.post("/text", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (status, 400 if status == 422 else status)
    assert console.car.lines == []


def test_a_body_without_length_is_refused(driver):
    assert driver.post("/text", content=iter([b"{}"])).status_code == 411


def test_too_many_lines_are_refused(console, driver):
    answers = [driver.post("/text", json={"text": "go"}).status_code for _ in range(20)]
    assert 429 in answers and 200 in answers and set(answers) == {200, 429}


def test_a_line_that_nobody_hears(console, driver):
    console.car.hears = False
    answer = driver.post("/text", json={"text": "go"})
    assert answer.status_code == 503 and "controller" in answer.json()["error"]


def test_stop_says_when_the_gate_does_not_confirm(console, driver):
    console.car.gate_answers = False
    answer = driver.post("/stop")
    assert answer.status_code == 504 and "does not confirm" in answer.json()["error"]
    assert console.car.stops >= 3, "it asks again"
    assert driver.post("/release").status_code == 409


def test_stop_works_as_a_plain_form(console, watcher):
    answer = watcher.post("/stop", headers={"accept": "text/html"})
    assert answer.status_code == 200 and answer.text == "The emergency stop holds."


def test_a_form_elsewhere_cannot_stop_or_drive(console, driver):
    for path in ("/stop", "/release", "/text"):
        assert driver.post(path, headers={"origin": "http://evil.example"}).status_code == 403


def test_no_secret_gets_into_the_log(console, caplog):
    caplog.set_level(logging.DEBUG)
    with console.client() as client:
        for token in (TOKENS.drive, TOKENS.watch, "a-wrong-secret"):
            client.get(f"/?token={token}")
        client.post("/text", json={"text": "go"})
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert TOKENS.drive not in ours and TOKENS.watch not in ours and "a-wrong-secret" not in ours


def test_the_page_needs_nothing_from_elsewhere_and_has_no_inline_script(driver):
    html = driver.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", html)
    names = set(re.findall(r'(?:src|href)="([^"#]+)"', html))
    assert names and all(name.startswith("/page/") for name in names)
    todo = sorted(names)
    for name in todo:
        answer = driver.get(name)
        assert answer.status_code == 200, name
        if name.endswith(".js"):
            assert answer.headers["content-type"].startswith("text/javascript")
            todo += [f"/page/{other}" for other in re.findall(r'from "\./([^"]+)"', answer.text)
                     if f"/page/{other}" not in todo]  # fmt: skip
        assert not re.search(r"https?://(?!www\.w3\.org/)", answer.text), name


def test_the_address_from_elsewhere_is_what_the_test_client_says():
    assert not ELSEWHERE[0].startswith("127.")


def test_more_pages_than_there_may_be_are_turned_away(console, driver, monkeypatch):
    monkeypatch.setattr("kitt_console.app.MAX_CLIENTS", 1)
    with driver.websocket_connect("/live") as first:
        first.receive_text()
        with driver.websocket_connect("/live") as second, pytest.raises(WebSocketDisconnect) as end:
            second.receive_text()
        assert end.value.code == 1013
        assert json.loads(first.receive_text())
