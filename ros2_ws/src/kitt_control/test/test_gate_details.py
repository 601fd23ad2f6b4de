"""The gate's finer points, one by one: boundaries, what it says, what counts while data age. Found by mutation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from gate_bench import CAMERA, QUIET, Bench, person, scan

from kitt_control.gate import SafetyGate
from kitt_control.limits import living_points
from kitt_control.reasons import Reason
from kitt_control.world import Odom, Scan, Track


def sector(stamp: float, middle: float, half: float, distance: float = np.inf) -> Scan:
    """A scan that sees only so far to either side of a bearing."""
    count = 101
    return Scan(stamp, middle - half, 2 * half / (count - 1), 0.05, 20.0, np.full(count, distance))


class Blinkered(Bench):
    """A bench whose laser sees a sector only."""

    middle, half = 0.0, 0.5

    def inputs(self, linear: float, angular: float = 0.0) -> None:
        self.feed.discard("scan")
        self.gate.on_scan(sector(self.ros, self.middle, self.half), self.steady, self.ros)
        self.seen = self.ros
        super().inputs(linear, angular)


def ready(bench: Bench, linear: float, angular: float = 0.0):
    bench.step(0.0)
    return bench.run(linear, angular, 3)


def test_where_the_laser_looks_it_may_go_and_nowhere_else():
    assert ready(Blinkered(), 1.0).reason is Reason.OK
    back = ready(Blinkered(), -0.3)
    assert back.reason is Reason.BLIND
    assert "command_age" in back.details
    behind = Blinkered()
    behind.middle = math.pi
    assert ready(behind, 1.0).reason is Reason.BLIND
    assert ready(behind, -0.3).reason is Reason.OK


def test_turning_in_place_is_not_checked_against_blind_angles_nor_is_a_car_that_needs_no_laser():
    assert ready(Blinkered(), 0.0, 0.5).reason is Reason.OK
    assert ready(Blinkered(require_scan=False), -0.3).reason is Reason.OK


def test_the_blind_speed_at_its_edges():
    edge = ready(Blinkered(blind_speed=QUIET.creep_speed), -0.3)
    assert edge.twist.linear == pytest.approx(-QUIET.creep_speed)
    assert ready(Blinkered(blind_speed=QUIET.creep_speed - 0.001), -0.3).reason is Reason.BLIND
    assert ready(Blinkered(blind_speed=0.3), -0.1).twist.linear == -0.1  # slower than that is as asked


def test_rolling_the_other_way_is_refused_above_the_reversal_speed_only():
    for speed, reason in ((QUIET.reversal_speed, Reason.OK), (QUIET.reversal_speed + 0.01, Reason.REVERSING)):
        bench = Bench()
        bench.speed = -speed
        out = ready(bench, 1.0)
        assert out.reason is reason
        assert "command_age" in out.details


def test_messages_name_the_reason_and_who_is_in_the_way():
    bench = Bench()
    out = bench.step(1.0)
    assert (out.reason, out.message) == (Reason.NEUTRAL_REQUIRED, Reason.NEUTRAL_REQUIRED.message)
    assert ready(bench, 1.0).message == Reason.OK.message
    bench.tracks = (person(0.9, 0.0),)
    out = bench.run(1.0, steps=3)
    assert (out.reason, out.message) == (Reason.PERSON, f"{Reason.PERSON.message} (person)")
    bench.tracks, bench.wall = (), 0.3
    out = bench.run(1.0, steps=3)
    assert (out.reason, out.message) == (Reason.OBSTACLE, Reason.OBSTACLE.message)


def test_one_release_undoes_however_many_stops():
    gate = SafetyGate()
    gate.emergency_stop()
    gate.release()
    gate.emergency_stop()
    gate.emergency_stop()
    assert gate.release()
    assert not gate.release()


def test_after_a_refusal_the_acceleration_grows_from_zero():
    bench = Bench(max_acceleration=1.0, max_jerk=5.0)
    first = [ready(bench, 1.0).twist.linear for _ in range(1)]
    bench.run(1.0, steps=20)
    bench.speed = -1.0
    assert bench.step(1.0).reason is Reason.REVERSING
    bench.speed = 0.0
    assert bench.step(1.0).twist.linear == pytest.approx(5.0 * 0.05 * 0.05)
    assert first[0] == pytest.approx(5.0 * 0.05 * 0.05 * (1 + 2 + 3))


def test_details_are_ages_and_figures():
    bench = Bench()
    bench.wall = 3.0
    bench.speed = 0.5
    for out in (ready(bench, 1.0), bench.run(2.0, steps=3)):
        assert set(out.details) == {
            "command_age", "scan_age", "tracks_age", "free", "allowed_speed", "measured",
        }  # fmt: skip
        assert out.details["measured"] == 0.5
    bench.wall = 1.5
    slowed = bench.run(1.5, steps=3)
    assert slowed.reason is Reason.SLOWED
    assert set(slowed.details) >= {"command_age", "free", "allowed_speed", "measured"}
    assert slowed.twist.linear == pytest.approx(slowed.details["allowed_speed"])


def test_exactly_the_allowed_speed_is_as_asked():
    bench = Bench()
    bench.wall, bench.speed = 1.5, 0.0
    allowed = ready(bench, 1.5).details["allowed_speed"]
    assert bench.run(allowed, steps=5).reason is Reason.OK


def test_old_odometry_is_not_believed():
    bench = Bench()
    bench.speed = 0.7
    assert ready(bench, 1.0).details["measured"] == 0.7
    bench.speed = None
    assert bench.run(1.0, steps=13).details["measured"] == pytest.approx(1.0)


def test_the_look_ahead_reaches_as_far_as_the_car_needs_by_what_it_measures_or_was_told():
    # 1.9 m/s stop within 1.2 + 0.57 + 0.5 m, 0.1 m/s within 0.54 m: a wall at 1.5 m matters only to the first
    bench = Bench()
    bench.wall, bench.speed = 1.6, 1.9
    assert math.isfinite(ready(bench, 0.1).details["free"])
    still = Bench()
    still.wall, still.speed = 1.6, 0.0
    assert math.isinf(ready(still, 0.1).details["free"])
    told = Bench()
    told.speed = 0.0
    ready(told, 1.5)
    told.wall = 1.6
    assert math.isfinite(told.step(0.1).details["free"])


@pytest.mark.parametrize("kind", ["scan", "tracks"])
def test_what_the_car_went_since_something_was_seen_is_taken_off(kind):
    bench = Bench()
    bench.speed = 1.0
    ready(bench, 1.0)
    if kind == "scan":
        bench.wall, fresh = 1.2, 1.1  # laser at 0.4, bumper at 0.5
    else:
        bench.tracks, fresh = (person(1.6, 0.0),), 1.1
    seen = bench.step(1.0).details["free"]
    assert seen == pytest.approx(fresh, abs=0.02)
    bench.feed.discard(kind)
    for tick in range(1, 5):
        free = bench.step(1.0).details["free"]
        assert free == pytest.approx(seen - 0.05 * tick, abs=0.01)


def test_what_is_too_old_does_not_count_where_it_is_not_needed():
    for kind in ("scan", "tracks"):
        bench = Bench(**{f"require_{kind}": False})
        bench.wall, bench.tracks = (0.3, ()) if kind == "scan" else (np.inf, (person(0.9, 0.0),))
        assert not ready(bench, 1.0).allowed
        bench.feed.discard(kind)
        assert bench.run(1.0, steps=20).reason is Reason.OK


@pytest.mark.parametrize(
    ("wall", "at", "reason"),
    [(0.4, 0.85, Reason.PERSON), (0.4, 0.75, Reason.PERSON), (0.4, 1.15, Reason.PERSON), (0.4, 1.6, Reason.OBSTACLE),
     (np.inf, 0.8, Reason.PERSON), (0.4, None, Reason.OBSTACLE)],
)  # fmt: skip
def test_what_both_see_is_named_by_the_camera_and_what_stands_behind_is_not(wall, at, reason):
    bench = Bench()
    bench.speed = 1.5
    bench.wall, bench.tracks = wall, () if at is None else (person(at, 0.0),)
    assert ready(bench, 1.0).reason is reason


def test_a_lower_edge_just_at_the_border_is_cut_off():
    cut = Track("1", "person", 0.9, 320.0, 278.0, 150.0, 400.0)  # lower edge at 478 of 480
    assert living_points(cut, CAMERA, QUIET)[:, 0].max() <= QUIET.front


def test_a_thin_person_without_margin_has_two_points():
    p = dataclasses.replace(QUIET, person_margin=0.0)
    assert len(living_points(Track("1", "person", 0.9, 320.0, 300.0, 10.0, 200.0), CAMERA, p)) == 2


class TestClocks:
    """Both clocks, command by command."""

    def gate(self, **changes: object) -> SafetyGate:
        gate = SafetyGate(dataclasses.replace(QUIET, **changes))
        gate.on_camera(CAMERA)
        return gate

    def feed(self, gate: SafetyGate, steady: float, ros: float) -> None:
        from kitt_core.geometry import Twist2D

        gate.on_scan(scan(ros), steady, ros)
        gate.on_tracks((), ros, steady, ros)
        gate.on_odom(Odom(ros), steady, ros)
        gate.on_command(Twist2D(0.0, 0.0), ros, steady, ros)

    @pytest.mark.parametrize(
        ("steady", "ros", "reason"),
        [(0.05, 0.05, Reason.STANDING), (0.0, 0.25, Reason.STANDING), (0.25, 0.0, Reason.STANDING),
         (0.05, 0.3125, Reason.CLOCK_JUMP), (0.3125, 0.05, Reason.CLOCK_JUMP), (-0.01, 0.05, Reason.CLOCK_JUMP),
         (0.05, -0.01, Reason.CLOCK_JUMP), (math.nan, 0.05, Reason.CLOCK_JUMP), (0.05, math.nan, Reason.CLOCK_JUMP),
         (0.0, 0.0, Reason.STANDING)],
    )  # fmt: skip
    def test_jumps(self, steady, ros, reason):
        gate = self.gate(clock_tolerance=0.25)
        self.feed(gate, 8.0, 64.0)
        assert gate.step(8.0, 64.0).reason is Reason.STANDING
        out = gate.step(8.0 + steady, 64.0 + ros)
        assert out.reason is reason
        if reason is Reason.CLOCK_JUMP:
            assert out.details == {}  # all that was stamped before is forgotten
            again = gate.step(9.0, 65.0)
            assert again.reason in (Reason.SCAN_MISSING, Reason.CLOCK_JUMP)

    def test_a_clock_that_has_not_started_is_none_and_its_start_no_jump(self):
        gate = self.gate()
        assert gate.step(8.0, 0.0).reason is Reason.NO_CLOCK
        assert gate.step(8.05, -1.0).reason is Reason.NO_CLOCK
        self.feed(gate, 8.1, 64.0)
        assert gate.step(8.1, 64.0).reason is Reason.STANDING

    def test_a_clock_that_just_began_is_a_clock_and_its_jump_a_jump(self):
        gate = self.gate(clock_tolerance=0.25)
        self.feed(gate, 8.0, 0.5)
        assert gate.step(8.0, 0.5).reason is Reason.STANDING
        assert gate.step(8.05, 64.0).reason is Reason.CLOCK_JUMP


def test_at_the_start():
    gate = SafetyGate()
    assert gate.emergency is False
    assert gate.step(8.0, 64.0).allowed is False


def test_an_old_command_to_stand_is_none():
    bench = Bench()
    bench.step(1.0)
    from kitt_core.geometry import Twist2D

    bench.gate.on_command(Twist2D(0.0, 0.0), bench.ros, bench.steady, bench.ros + 0.3)
    assert bench.step(1.0).reason is Reason.NEUTRAL_REQUIRED
    bench.gate.on_command(Twist2D(0.0, 0.0), bench.ros, bench.steady, bench.ros)
    assert bench.step(1.0).allowed


def test_ages_are_told_with_every_reason():
    bench = Bench(recovery_time=0.5)
    for reason, linear in ((Reason.NEUTRAL_REQUIRED, 1.0), (Reason.STANDING, 0.0), (Reason.RECOVERING, 1.0)):
        out = bench.step(linear)
        assert out.reason is reason
        assert set(out.details) == {"command_age", "scan_age", "tracks_age"}


def test_the_recovery_time_at_its_edge():
    bench = Bench(recovery_time=0.5)
    bench.steady, bench.ros = 64.0, 1024.0  # binary fractions, so that the edge is met exactly
    bench.step(0.0, dt=0.0)
    assert bench.step(1.0, dt=0.4375).reason is Reason.RECOVERING
    assert bench.step(1.0, dt=0.0625).reason is not Reason.RECOVERING


def test_just_enough_rays_are_enough():
    for readings, reason in ((25, Reason.STANDING), (24, Reason.SCAN_INVALID)):
        bench = Bench(min_valid_rays=0.25)
        bench.feed.discard("scan")
        ranges = np.where(np.arange(100) < readings, 9.0, np.nan)
        bench.gate.on_scan(Scan(bench.ros, -math.pi, 2 * math.pi / 100, 0.05, 20.0, ranges), bench.steady, bench.ros)
        assert bench.step(0.0).reason is reason
