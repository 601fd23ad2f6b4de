"""The page in a browser, with a car that is not there: what it shows, its keys, what it says when something fails."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn
from console_bench import Console

from browser import chromium, open_page, wait_connected, wait_text
from kitt_console.frames import packet
from kitt_inference import zoo
from kitt_inference.download import cache_root, no_progress, npm_files
from kitt_inference.errors import KittError

pytestmark = pytest.mark.slow

AXE = "4.14.1"
PROPOSALS = [
    {"text": "go forward", "suffix": "rward", "score": 0.8, "command": "forward"},
    {"text": "go forward two metres", "suffix": "rward two metres", "score": 0.1, "command": "forward"},
]

# notes in the page when the last message came and when the loss was shown: a busy machine's test would be late
WATCH = """
const Real = WebSocket;
window.WebSocket = class extends Real {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", () => { window.lastAt = performance.now(); });
  }
};
document.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  window.silence ??= loss.hidden ? undefined : performance.now() - window.lastAt;
}).observe(document.getElementById("loss"), { attributes: true }));
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def served():
    """A console on a port of its own, fed ten times a second."""
    console = Console()
    server = uvicorn.Server(uvicorn.Config(console.app, port=0, log_level="warning", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    console.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    console.server = server
    console.stop = lambda: (setattr(server, "should_exit", True), setattr(server, "force_exit", True), thread.join(5))
    ended = threading.Event()
    feeder = threading.Thread(target=feed, args=(console, ended), daemon=True)
    feeder.start()
    yield console
    ended.set()
    feeder.join()
    console.stop()


def feed(console, ended):
    number = 0
    faults = [{"event": "scan_silent", "effect": "soft_stop", "message": "my laser does not work",
               "remedy": "look whether the laser runs"}]  # fmt: skip
    while not ended.wait(0.1):
        number += 1
        image = np.full((480, 640, 3), 60, np.uint8)
        cv2.circle(image, (number * 13 % 640, 240), 40, (40, 90, 220), -1)
        box = {
            "id": "7",
            "label": "person",
            "score": 0.9,
            "box": [number * 13 % 640 - 40, 200, 80, 80],
            "distance": 4.2,
        }
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        hub = console.hub
        hub.picture(packet(number, 0.05, [640, 480], [box], jpeg))
        hub.state("/kitt/state", {"state": "driving", "driver": "console", "command": "go", "reason": "told to",
                                  "target": "", "target_distance": None, "speed": 1.0, "faults": faults})  # fmt: skip
        held = bool(console.car.stops) and console.car.gate_answers
        hub.state("/kitt/gate", {"verdict": "refused" if held else "pass", "message": "", "clearance": None,
                                 "emergency_stop": held})  # fmt: skip
        hub.state("/odom", {"x": number * 0.05, "y": 0.0, "yaw": 0.1, "speed": 0.5, "turn": 0.0})
        hub.state("/scan", {"x": 1.4, "angle": -1.5, "step": 0.1, "ranges": [5.0] * 15 + [None] * 15})
        hub.state("diagnosis", {
            "nodes": [{"node": "camera", "level": "warn", "message": "slow"}],
            "topics": [{"topic": "/odom", "rate": 50.0, "age": 0.01, "level": "ok", "message": "", "node": "sim"},
                       {"topic": "/scan", "rate": None, "age": None, "level": "stale", "message": "gone", "node": ""}],
        })  # fmt: skip
        hub.pulse("ages", {"/kitt/state": 0.1, "/kitt/gate": 0.1})


@pytest.fixture
def page(browser, served):
    page = open_page(browser)
    page.add_init_script(WATCH)
    page.goto(served.url)
    wait_connected(page)
    yield page
    page.close()


def text(page, selector):
    return page.inner_text(selector)


def wait(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def faults_of(page):
    """What axe-core finds fault with on the page as it stands."""
    source = cache_root() / f"axe-core-{AXE}.js"
    if not source.exists():
        source.parent.mkdir(parents=True, exist_ok=True)
        try:
            files = npm_files("axe-core", AXE, ["package/axe.min.js"], source.parent, no_progress)
        except KittError as error:
            pytest.skip(f"axe-core cannot be had: {error}")
        source.write_bytes(files[0])
    page.evaluate(source.read_text() + ";0")  # the debugger's door: the policy rightly lets no foreign script in
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(v["id"], [node["target"] for node in v["nodes"]]) for v in found["violations"]]


def picture(page):
    return page.evaluate("document.getElementById('camera').toDataURL()")


def test_it_shows_the_car_and_complains_of_nothing(page):
    first = picture(page)
    wait_text(page, "#state", "driving")
    wait_text(page, "#faults", "my laser does not work")
    assert "look whether the laser runs" in text(page, "#faults")
    wait_text(page, "#topics", "50.0")
    page.wait_for_function("() => document.getElementById('camera').ariaLabel.includes('person #7 4.2 m')")
    assert picture(page) != first
    assert page.complaints == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_and_axe_finds_no_fault(page, width):
    page.set_viewport_size({"width": width, "height": 780})
    wait_text(page, "#faults", "laser")
    page.fill("#line", "go fo")
    wait_text(page, "#proposals", "stop")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults_of(page) == []


def test_a_completion_is_taken_with_tab_and_sent_with_enter(page, served):
    served.car.help = {"completions": PROPOSALS, "command": "", "reason": ""}
    page.click("#line")
    page.keyboard.type("go fo")
    wait_text(page, "#proposals", "go forward two metres")
    page.keyboard.press("Tab")
    assert page.input_value("#line") == "go forward"
    served.car.help = {"completions": [], "command": "forward", "confidence": 1.0}
    page.keyboard.type(" ")
    wait_text(page, "#line-help", "Understood: forward")
    page.keyboard.press("Enter")
    wait_text(page, "#talk", "go forward")
    assert served.car.lines == [("go forward", "")]


def test_a_typo_is_corrected_before_it_is_sent(page, served):
    served.car.help = {"completions": [], "corrected": "go forward", "command": "", "reason": "?"}
    page.click("#line")
    page.keyboard.type("go forwrad")
    wait_text(page, "#correction", "go forward")
    served.car.help = {"completions": [], "command": "forward", "confidence": 1.0}
    page.keyboard.press("Enter")
    assert page.input_value("#line") == "go forward" and served.car.lines == []
    wait_text(page, "#line-help", "Understood")
    page.keyboard.press("Enter")
    wait_text(page, "#talk", "go forward")
    assert served.car.lines == [("go forward", "")]


def test_help_that_is_late_is_asked_for_again(page, served):
    served.car.help = {"completions": [], "late": True, "reason": ""}
    page.click("#line")
    page.keyboard.type("go forwrad")
    wait_text(page, "#line-help", "dictionary is being opened")
    served.car.help = {"completions": [], "corrected": "go forward", "command": "", "reason": "?", "late": False}
    wait_text(page, "#correction", "go forward")


def test_the_arrow_keys_choose_a_completion_and_plain_typing_works_without(page, served):
    served.car.help = {"completions": PROPOSALS}
    page.click("#line")
    page.keyboard.type("go fo")
    wait_text(page, "#proposals", "two metres")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#line", "aria-activedescendant") == "proposal-1"
    page.keyboard.press("Enter")
    assert page.input_value("#line") == "go forward two metres"
    served.car.help = None
    page.fill("#line", "stop")
    wait_text(page, "#line-help", "not running")
    page.keyboard.press("Enter")
    wait_text(page, "#talk", "stop")
    assert served.car.lines == [("stop", "")]


def test_escape_stops_from_anywhere(page, served):
    page.focus("#line")
    page.keyboard.press("Escape")
    wait_text(page, "#stop-report", "holds")
    wait_text(page, "#stop-button", "HOLDS")
    assert served.car.stops >= 1
    page.click("#release button")
    wait_text(page, "#stop-report", "Released")
    assert served.car.releases == 1


def test_a_failed_stop_is_shown(page, served):
    served.car.gate_answers = False
    page.click("#stop-button")
    wait_text(page, "#stop-report", "FAILED")
    assert "by hand" in text(page, "#stop-report")
    served.stop()
    page.click("#stop-button")
    wait_text(page, "#stop-report", "FAILED: the console cannot be reached")


def test_stop_works_without_the_websocket(browser, served):
    page = browser.new_page()
    page.add_init_script("window.WebSocket = class { constructor() { this.readyState = 3; } };")
    page.goto(served.url)
    page.click("#stop-button")
    wait_text(page, "#stop-report", "holds")
    assert served.car.stops >= 1
    page.close()


def test_stop_works_without_script(browser, served):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url)
    page.click("#stop-button")
    assert "The emergency stop holds." in page.content()
    context.close()


def test_loss_of_contact_shows_within_a_second(page, served):
    page.evaluate("window.silence = undefined")
    served.stop()
    page.wait_for_function("() => window.silence !== undefined", timeout=5000)
    assert page.evaluate("window.silence") < 1000
    assert text(page, "#contact") == "no contact"


def test_a_frozen_server_shows_within_a_second(page, served):
    page.evaluate("window.silence = undefined")
    frozen = threading.Event()
    served.hub._loop.call_soon_threadsafe(frozen.wait, 5.0)
    page.wait_for_function("() => window.silence !== undefined", timeout=5000)
    assert page.evaluate("window.silence") < 1000
    frozen.set()
    page.wait_for_selector("#loss", state="hidden", timeout=10000)


def test_the_stick_speaks_only_while_it_is_held(page, served):
    box = page.locator("#pad").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - box["height"] * 0.4)
    wait(lambda: len(served.car.wishes) >= 5 and served.car.wishes[-1][0] > 0.7)
    page.mouse.up()
    wait(lambda: served.car.wishes[-1] == (0.0, 0.0))
    count = len(served.car.wishes)
    page.wait_for_timeout(400)
    assert len(served.car.wishes) == count

    page.focus("#pad")
    page.keyboard.down("ArrowUp")
    page.keyboard.down("ArrowLeft")
    wait(lambda: served.car.wishes[-1] == (pytest.approx(0.6), pytest.approx(1.2)))
    page.focus("#line")
    wait(lambda: served.car.wishes[-1] == (0.0, 0.0))


def test_a_hostile_word_stays_a_word(page, served):
    evil = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
    served.hub.event("said", {"text": evil, "language": "en"})
    served.hub.event("heard", {"text": evil, "language": "en", "final": True})
    served.hub.event("completions", {"completions": [{"text": evil, "suffix": "", "score": 1.0, "command": ""}]})
    wait_text(page, "#talk", "onerror")
    page.wait_for_timeout(200)
    assert page.title() == "KITT"
    assert json.dumps(page.complaints) == "[]"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_look_inside_is_whole_and_axe_finds_no_fault(browser, served, width):
    pytest.importorskip("onnx")
    soundfile = pytest.importorskip("soundfile")
    try:
        zoo.resolve("auto")
    except KittError as error:
        pytest.skip(str(error))
    lines = Path(__file__).resolve().parents[2] / "kitt_cli" / "kitt_cli" / "demo" / "lines"
    served.car.picture = (zoo.models_dir() / "frames" / "03.jpg").read_bytes(), "auto"
    page = open_page(browser)
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(f"{served.url}page/inside.html")
    wait_text(page, "#view", "What pooling did", 60)
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    faults = faults_of(page)
    page.click("#sound")
    wait_text(page, "#note", "microphone")
    served.car.sound = soundfile.read(lines / "stop.flac", dtype="int16")[0]
    wait_text(page, "#view", "«stop» (stop", 60)
    faults += faults_of(page)
    page.click("#text")
    page.fill("#line", "turn left at the")
    wait_text(page, "#view", "What comes next", 60)
    faults += faults_of(page)
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    wait_text(page, "#stop-report", "holds")
    assert served.car.stops >= 1
    others = [words for words in page.complaints if "503" not in words]  # the browser tells of what is not there yet
    assert others == []
    page.close()


def test_it_keeps_looking_while_it_is_told_to(browser, served, monkeypatch):
    asked = []
    monkeypatch.setattr(served.car, "newest_picture", lambda: asked.append(1) or (b"", "auto"))
    page = browser.new_page()
    page.goto(f"{served.url}page/inside.html")
    wait(lambda: len(asked) == 1)
    page.wait_for_timeout(1500)
    assert len(asked) == 1, "once, not again and again"
    page.click("#live")
    wait(lambda: len(asked) >= 4)
    page.click("#live")
    page.wait_for_timeout(300)
    count = len(asked)
    page.wait_for_timeout(1800)
    assert len(asked) == count
    page.close()
