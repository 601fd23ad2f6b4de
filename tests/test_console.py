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
    clicked = time.monotonic()
    page.click("#stop-button")
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


def test_nothing_was_complained_of(car, page):
    assert page.complaints == []
