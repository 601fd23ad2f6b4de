import math

import pytest

from kitt_cli.demo.report import Frames, RunReport


def test_frames_are_lost_dropped_or_processed():
    frames = Frames()
    for i in range(10):
        frames.published(i * 0.1)
    frames.accounted(0.0, processed=1, dropped=0)
    # frame 4 was lost on the way, frames 2 and 6 were dropped on purpose
    frames.accounted(0.9, processed=7, dropped=2)
    assert frames.count == 10
    assert frames.lost() == 1
    assert frames.dropped == 2


def test_nothing_is_known_of_loss_without_two_results():
    frames = Frames()
    frames.published(0.0)
    assert frames.lost() is None
    frames.accounted(0.0, 1, 0)
    assert frames.lost() is None


def test_a_new_detector_counts_from_its_own_start():
    frames = Frames()
    for i in range(20):
        frames.published(i * 0.1)
    frames.accounted(0.5, 6, 0)
    frames.accounted(1.0, 1, 0)  # started anew
    frames.accounted(1.9, 10, 0)
    assert frames.lost() == 0


def test_each_stop_has_its_reason_and_length():
    report = RunReport()
    for i in range(10):
        report.drove(i * 0.1, 1.0)
    report.thought("waiting_at_sign", "")
    for i in range(10, 40):
        report.drove(i * 0.1, 0.0)
    report.thought("driving", "")
    for i in range(40, 60):
        report.drove(i * 0.1, 1.0)
    report.thought("waiting_for_person", "")
    report.drove(6.0, 0.0)
    summary = report.summary(6.0)
    assert [stop["reason"] for stop in summary["stops"]] == ["stop sign", "person"]
    assert summary["stops"][0]["duration_s"] == pytest.approx(3.0)
    assert summary["stops"][1]["duration_s"] is None


def test_a_stop_by_the_gate_carries_the_gates_reason():
    report = RunReport()
    report.drove(0.0, 1.0)
    report.thought("driving", "")
    report.judged("obstacle", "an obstacle is within stopping distance")
    report.drove(0.1, 0.0)
    assert report.stops[0].reason == "obstacle"


def test_standing_at_the_start_is_no_stop():
    report = RunReport()
    for i in range(10):
        report.drove(i * 0.1, 0.0)
    assert report.stops == []


def test_latency_counts_each_frame_once():
    report = RunReport()
    report.traced(10.0, 10.05)
    report.traced(10.0, 10.10)
    report.traced(0.0, 10.2)
    assert report.summary(1.0)["latency"]["stamp_to_cmd_vel"]["samples"] == 1
    assert report.summary(1.0)["latency"]["stamp_to_cmd_vel"]["p50_ms"] == pytest.approx(50.0)


def test_summary_is_plain_json_even_when_nothing_happened():
    summary = RunReport().summary(0.0)
    assert summary["least_person_distance_m"] is None
    assert summary["latency"]["stamp_to_detections"]["samples"] == 0
    report = RunReport()
    report.least_person_distance = 1.234
    assert report.summary(1.0)["least_person_distance_m"] == 1.23
    assert not math.isinf(report.summary(1.0)["seconds"])
