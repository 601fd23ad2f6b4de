"""No motion without a cause: each link of the chain from what was seen and said to the velocity, at its boundary."""

from __future__ import annotations

import dataclasses
import math

import pytest
from gate_bench import CAMERA, QUIET, Bench, cause, person, scan

from kitt_control.gate import SafetyGate
from kitt_control.provenance import KEPT, Chain, Provenance, Wish
from kitt_control.reasons import Reason
from kitt_core.geometry import Twist2D

ZERO = Twist2D(0.0, 0.0)
GO = Twist2D(1.0, 0.0)
NOW = 1024.0  # a binary fraction, so that the edges are met exactly
P = dataclasses.replace(QUIET, tracks_max_age=0.5, scan_max_age=0.25, manual_max_age=0.5, order_max_age=64.0,
                        track_max_age=2.0, future_tolerance=0.125)  # fmt: skip


def judge(found: Provenance | None, frames: dict[float, set[str]] | None = None, **changes: bool):
    """The flaw of a wish with this cause, where the gate saw these frames."""
    chain = Chain()
    for stamp, ids in (frames or {NOW: set()}).items():
        chain.on_frame(stamp, frozenset(ids))
    if found is not None:
        chain.on_cause(found)
    return chain.flaw(Wish(GO, NOW, 1.0), dataclasses.replace(P, **changes))


def test_a_sound_chain_has_no_flaw():
    assert judge(cause(GO, NOW)) is None


@pytest.mark.parametrize(
    ("changes", "reason", "link"),
    [
        ({"stamp": NOW + 0.05}, Reason.CAUSE_MISSING, "cause"),
        ({"twist": Twist2D(1.0, 0.1)}, Reason.CAUSE_BROKEN, "velocity"),
        ({"twist": Twist2D(0.9, 0.0)}, Reason.CAUSE_BROKEN, "velocity"),
        ({"twist": Twist2D(math.nan, 0.0)}, Reason.CAUSE_BROKEN, "velocity"),
        ({"command": ""}, Reason.CAUSE_BROKEN, "command"),
        ({"source": ""}, Reason.CAUSE_BROKEN, "command"),
        ({"begin": NOW - 0.4}, Reason.CAUSE_BROKEN, "command"),  # ends before it begins
        ({"begin": NOW - 0.5}, None, ""),
        ({"source": "speech", "begin": 0.0}, Reason.CAUSE_BROKEN, "command"),  # heard, but when?
        ({"source": "speech"}, None, ""),
        ({"source": "speech", "begin": 0.5}, None, ""),
        ({"source": "text", "begin": 0.0}, None, ""),
        ({"begin": 0.0, "end": 0.0}, Reason.CAUSE_BROKEN, "command"),
        ({"begin": -1.0, "end": -1.0}, Reason.CAUSE_BROKEN, "command"),
        ({"end": math.nan}, Reason.CAUSE_BROKEN, "command"),
        ({"end": math.inf}, Reason.CAUSE_BROKEN, "command"),
        ({"end": NOW + 0.125}, None, ""),
        ({"end": NOW + 0.1875}, Reason.CAUSE_FUTURE, "command"),
        ({"begin": NOW - 64.0, "end": NOW - 64.0}, None, ""),
        ({"begin": NOW - 65.0, "end": NOW - 64.125}, Reason.CAUSE_STALE, "command"),
        ({"source": "joystick"}, None, ""),
        ({"source": "joystick", "begin": NOW - 0.625, "end": NOW - 0.625}, Reason.CAUSE_STALE, "command"),
        ({"scan": 0.0}, Reason.CAUSE_BROKEN, "scan"),
        ({"scan": NOW - 0.25}, None, ""),
        ({"scan": NOW - 0.3125}, Reason.CAUSE_STALE, "scan"),
        ({"scan": NOW + 0.1875}, Reason.CAUSE_FUTURE, "scan"),
        ({"frame": 0.0}, Reason.CAUSE_BROKEN, "frame"),
        ({"frame": NOW - 0.5625}, Reason.CAUSE_STALE, "frame"),
        ({"frame": NOW + 0.1875}, Reason.CAUSE_FUTURE, "frame"),
        ({"frame": NOW - 0.25}, Reason.CAUSE_MISSING, "frame"),  # no such frame was ever seen
        ({"frame": NOW - 1e-6}, None, ""),  # what a stamp loses on its way
        ({"track_id": "7"}, Reason.CAUSE_MISSING, "track"),
        ({"behaviour": "following"}, Reason.CAUSE_BROKEN, "track"),
        ({"behaviour": "approaching"}, Reason.CAUSE_BROKEN, "track"),
    ],
)  # fmt: skip
def test_each_link(changes, reason, link):
    flaw = judge(cause(GO, NOW, **changes))
    assert (reason, link) == (None, "") if flaw is None else (flaw.reason, flaw.link) == (reason, link)


def test_without_a_cause():
    flaw = judge(None)
    assert flaw is not None
    assert (flaw.reason, flaw.link) == (Reason.CAUSE_MISSING, "cause")


@pytest.mark.parametrize(("seen", "reason"), [(NOW - 2.0, None), (NOW - 2.0625, Reason.CAUSE_STALE)])
def test_a_track_may_be_hidden_for_so_long_and_no_longer(seen, reason):
    followed = cause(GO, NOW, behaviour="following", track_id="7")
    frames = {seen - 1.0: {"7"}, seen: {"7", "8"}, NOW - 0.5: {"8"}, NOW: set()}
    flaw = judge(followed, frames)
    assert (flaw.reason if flaw else None, flaw.link if flaw else "track") == (reason, "track")


def test_what_the_gate_does_not_require_is_no_link():
    unseen = cause(GO, NOW, frame=0.0, scan=0.0, track_id="7", behaviour="following")
    assert judge(unseen, require_tracks=False, require_scan=False) is None
    assert judge(unseen, require_tracks=False).link == "scan"
    assert judge(unseen, require_scan=False).link == "frame"


def test_the_newest_cause_of_a_stamp_counts_and_only_so_many_are_kept():
    chain = Chain()
    chain.on_cause(cause(GO, NOW, command="go"))
    chain.on_cause(cause(GO, NOW, command="left"))
    assert chain.cause_of(NOW).command == "left"
    for number in range(KEPT):
        chain.on_cause(cause(GO, NOW + 1.0 + number))
    assert chain.cause_of(NOW) is None
    assert chain.cause_of(NOW + 1.0) is not None
    chain.wish = Wish(GO, NOW, 1.0)
    chain.forget()
    assert chain.wish is None
    assert chain.cause_of(NOW + 1.0) is None


def test_only_so_many_frames_are_remembered():
    chain = Chain()
    chain.on_cause(cause(GO, NOW))
    chain.on_frame(NOW, frozenset())
    for number in range(1, KEPT):
        chain.on_frame(NOW + number, frozenset())
    assert chain.flaw(Wish(GO, NOW, 1.0), P) is None
    chain.on_frame(NOW + KEPT, frozenset())
    assert chain.flaw(Wish(GO, NOW, 1.0), P).link == "frame"


# in the gate -----------------------------------------------------------------------------------------------------


def moving(**changes: object) -> Bench:
    bench = Bench(**changes)
    bench.steady, bench.ros = 128.0, NOW
    assert bench.ready().twist == GO
    return bench


def test_a_wish_without_a_cause_lets_the_one_before_age_and_then_the_car_stands():
    bench = moving(command_max_age=0.25)
    bench.feed.discard("cause")
    codes = [bench.step(0.5, dt=0.0625) for _ in range(6)]
    assert [out.twist for out in codes] == [GO] * 4 + [ZERO] * 2
    assert {out.reason for out in codes[4:]} == {Reason.CAUSE_MISSING}
    assert codes[-1].message == "what the command rests on is not known (cause)"
    bench.feed.add("cause")
    assert bench.step(0.5).twist == Twist2D(0.5, 0.0)


@pytest.mark.parametrize(
    ("changes", "reason", "link"),
    [({"command": ""}, Reason.CAUSE_BROKEN, "command"), ({"end": 1.0, "begin": 1.0, "source": "joystick"},
     Reason.CAUSE_STALE, "command"), ({"scan": 1e9}, Reason.CAUSE_FUTURE, "scan")],
)  # fmt: skip
def test_a_broken_cause_stops_the_car_at_once_and_is_told(changes, reason, link):
    bench = moving()
    bench.cause = changes
    out = bench.step(1.0)
    assert (out.twist, out.allowed, out.reason) == (ZERO, False, reason)
    assert out.message == f"{reason.message} ({link})"
    assert out.cause is not None
    assert out.cause.stamp == bench.ros
    bench.cause = {}
    assert bench.step(1.0).message == "moving as asked"


def test_to_stand_needs_no_cause():
    bench = moving()
    out = bench.step(0.0)
    assert out.cause == cause(ZERO, bench.ros)  # but may have one
    bench.feed.discard("cause")
    out = bench.step(0.0)
    assert (out.twist, out.reason, out.cause) == (ZERO, Reason.STANDING, None)


def test_the_broken_link_is_told_of_a_broken_chain_only():
    bench = moving()
    bench.cause = {"command": ""}
    assert bench.step(1.0).message.endswith("(command)")
    bench.feed.discard("scan")
    assert bench.step(1.0, dt=0.0).reason is Reason.CAUSE_BROKEN
    out = [bench.step(1.0) for _ in range(12)][-1]
    assert (out.reason, out.message) == (Reason.SCAN_STALE, Reason.SCAN_STALE.message)
    assert SafetyGate().step(1.0, NOW).message == Reason.SCAN_MISSING.message


def test_how_long_a_command_is_missed_at_the_edge():
    bench = moving(command_max_age=0.25)
    bench.steady, bench.ros = 64.0, 2048.0
    bench.step(0.0, dt=0.0)
    bench.step(0.0, dt=0.0)
    bench.steady, bench.ros = bench.steady + 0.125, bench.ros + 0.125
    bench.gate.on_command(GO, bench.ros, bench.steady, bench.ros)
    bench.feed.discard("command")
    assert bench.step(1.0, dt=0.25).reason is Reason.CAUSE_MISSING  # the one before is too old, this one waits
    assert bench.step(1.0, dt=2**-20).reason is Reason.COMMAND_STALE


def test_the_cause_may_come_after_the_command_and_so_may_the_frame():
    bench = moving()
    bench.steady, bench.ros = bench.steady + 0.05, bench.ros + 0.05
    now, slower = (bench.steady, bench.ros), Twist2D(0.4, 0.0)
    bench.gate.on_scan(scan(bench.ros), *now)
    bench.gate.on_command(slower, bench.ros, *now)
    assert bench.gate.step(*now).twist == GO
    found = cause(slower, bench.ros, behaviour="following", track_id="7")
    bench.gate.on_cause(found, bench.ros)
    assert bench.gate.step(*now).twist == GO  # of a frame that it has not seen yet
    bench.gate.on_tracks((dataclasses.replace(person(9.0, 3.0), id="7"),), bench.ros, *now)
    out = bench.gate.step(*now)
    assert (out.twist, out.cause) == (slower, found)


def test_a_command_that_waited_for_its_cause_is_as_old_as_it_is():
    bench = moving(command_max_age=0.25)
    bench.feed.discard("command")
    bench.step(1.0, dt=0.0625)
    twist, stamp, steady = Twist2D(0.4, 0.0), bench.ros, bench.steady
    bench.gate.on_command(twist, stamp, steady, stamp)
    for _ in range(4):
        bench.step(1.0, dt=0.0625)
    assert bench.step(1.0, dt=0.0625).reason is Reason.COMMAND_STALE  # it waited too long to be missed
    bench.gate.on_cause(cause(twist, stamp), bench.ros)
    assert bench.step(1.0, dt=0.0).reason is Reason.COMMAND_STALE


@pytest.mark.parametrize("clock", ["ros", "steady"])
def test_a_command_that_waits_is_missed_by_both_clocks(clock):
    bench = moving(command_max_age=0.25, clock_tolerance=9.0, scan_max_age=5.0, tracks_max_age=5.0)
    bench.feed.discard("command")
    bench.step(1.0, dt=0.0625)
    bench.gate.on_command(Twist2D(0.4, 0.0), bench.ros, bench.steady, bench.ros)
    assert bench.gate.step(bench.steady, bench.ros).twist == GO
    setattr(bench, clock, getattr(bench, clock) + 0.3125)
    assert bench.gate.step(bench.steady, bench.ros).reason is Reason.COMMAND_STALE


def test_a_newer_command_of_any_kind_ends_the_waiting():
    for linear, reason in (
        (0.0, Reason.STANDING),
        (math.nan, Reason.COMMAND_INVALID),
        (99.0, Reason.COMMAND_OUT_OF_RANGE),
    ):
        bench = moving()
        now, stamp = (bench.steady, bench.ros), bench.ros + 0.01
        bench.gate.on_command(Twist2D(0.4, 0.0), stamp, *now)
        bench.gate.on_command(Twist2D(linear, 0.0), stamp + 0.05, *now)
        bench.gate.on_cause(cause(Twist2D(0.4, 0.0), stamp, frame=bench.frame), bench.ros)
        assert bench.gate.step(*now).reason is reason


def test_emergency_stop_and_clock_jump_forget_what_waits():
    for shock in ("stop", "jump"):
        bench = moving(clock_tolerance=0.25)
        now = bench.steady, bench.ros
        wish = Twist2D(0.4, 0.0)
        bench.gate.on_command(wish, bench.ros, *now)
        if shock == "stop":
            bench.gate.emergency_stop()
            bench.gate.release()
        else:
            bench.gate.step(bench.steady, bench.ros + 1.0)
        bench.gate.on_cause(cause(wish, bench.ros, frame=bench.frame), bench.ros)
        assert bench.gate._command.value is None
        assert bench.gate._chain.wish is None


def test_a_clock_jump_forgets_causes_and_frames():
    bench = moving()
    bench.gate.step(bench.steady + 0.05, bench.ros + 60.0)
    assert bench.gate._chain.flaw(Wish(GO, bench.ros, bench.steady), QUIET).link == "cause"
    bench.gate.on_cause(cause(GO, bench.ros), bench.ros)
    assert bench.gate._chain.flaw(Wish(GO, bench.ros, bench.steady), QUIET).link == "frame"


def test_frames_that_the_gate_itself_refused_are_no_frames():
    gate = SafetyGate(QUIET)
    gate.on_camera(CAMERA)
    for stamp in (NOW + 9.0, math.nan):
        gate.on_tracks((), stamp, 1.0, NOW)
    gate.on_tracks((dataclasses.replace(person(3.0, 0.0), w=math.nan),), NOW, 1.0, NOW)
    gate.on_cause(cause(GO, NOW), NOW)
    assert gate._chain.flaw(Wish(GO, NOW, 1.0), QUIET).link == "frame"
