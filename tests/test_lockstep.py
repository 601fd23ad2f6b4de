"""Scenarios in lockstep: the car's own modules with simulated time, a few seeds each.

docs/scenarios.md has the figures of twenty seeds and the command that prints them.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kitt_cli.scenario.play import Player, Settings
from kitt_sim.scenarios.scenario import scenario_by_name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    return Player(Settings("lockstep", "auto", tmp_path_factory.mktemp("runs")))


def unmet(run: dict[str, Any]) -> list[str]:
    """What was not met, in words."""
    steps = [f"{s['name']}: {s['outcome']}" for s in run["steps"] if not s["done"]]
    return steps + [f"{v['name']}: {v['value']}, asked {v['asked']}" for v in run["verdicts"] if not v["passed"]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["step_out", "dart_out", "empty_street"])
def test_people_and_streets(player, name, seed):
    assert unmet(player.run(scenario_by_name(name), seed, lambda step, record: None)) == []


@pytest.mark.parametrize("name", ["follow", "frozen_camera", "red_light", "tour"])
def test_as_it_is_written(player, name):
    assert unmet(player.run(scenario_by_name(name), 0, lambda step, record: None)) == []


def test_a_run_repeats_to_the_last_digit(player):
    runs = [player.run(scenario_by_name("frozen_camera"), 1, lambda step, record: None) for _ in range(2)]
    assert runs[0] == runs[1]
    assert (Path(runs[0]["folder"]) / "path.csv").stat().st_size > 0


def test_ctrl_c_ends_a_run_at_once_and_keeps_it():
    command = [sys.executable, "-m", "kitt_cli.main", "scenario", "run", "follow", "--sim", "lockstep", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("follows" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        words, _ = process.communicate(timeout=30.0)
    summary = json.loads(words)
    assert process.returncode == 130
    kept = json.loads((Path(summary["runs"][0]["folder"]) / "run.json").read_text())
    assert kept["interrupted"]
    assert [step["done"] for step in kept["steps"]] == [True, False]
    assert kept["seconds"] < 60.0
