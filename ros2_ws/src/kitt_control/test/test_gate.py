"""Each rule of docs/safety_gate.md, at its boundary."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gate_bench import CAMERA, QUIET, SMALL, Bench, cause, scan

from kitt_control.gate import SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.reasons import Reason
from kitt_control.world import Camera, Odom
from kitt_core.geometry import Twist2D


def test_starts_at_zero_and_says_what_is_missing():
    gate = SafetyGate(QUIET)
    missing = []
    for feed in (
        lambda: gate.on_scan(scan(1000.0), 1.0, 1000.0),
        lambda: gate.on_tracks((), 1000.0, 1.0, 1000.0),
        lambda: gate.on_camera(CAMERA),
        lambda: gate.on_command(Twist2D(1.0, 0.0), 1000.0, 1.0, 1000.0),
        lambda: gate.on_cause(cause(Twist2D(1.0, 0.0), 1000.0), 1000.0),
        lambda: gate.on_command(Twist2D(0.0, 0.0), 1000.0, 1.0, 1000.0),
    ):
        output = gate.step(1.0, 1000.0)
        assert output.twist == Twist2D(0.0, 0.0)
        assert not output.allowed
        missing.append(output.reason)
        feed()
    expected = [Reason.SCAN_MISSING, Reason.TRACKS_MISSING, Reason.CAMERA_UNKNOWN, Reason.NO_COMMAND]
    assert missing == [*expected, Reason.CAUSE_MISSING, Reason.NEUTRAL_REQUIRED]
    assert gate.step(1.0, 1000.0).reason is Reason.STANDING


def test_a_motion_command_at_start_moves_nothing_until_a_neutral_one():
    bench = Bench()
    assert bench.run(1.0).reason is Reason.NEUTRAL_REQUIRED
    assert bench.step(0.0).reason is Reason.STANDING
    assert bench.run(1.0).twist == Twist2D(1.0, 0.0)


@pytest.mark.parametrize("neutral", [(0.0, 0.1), (0.1, 0.0)])
def test_neutral_is_zero_in_both_components(neutral):
    bench = Bench()
    bench.run(*neutral)
    assert bench.step(1.0).reason is Reason.NEUTRAL_REQUIRED


def test_passes_what_is_harmless():
    output = Bench().ready(0.7, 0.3)
    assert output.twist == Twist2D(0.7, 0.3)
    assert output.allowed
    assert output.reason is Reason.OK


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((1.5, 0.0), (1.5, 0.0)),
        ((3.0, 0.5), (1.5, 0.25)),
        ((-0.5, 0.0), (-0.5, 0.0)),
        ((-1.0, 0.4), (-0.5, 0.2)),
        ((0.5, 3.0), (0.25, 1.5)),
        ((0.0, -9.0), (0.0, -1.5)),
    ],
)
def test_limits_keep_the_arc(asked, given):
    output = Bench().ready(*asked)
    assert output.twist.linear == pytest.approx(given[0])
    assert output.twist.angular == pytest.approx(given[1])
    assert output.reason is (Reason.OK if asked == given else Reason.LIMITED)


def test_acceleration_and_jerk_limit_growth_and_nothing_limits_braking():
    bench = Bench(GateParameters(**SMALL, recovery_time=0.0))
    bench.step(0.0)
    speeds = [bench.step(1.5).twist.linear for _ in range(60)]
    rises = np.diff([0.0, *speeds]) / 0.05
    assert speeds[0] == pytest.approx(5.0 * 0.05 * 0.05)  # jerk * dt * dt
    assert rises.max() == pytest.approx(1.0)
    assert np.diff(rises).max() <= 5.0 * 0.05 + 1e-9
    assert speeds[-1] == 1.5
    assert bench.step(0.4).twist.linear == 0.4
    assert bench.step(0.0).twist.linear == 0.0


def test_angular_acceleration():
    bench = Bench(GateParameters(**SMALL, recovery_time=0.0))
    bench.step(0.0)
    assert bench.step(0.0, 1.5).twist.angular == pytest.approx(4.0 * 0.05)
    assert bench.step(0.0, 1.5).twist.angular == pytest.approx(4.0 * 0.1)
    assert bench.step(0.0, -1.5).twist.angular == pytest.approx(-4.0 * 0.05)  # a change of sign starts from zero


def test_starting_off_keeps_the_wished_arc():
    bench = Bench(GateParameters(**SMALL, recovery_time=0.0))
    bench.step(0.0)
    for _ in range(10):
        twist = bench.step(1.0, 0.5).twist
        assert 0.0 < twist.linear < 1.0
        assert twist.angular == pytest.approx(0.5 * twist.linear)


def test_a_pause_between_steps_earns_no_acceleration():
    bench = Bench(GateParameters(**SMALL, recovery_time=0.0, clock_tolerance=1.0))
    bench.step(0.0)
    assert bench.step(1.5, dt=0.2).twist.linear <= 1.0 * 0.1 + 1e-9


@pytest.mark.parametrize(
    ("name", "limit", "stale"),
    [
        ("command", "command_max_age", Reason.COMMAND_STALE),
        ("scan", "scan_max_age", Reason.SCAN_STALE),
        ("tracks", "tracks_max_age", Reason.TRACKS_STALE),
    ],
)
def test_a_silent_input_stops_the_car_exactly_after_its_age(name, limit, stale):
    ages = {"command_max_age": 5.0, "scan_max_age": 5.0, "tracks_max_age": 5.0, limit: 0.25}
    bench = Bench(**ages, clock_tolerance=1.0)
    bench.steady, bench.ros = 128.0, 1024.0  # binary fractions, so that the boundary is exact
    bench.ready()
    bench.feed.discard(name)
    assert bench.step(1.0, dt=0.25).reason is Reason.OK
    output = bench.step(1.0, dt=2**-20)
    assert output.reason is stale
    assert output.twist == Twist2D(0.0, 0.0)
    bench.feed.add(name)
    assert bench.run(1.0, steps=3).reason is Reason.OK  # no neutral needed after a mere gap


@pytest.mark.parametrize("name", ["scan", "tracks"])
def test_an_input_that_is_not_required_is_not_missed(name):
    bench = Bench(**{f"require_{name}": False})
    bench.feed.discard(name)
    bench.gate.camera = None if name == "tracks" else CAMERA
    assert bench.ready().reason is Reason.OK


def test_age_by_stamp_though_just_received():
    bench = Bench()
    bench.ready()
    bench.feed.discard("command")
    for _ in range(10):
        bench.steady += 0.05
        bench.ros += 0.05
        bench.inputs(1.0)
        bench.wish(0.0, ahead=-0.3)
        output = bench.gate.step(bench.steady, bench.ros)
    assert output.reason is Reason.COMMAND_STALE


def test_age_by_receipt_though_ros_time_stands_still():
    bench = Bench(clock_tolerance=60.0)
    bench.ready()
    bench.feed.clear()
    bench.steady += 0.26
    assert bench.gate.step(bench.steady, bench.ros).reason is Reason.COMMAND_STALE


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        (Twist2D(math.nan, 0.0), Reason.COMMAND_INVALID),
        (Twist2D(0.0, math.nan), Reason.COMMAND_INVALID),
        (Twist2D(math.inf, 0.0), Reason.COMMAND_INVALID),
        (Twist2D(0.0, -math.inf), Reason.COMMAND_INVALID),
        (Twist2D(15.1, 0.0), Reason.COMMAND_OUT_OF_RANGE),
        (Twist2D(-15.1, 0.0), Reason.COMMAND_OUT_OF_RANGE),
        (Twist2D(0.0, 15.1), Reason.COMMAND_OUT_OF_RANGE),
        (Twist2D(15.0, 0.0), Reason.LIMITED),
        (Twist2D(0.0, -15.0), Reason.LIMITED),
    ],
)
def test_bad_commands_blot_out_the_good_one_before(twist, reason):
    bench = Bench()
    bench.ready()
    assert bench.step(twist.linear, twist.angular).reason is reason
    assert bench.run(1.0, steps=3).reason is Reason.OK


def test_stamps_of_the_future_and_of_the_past():
    bench = Bench()
    bench.steady, bench.ros = 128.0, 1024.0
    bench.ready()
    now = (bench.steady, bench.ros)
    bench.wish(1.0, ahead=0.1)
    assert bench.gate.step(*now).reason is Reason.OK
    bench.wish(0.5, ahead=0.05)  # older than the held one: dropped
    assert bench.gate.step(*now).twist.linear == 1.0
    for feed, reason in (
        (lambda: bench.wish(1.0, ahead=0.11), Reason.COMMAND_FUTURE),
        (lambda: bench.gate.on_tracks((), bench.ros + 0.11, *now), Reason.TRACKS_FUTURE),
        (lambda: bench.gate.on_scan(scan(bench.ros + 0.11), *now), Reason.SCAN_FUTURE),
    ):
        feed()
        assert bench.gate.step(*now).reason is reason  # sensors are named before the command


def test_emergency_stop_latches_until_released_and_then_wants_neutral_and_a_fresh_command():
    bench = Bench()
    bench.ready()
    bench.gate.emergency_stop()
    bench.gate.emergency_stop()
    assert bench.run(1.0).reason is Reason.EMERGENCY_STOP
    bench.run(0.0)
    assert bench.gate.release()
    assert not bench.gate.release()
    assert bench.gate.step(bench.steady, bench.ros).reason is Reason.NO_COMMAND
    assert bench.run(1.0).reason is Reason.NEUTRAL_REQUIRED
    assert bench.step(0.0).reason is Reason.STANDING
    assert bench.run(1.0).reason is Reason.OK


def test_releasing_nothing_changes_nothing():
    bench = Bench()
    bench.ready()
    assert not bench.gate.release()
    assert bench.step(1.0).reason is Reason.OK


@pytest.mark.parametrize(
    ("steady", "ros", "jumped"),
    [
        (0.05, -0.01, True),
        (-0.01, 0.05, True),
        (0.05, 0.31, True),
        (0.35, 0.05, True),
        (0.05, 0.29, False),
        (0.2, 0.2, False),
    ],
)
def test_clock_jumps(steady, ros, jumped):
    bench = Bench()
    bench.ready()
    bench.steady += steady
    bench.ros += ros
    output = bench.gate.step(bench.steady, bench.ros)
    assert (output.reason is Reason.CLOCK_JUMP) == jumped
    if jumped:
        assert bench.run(1.0).reason is Reason.NEUTRAL_REQUIRED
        assert bench.ready().reason is Reason.OK


def test_no_ros_time_no_motion():
    gate = Bench().gate
    assert gate.step(1.0, 0.0).reason is Reason.NO_CLOCK
    assert gate.step(math.nan, 5.0).reason is Reason.CLOCK_JUMP
    assert gate.step(1.1, math.inf).reason is Reason.CLOCK_JUMP
    # the simulator's clock starts: no jump, for there was none before
    assert gate.step(1.2, 50.0).reason is Reason.SCAN_MISSING


def test_recovery_takes_its_time_and_starts_anew_with_each_doubt():
    bench = Bench(recovery_time=0.3)
    bench.run(0.0)
    assert bench.run(1.0, steps=2).reason is Reason.OK
    bench.step(math.nan)
    reasons = [bench.step(1.0).reason for _ in range(8)]
    assert reasons[:6] == [Reason.RECOVERING] * 6
    assert reasons[7].allowed


def test_reversal_waits_until_the_car_stands():
    bench = Bench()
    bench.speed = 0.16
    assert bench.ready(-0.3).reason is Reason.REVERSING
    bench.speed = 0.14
    assert bench.step(-0.3).reason is Reason.OK


def test_stale_or_bad_odometry_is_not_believed_and_refused_only_when_required():
    for required, reason in ((False, Reason.OK), (True, Reason.ODOM_INVALID)):
        bench = Bench(require_odom=required)
        bench.speed = 0.0
        bench.ready()
        bench.speed = None
        bench.gate.on_odom(Odom(bench.ros, linear=math.nan), bench.steady, bench.ros)
        assert bench.step(1.0).reason is reason


def test_unusable_intrinsics_are_none():
    bench = Bench()
    bench.ready()
    bench.gate.on_camera(Camera(640, 480, 0.0, 500.0, 320.0, 240.0))
    assert bench.step(1.0).reason is Reason.CAMERA_UNKNOWN


def test_parameters_change_as_a_whole_at_run_time():
    bench = Bench()
    bench.ready(1.5)
    bench.gate.parameters = GateParameters(**(SMALL | {"max_speed": 0.5}), recovery_time=0.0)
    assert bench.step(1.5).twist.linear == 0.5
