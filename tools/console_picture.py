"""Draw the README's picture of the console: the page of a car that drives in the built-in simulator.

./kitt test --quick && .kitt/venv/bin/python tools/console_picture.py        (needs chromium)
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures" / "console.jpg"
PORT = 8199


def photograph(page: Page) -> bytes:
    """The page, once the car drives and sees somebody."""
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.wait_for_function("() => document.getElementById('contact').textContent === 'connected'")
    deadline = time.monotonic() + 90.0
    while time.monotonic() < deadline and "driving" not in page.inner_text("#facts"):
        page.fill("#line", "go")
        page.press("#line", "Shift+Enter")
        page.wait_for_timeout(2000)
    page.wait_for_timeout(9000)
    page.fill("#line", "")
    page.type("#line", "turn le", delay=100)
    page.wait_for_timeout(1500)
    return page.screenshot()


def main() -> None:
    """Start the car, take the picture, stop the car."""
    launch = [str(ROOT / "kitt"), "launch", "kitt_bringup", "kitt.launch.xml", "sim:=builtin", "console:=true",
              f"console_port:={PORT}"]  # fmt: skip
    car = subprocess.Popen(launch, stdout=sys.stderr, env={**os.environ, "KITT_ROOT": str(ROOT)})
    try:
        with sync_playwright() as run:
            browser = run.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            for _ in range(120):
                try:
                    page.goto(f"http://127.0.0.1:{PORT}/")
                    break
                except Exception:
                    time.sleep(0.5)
            picture = cv2.imdecode(np.frombuffer(photograph(page), np.uint8), cv2.IMREAD_COLOR)
    finally:
        car.send_signal(signal.SIGINT)
        car.wait(timeout=20.0)
    assert picture is not None
    cv2.imwrite(str(OUT), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
