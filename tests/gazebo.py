"""Gazebo for tests that run it."""

from __future__ import annotations

import os

import pytest

from kitt_inference.errors import KittError
from kitt_sim.gazebo import tree


def set_up() -> None:
    """Set Gazebo up where it is not yet; on a machine that cannot, fail, or skip with KITT_SKIP_GAZEBO=1."""
    try:
        tree.fetch()
    except KittError as error:
        line = f"this machine cannot run Gazebo: {error}"
        if os.environ.get("KITT_SKIP_GAZEBO") == "1":
            pytest.skip(line)
        pytest.fail(f"{line} (KITT_SKIP_GAZEBO=1 leaves these tests out)", pytrace=False)
