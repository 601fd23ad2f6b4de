"""The reference recording: today's networks make of it what they did when the reference was written.

Who changes a network or a threshold on purpose writes it anew and looks at what changed:
./kitt replay tests/reference/street.mcap --compare tests/reference/street.json --update-refs
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ros]


@pytest.fixture(scope="module")
def bag(root):
    """The recording; the test is left out where the detector of the reference cannot be had."""
    pytest.importorskip("rclpy")
    from kitt_inference import zoo
    from kitt_inference.errors import KittError

    wanted = json.loads((root / "tests/reference/street.json").read_text())["models"]["detector"].split()[0]
    try:
        name = zoo.resolve("auto").card.name
    except KittError as error:
        pytest.skip(str(error))
    if name != wanted:
        pytest.skip(f"the reference was made with {wanted}, and {name} is what can be had here")
    return root / "tests/reference/street.mcap"


@pytest.fixture
def reference(root, tmp_path):
    return shutil.copy(root / "tests/reference/street.json", tmp_path / "street.json")


def kitt(*words):
    command = [sys.executable, "-m", "kitt_cli.main", "replay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def test_nothing_has_changed(bag, reference):
    done = kitt(bag, "--compare", reference, "--json")
    result = json.loads(done.stdout)
    assert result["lines"] == [] and done.returncode == 0, "\n".join(result["lines"])
    assert (result["pictures"], result["commands"]) == (13, 2)


def test_twice_the_same_and_a_changed_threshold_is_caught(bag, reference):
    from kitt_cli import process_replay

    first, again = process_replay.outputs(bag), process_replay.outputs(bag)
    assert json.dumps(first) == json.dumps(again)
    lines = process_replay.compare(process_replay.load(reference), process_replay.outputs(bag, score=0.6))
    assert lines[0] == "least score of a detection: 0.4 in the reference, 0.6 now"
    assert any("truck #" in line and "is missing (score 0.5" in line for line in lines), lines


def test_updating_shows_what_changed_and_then_nothing_differs(bag, reference):
    changed = json.loads(reference.read_text())
    changed["frames"][0]["detections"][0]["score"] = 0.5
    changed["heard"][1]["command"] = "go"
    reference.write_text(json.dumps(changed))
    failed = kitt(bag, "--compare", reference)
    assert failed.returncode == 1
    assert "detections at 0.000 s: stop sign #1: score 0.8" in failed.stdout
    assert f"heard at {changed['heard'][1]['begin']:.2f} s: command 'stop', was 'go'" in failed.stdout
    updated = kitt(bag, "--compare", reference, "--update-refs")
    assert (updated.returncode, updated.stdout) == (0, failed.stdout)
    assert kitt(bag, "--compare", reference).returncode == 0
    assert len(reference.read_text().splitlines()) > 13, "a picture a line, so that a diff shows a change"
