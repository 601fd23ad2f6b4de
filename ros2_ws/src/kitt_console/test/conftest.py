"""Fixtures; the helpers beside this file are found by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from console_bench import TOKENS, Console


@pytest.fixture
def console():
    return Console()


@pytest.fixture
def driver(console):
    with console.client(TOKENS.drive) as client:
        yield client


@pytest.fixture
def watcher(console):
    with console.client(TOKENS.watch) as client:
        yield client
