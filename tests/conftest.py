"""What the tests across packages share: a ROS domain of their own, the data for development, a running car."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Tests of two checkouts on one machine must not hear each other; 0 is left to the user's own car.
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
