"""Scenarios through the real nodes, as a user starts them; each is judged by the simulator's ground truth."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# in real time: while the machine does something else, the gate stops the car, as it should
pytestmark = [pytest.mark.slow, pytest.mark.ros, pytest.mark.flaky(reruns=1)]


def kitt(*words: str, timeout_s: float) -> dict[str, Any]:
    """The JSON that a command prints; whether it met its expectations is the caller's to judge."""
    command = [sys.executable, "-m", "kitt_cli.main", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def unmet(run: dict[str, Any]) -> list[str]:
    return [f"{v['name']}: {v['value']}, asked {v['asked']}" for v in run["verdicts"] if not v["passed"]]


def test_the_tour_shows_it_all_in_under_three_minutes():
    run = kitt("demo", "--scenario", "tour", timeout_s=300.0)["runs"][0]
    steps = {step["name"]: step for step in run["steps"]}
    assert all(step["done"] for step in steps.values()), run["steps"]
    assert unmet(run) == []
    assert run["seconds"] < 180.0
    assert list(steps)[:3] == ["hears «start driving» and goes", "stops at the sign", "says what it sees"]
    assert "stop sign" in steps["says what it sees"]["outcome"]
    assert "somebody is in the way" in steps["refuses to drive into them and says why"]["outcome"]
    assert "parked" in steps["parks by the nearest car"]["outcome"]
    assert all(before["ended"] <= after["ended"] for before, after in zip(run["steps"], run["steps"][1:], strict=False))
    details = json.loads((Path(run["folder"]) / "run.json").read_text())
    assert {note["more"] for note in details["commands"]} == {"speech"}  # nothing was typed
    for name in ("path.png", "path.csv", "screenshot_end.jpg", "world.json", "nodes.log"):
        assert (Path(run["folder"]) / name).stat().st_size > 0


def test_it_stops_for_whoever_steps_out_and_goes_on():
    run = kitt("scenario", "run", "step_out", "--seed", "3", timeout_s=200.0)["runs"][0]
    assert all(step["done"] for step in run["steps"]), run["steps"]
    # time to stop and to resume are figures, and a busy machine spoils them: here they are only there
    assert [line for line in unmet(run) if not line.startswith(("time to stop", "resumed"))] == []


def test_it_waits_at_the_red_light():
    run = kitt("scenario", "run", "red_light", "--seed", "2", timeout_s=200.0)["runs"][0]
    assert unmet(run) == []
