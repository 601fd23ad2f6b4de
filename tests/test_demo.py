"""The demo as a user starts it: `./kitt demo --headless --duration 60 --record FILE --json`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from mcap.reader import make_reader

pytestmark = [pytest.mark.slow, pytest.mark.ros]

DURATION_S = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    bag = tmp_path_factory.mktemp("demo") / "run.mcap"
    command = [sys.executable, "-m", "kitt_cli.main", "demo", "--headless", "--duration", str(DURATION_S)]
    done = subprocess.run(
        [*command, "--record", str(bag), "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout), bag


def test_it_sees_what_stands_in_the_street(run):
    seen = run[0]["detections"]
    assert seen.get("car", 0) + seen.get("truck", 0) > 100
    assert seen.get("stop sign", 0) > 10
    assert seen.get("person", 0) > 10


def test_it_stops_for_the_sign_and_for_the_person_and_goes_on(run):
    stops = run[0]["stops"]
    reasons = [stop["reason"] for stop in stops]
    assert "stop sign" in reasons
    assert "person" in reasons
    at_sign = next(stop for stop in stops if stop["reason"] == "stop sign")
    assert at_sign["duration_s"] >= 2.0
    assert run[0]["distance_m"] > 45.0


def test_its_lines_are_spoken_and_understood(run):
    spoken = run[0]["spoken"]
    assert [line["text"] for line in spoken["lines"]] == ["start driving", "what do you see", "stop"]
    assert spoken["typed"] == 0, spoken
    assert spoken["understood"] == spoken["said"] == 3
    assert spoken["heard_though_not_said"] == []
    assert max(line["after_s"] for line in spoken["lines"]) < 1.0


def test_nobody_is_hit(run):
    assert run[0]["collisions"] == []
    assert run[0]["least_person_distance_m"] > 0.5


def test_no_image_is_lost_and_detections_come_in_time(run):
    assert run[0]["frames"] >= 0.9 * 15 * DURATION_S
    assert run[0]["lost_frames"] == 0
    latency = run[0]["latency"]["stamp_to_detections"]
    assert latency["samples"] > 0.8 * run[0]["frames"]
    assert latency["p95_ms"] <= 120.0


def test_the_recording_opens_elsewhere(run):
    with run[1].open("rb") as file:
        counts = Counter(channel.topic for _schema, channel, _message in make_reader(file).iter_messages())
    driving = ("/detections", "/tracks", "/cmd_vel", "/kitt/state", "/kitt/gate", "/odom", "/scan")
    for name in (*driving, "/audio", "/voice/activity"):
        assert counts[name] > 100, counts
    assert counts["/voice/command"] == 3, counts
    assert counts["/camera/image_raw/compressed"] > 500, counts
    detections = counts["/detections"]
    assert abs(detections - run[0]["latency"]["stamp_to_detections"]["samples"]) < 0.2 * detections
