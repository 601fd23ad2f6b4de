"""A headless Chromium for tests, the system's own; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def chromium() -> Iterator[Any]:
    """Playwright's browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("there is no chromium: apt-get install chromium")
    with playwright.sync_playwright() as run:
        # root may not use the sandbox; the only page opened is ours
        browser = run.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Any) -> Any:
    """A page that gathers what it complains of in `complaints`."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def wait_connected(page: Any) -> None:
    """Until the page hears the console."""
    page.wait_for_function("() => document.getElementById('contact').textContent === 'connected'")


def wait_text(page: Any, selector: str, words: str, seconds: float = 15.0) -> None:
    """Until an element's text holds the words."""
    page.wait_for_function(
        "([s, w]) => document.querySelector(s).textContent.includes(w)", arg=[selector, words], timeout=seconds * 1000
    )
