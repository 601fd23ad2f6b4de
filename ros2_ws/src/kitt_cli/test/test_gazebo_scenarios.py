"""Scenarios with all the nodes in real Gazebo, and the same one in both simulators with simulated time."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from gazebo import set_up
from kitt_cli.bootstrap.places import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def gazebo():
    set_up()


def play(name, sim):
    command = [sys.executable, "-m", "kitt_cli.main", "scenario", "run", name, "--sim", sim, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout)["runs"][0]


@pytest.mark.ros
@pytest.mark.flaky(reruns=1)  # in real time: a machine that is busy for a moment has the gate stop the car
@pytest.mark.parametrize("name", ["step_out", "red_light"])
def test_a_scenario_passes_with_the_real_nodes(name):
    run = play(name, "gazebo")
    assert run["passed"], json.dumps({"steps": run["steps"], "verdicts": run["verdicts"]}, indent=1)
    assert {"run.json", "path.png", "path.csv", "screenshot_end.jpg"} <= {p.name for p in Path(run["folder"]).iterdir()}


def stopping_points(run):
    """Where the car came to a standstill after having driven, by its path."""
    rows = [line.split(",") for line in (Path(run["folder"]) / "path.csv").read_text().splitlines()[1:]]
    points, moving = [], False
    for _t, x, y, _yaw, speed in ((float(v) for v in row) for row in rows):
        if abs(speed) > 0.3:
            moving = True
        elif moving and abs(speed) < 0.03:
            points.append((x, y))
            moving = False
    return points


def test_the_car_stops_at_the_same_places_in_both_simulators():
    ours, gazebos = (play("step_out", sim) for sim in ("lockstep", "gazebo-lockstep"))
    assert ours["passed"]
    assert gazebos["passed"]
    a, b = stopping_points(ours), stopping_points(gazebos)
    assert len(a) == len(b) >= 1
    assert math.dist(a[0], b[0]) < 0.3, f"{a[0]} and {b[0]}"
