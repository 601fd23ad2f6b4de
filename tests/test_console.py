"""The web console on the running car: a browser watches, types, steers and stops it."""

from __future__ import annotations

import time

import pytest

from browser import chromium, open_page, wait_connected, wait_text
from car import Car
from kitt_console.links import free_port

pytestmark = [pytest.mark.slow, pytest.mark.ros]


@pytest.fixture(scope="module")
def page():
    with chromium() as browser:
        yield open_page(browser)


@pytest.fixture(scope="module")
def car(page):
    port = free_port(8180)
    with Car(sim="builtin", console="true", console_port=str(port)) as car:
        car.listen("/cmd_vel", "/tracks", "/kitt/state", "/kitt/gate", "/odom", "/cmd_vel_manual", "/text/input")
        car.wait_until_up(120.0)
        car.wait_for(
            lambda: any(f"serving 127.0.0.1:{port}" in line for line in car.lines), 60.0, "the console's start"
        )
        page.goto(f"http://127.0.0.1:{port}/")
        wait_connected(page)
        yield car


def type_line(page, words):
    page.fill("#line", words)
    page.press("#line", "Shift+Enter")


def drive(car, page, timeout_s=40.0):
    """Type «go» on the page until the car moves: a busy machine may make the gate doubt its eyes for a moment."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        type_line(page, "go")
        for _ in range(30):
            if car.speed_wished() > 0.3:
                return
            page.wait_for_timeout(100)
    raise AssertionError("the car does not drive\n" + "\n".join(car.lines[-25:]))


def test_the_picture_moves_and_the_state_is_shown(car, page):
    first = page.evaluate("document.getElementById('camera').toDataURL()")
    page.wait_for_function("first => document.getElementById('camera').toDataURL() !== first", arg=first, timeout=15000)
    wait_text(page, "#facts", "Gate")
    wait_text(page, "#topics", "/camera/image_raw")
    wait_text(page, "#nodes", "safety_gate")


def test_a_typed_line_is_driven(car, page):
    drive(car, page)
    assert car.last("/text/input").source == "console"
    wait_text(page, "#state", "driving")


def test_the_emergency_stop_stops_within_half_a_second_of_the_click(car, page):
    drive(car, page)
    # the click as the browser sees it: the test's way to the browser is no part of the car
    page.evaluate("addEventListener('click', () => { window.clickedAt = Date.now(); }, { capture: true, once: true })")
    page.click("#stop-button")
    clicked = page.evaluate("window.clickedAt") / 1000 - time.time() + time.monotonic()
    car.wait_for(lambda: car.speed_wished() == 0.0, 10.0, "the stop")
    at_zero = next(at for at, m in car.since("/cmd_vel", clicked) if m.twist.linear.x == 0.0)
    print(f"zero on /cmd_vel {1000 * (at_zero - clicked):.0f} ms after the click")
    assert at_zero - clicked < 0.5
    wait_text(page, "#stop-report", "holds")
    wait_text(page, "#stop-button", "HOLDS")
    car.wait_for(lambda: abs(car.last("/odom").twist.twist.linear.x) < 0.02, 10.0, "standing still")
    wait_text(page, "#facts", "Last stop")
    page.click("#release button")
    wait_text(page, "#stop-report", "Released")
    car.wait_for(lambda: not car.last("/kitt/gate").emergency_stop, 5.0, "the release")


def test_the_stick_is_published_only_while_it_is_held(car, page):
    begin = time.monotonic()
    page.focus("#pad")
    page.keyboard.down("ArrowUp")
    car.wait_for(lambda: len(car.since("/cmd_vel_manual", begin)) > 5, 10.0, "the stick")
    assert car.last("/cmd_vel_manual").twist.linear.x == pytest.approx(0.6 * 0.8)
    page.keyboard.up("ArrowUp")
    page.wait_for_timeout(500)
    assert car.last("/cmd_vel_manual").twist.linear.x == 0.0
    count = len(car.heard["/cmd_vel_manual"])
    page.wait_for_timeout(500)
    assert len(car.heard["/cmd_vel_manual"]) == count


def until_it_stands(car, page):
    """Say «stop», and wait until it does."""
    type_line(page, "stop")
    car.wait_for(lambda: car.speed_wished() == 0.0, 10.0, "the stop")


def test_a_typo_is_corrected_by_the_completer_and_driven(car, page):
    until_it_stands(car, page)
    page.select_option("#language", "en")
    page.fill("#line", "")
    page.click("#line")
    page.keyboard.type("go forwrad two metres")
    wait_text(page, "#correction", "go forward two metres", 60.0)  # the first use of a language opens its dictionary
    page.keyboard.press("Enter")
    assert page.input_value("#line") == "go forward two metres", "a correction is never driven unseen"
    wait_text(page, "#line-help", "Understood: forward", 30.0)
    begin = time.monotonic()
    page.keyboard.press("Enter")
    car.wait_for(lambda: any(m.text == "go forward two metres" for _, m in car.since("/text/input", begin)), 10.0,
                 "the corrected line")  # fmt: skip
    car.wait_for(lambda: any(m.twist.linear.x > 0.2 for _, m in car.since("/cmd_vel", begin)), 20.0, "the drive")


def test_a_completion_is_taken_with_tab_and_driven(car, page):
    until_it_stands(car, page)
    page.click("#line")
    page.keyboard.type("drive st")
    wait_text(page, "#proposals", "drive straight", 30.0)
    page.keyboard.press("Tab")
    taken = page.input_value("#line")
    assert taken.startswith("drive straight"), "the line holds the first completion"
    wait_text(page, "#line-help", "Understood: forward", 30.0)
    begin = time.monotonic()
    page.keyboard.press("Enter")
    car.wait_for(lambda: any(m.text == taken for _, m in car.since("/text/input", begin)), 10.0, "the completed line")
    car.wait_for(lambda: any(m.twist.linear.x > 0.2 for _, m in car.since("/cmd_vel", begin)), 20.0, "the drive")


LOSS = """
window.lostAfter = undefined;
new MutationObserver(() => {
  if (!loss.hidden) window.lostAfter ??= Date.now();
}).observe(document.getElementById("loss"), { attributes: true });
"""


def test_the_deadman_stops_the_car_when_the_console_dies_under_the_hand(car, page):
    until_it_stands(car, page)
    page.evaluate(LOSS)
    page.focus("#pad")
    page.keyboard.down("ArrowUp")
    car.wait_for(lambda: car.speed_wished() > 0.2, 20.0, "driving by the stick")
    killed = time.monotonic()
    at_wall = time.time()
    car.session.kill("console")
    try:
        car.wait_for(lambda: car.speed_wished() == 0.0, 10.0, "the stop")
        at_zero = next(at for at, m in car.since("/cmd_vel", killed) if m.twist.linear.x == 0.0)
        assert at_zero - killed < 1.0, "the stick's messages ended, and with them its velocities"
        page.wait_for_function("() => window.lostAfter !== undefined", timeout=5000)
        shown = page.evaluate("window.lostAfter") / 1000 - at_wall
        print(f"zero {1000 * (at_zero - killed):.0f} ms, loss shown {1000 * shown:.0f} ms after the console's death")
        assert shown < 1.0
        wait_text(page, "#contact", "no contact")
    finally:
        page.keyboard.up("ArrowUp")
    wait_connected(page)  # the launch starts it again, and the page finds it
    page.complaints[:] = [words for words in page.complaints if "WebSocket" not in words]


def test_the_look_inside_shows_the_frame_now_on_screen(car, page):
    look = page.context.browser.new_page()
    look.goto(page.url + "page/inside.html")
    wait_text(look, "#view", "What pooling did", 60.0)
    assert look.evaluate("document.querySelector('#view img').naturalWidth") == 640
    look.close()


def test_nothing_was_complained_of(car, page):
    assert page.complaints == []
