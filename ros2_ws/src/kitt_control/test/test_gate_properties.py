"""The gate's invariants over random sequences of inputs, with bad numbers and bad clocks among them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from gate_bench import CAMERA, SMALL, cause, person, scan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kitt_control.gate import SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.world import Camera, Odom, Scan, Track
from kitt_core.geometry import Twist2D

BAD = st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 5e-324])
NUMBER = st.one_of(st.floats(-2.0, 2.0), st.sampled_from([0.0, -0.0]), BAD)
SPEED = st.one_of(st.floats(-3.0, 3.0), st.just(0.0), BAD)
STEP = st.one_of(st.just(0.05), st.floats(0.0, 0.2), st.floats(-5.0, 5.0), BAD)
SKEW = st.one_of(st.just(0.0), st.just(0.0), st.floats(-0.5, 0.5), BAD)  # of a stamp against the clock
SOUND: dict[str, object] = {}
CAUSE = st.one_of(  # changes to a sound cause; None: no cause is told
    st.just(SOUND), st.just(SOUND), st.just(SOUND), st.none(),
    st.fixed_dictionaries({}, optional={
        "stamp": st.floats(999.0, 1001.0), "begin": NUMBER, "end": st.one_of(NUMBER, st.floats(900.0, 1100.0)),
        "frame": st.one_of(NUMBER, st.floats(999.0, 1001.0)), "scan": st.one_of(NUMBER, st.floats(999.0, 1001.0)),
        "track_id": st.sampled_from(["", "1", "7", "99"]), "behaviour": st.sampled_from(["driving", "following", ""]),
        "command": st.sampled_from(["", "go"]), "source": st.sampled_from(["", "text", "speech", "joystick"]),
        "twist": st.builds(Twist2D, SPEED, SPEED),
    }),
)  # fmt: skip
WISHED = st.one_of(st.floats(-2.0, 2.0), st.just(1.0))
# a tick of a car that is well, so that it moves between the mishaps
DRIVE = st.tuples(st.just("drive"), WISHED, WISHED, st.one_of(st.just(SOUND), st.just(SOUND), CAUSE))
EVENT = st.one_of(
    *[DRIVE] * 8,
    *[st.just(("begin",))] * 3,
    st.tuples(st.just("command"), SPEED, SPEED, SKEW, CAUSE),
    st.tuples(st.just("command"), SPEED, SPEED, SKEW, CAUSE),
    st.tuples(st.just("tick"), st.just(0.05), st.just(0.0)),
    st.tuples(st.just("tick"), st.just(0.05), st.just(0.0)),
    st.tuples(st.just("tick"), STEP, SKEW),
    st.tuples(st.just("scan"), st.one_of(st.floats(0.0, 5.0), BAD), SKEW),
    st.tuples(st.just("ranges"), st.lists(NUMBER, max_size=8), NUMBER, SKEW),
    st.tuples(st.just("person"), st.floats(0.5, 6.0), st.floats(-2.0, 2.0), SKEW),
    st.tuples(st.just("box"), NUMBER, NUMBER, SKEW),
    st.tuples(st.just("odom"), SPEED, SKEW),
    st.tuples(st.just("camera"), NUMBER),
    st.tuples(st.just("emergency")),
    st.tuples(st.just("release")),
    st.tuples(st.just("all well")),
)


BEGIN: list[tuple] = [("release",), ("all well",), ("command", 0.0, 0.0, 0.0, None), ("tick", 0.05, 0.0)]


def spread(events: list[tuple]) -> Iterator[tuple]:
    """Each drive as what it consists of."""
    for event in events:
        if event[0] == "drive":
            yield from (("all well",), ("command", *event[1:3], 0.0, event[3]), ("tick", 0.05, 0.0))
        elif event[0] == "begin":
            yield from BEGIN
        else:
            yield event


def feed(gate: SafetyGate, event: tuple, steady: float, ros: float) -> None:
    kind, *values = event
    if kind == "command":
        twist, stamp, changes = Twist2D(values[0], values[1]), ros + values[2], values[3]
        if changes is not None:  # sound: it rests on the newest frame and scan that the gate holds
            sound = {"frame": gate._tracks.stamp, "scan": gate._scan.stamp}
            gate.on_cause(cause(twist, stamp, **(sound | changes)), ros)
        gate.on_command(twist, stamp, steady, ros)
    elif kind == "scan":
        gate.on_scan(scan(ros + values[1], values[0], count=72), steady, ros)
    elif kind == "ranges":
        gate.on_scan(Scan(ros + values[2], -1.0, values[1], 0.05, 20.0, np.array(values[0])), steady, ros)
    elif kind == "person":
        gate.on_tracks((person(*values[:2]),), ros + values[2], steady, ros)
    elif kind == "box":
        gate.on_tracks((Track("1", "person", 0.9, *values[:2], 50.0, 100.0),), ros + values[2], steady, ros)
    elif kind == "odom":
        gate.on_odom(Odom(ros + values[1], linear=values[0]), steady, ros)
    elif kind == "camera":
        gate.on_camera(Camera(640, 480, values[0], 500.0, 320.0, 240.0))
    elif kind == "emergency":
        gate.emergency_stop()
    elif kind == "release":
        gate.release()
    elif kind == "all well":
        gate.on_camera(CAMERA)
        gate.on_scan(scan(ros, count=72), steady, ros)
        gate.on_tracks((), ros, steady, ros)
        gate.on_odom(Odom(ros), steady, ros)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENT, min_size=15, max_size=60), st.booleans())
def test_invariants(events, strict):
    p = GateParameters(**SMALL, recovery_time=0.0, require_odom=strict, blind_speed=0.0 if strict else 0.3)
    gate = SafetyGate(p)
    steady, ros = 10.0, 1000.0
    asked: Twist2D | None = None  # the newest wish, whatever it was worth
    neutral = emergency = False
    last = Twist2D(0.0, 0.0)
    frames: set[float] = set()
    for event in [*BEGIN, *spread(events), ("tick", 0.05, 0.0)]:
        if event[0] != "tick":
            feed(gate, event, steady, ros)
            frames.add(gate._tracks.stamp)
            if event[0] == "command":
                held = gate._command.value
                asked = held if held is not None else asked
                neutral = neutral or (event[1:3] == (0.0, 0.0))
            if event[0] == "emergency":
                emergency, neutral = True, False
            if event[0] == "release":
                emergency = False
            continue
        dt = event[1]
        steady, ros = (steady + dt if math.isfinite(dt) else steady), ros + dt + event[2]
        output = gate.step(steady, ros)
        if not math.isfinite(ros):
            ros = 1000.0
        twist = output.twist
        assert math.isfinite(twist.linear)
        assert math.isfinite(twist.angular)
        assert output.allowed == output.reason.allowed
        if not output.allowed or emergency or not neutral:
            assert twist == Twist2D(0.0, 0.0)
        if twist != Twist2D(0.0, 0.0):
            assert asked is not None
            told = output.cause
            assert told is not None  # no motion without a cause
            assert told.twist == asked
            assert told.command
            assert told.source
            assert any(abs(told.frame - stamp) < 1e-5 for stamp in frames)
            for stamp, age in (
                (told.end, p.order_max_age),
                (told.frame, p.tracks_max_age),
                (told.scan, p.scan_max_age),
            ):
                assert -p.future_tolerance <= told.stamp - stamp <= age
            assert told.behaviour != "following" or told.track_id in ("1", "7")
            for out, wish, limit in (
                (twist.linear, asked.linear, p.max_speed if asked.linear > 0 else p.max_reverse_speed),
                (twist.angular, asked.angular, p.max_angular),
            ):
                assert out * wish >= 0.0
                assert abs(out) <= min(abs(wish), limit)
            step = min(max(dt, 0.0), 0.1)
            assert abs(twist.linear) <= abs(last.linear) + p.max_acceleration * step + 1e-9
            assert abs(twist.angular) <= abs(last.angular) + p.max_angular_acceleration * step + 1e-9
        last = twist


@settings(max_examples=30, deadline=None)
@given(st.lists(EVENT, max_size=20), SPEED, SPEED, CAUSE, SKEW)
def test_a_wish_without_its_cause_moves_nothing(events, linear, angular, changes, skew):
    """After whatever came before: a lone wish, and a cause for another stamp than the wish's."""
    gate, now = SafetyGate(GateParameters(**SMALL, recovery_time=0.0)), (10.0, 1000.0)
    for event in [("all well",), ("command", 0.0, 0.0, 0.0, None), *spread(events), ("release",), ("all well",)]:
        if event[0] not in ("tick", "command") or event[-1] is None:
            feed(gate, event, *now)
    if changes is not None and math.isfinite(skew) and skew != 0.0:
        gate.on_cause(cause(Twist2D(linear, angular), 1000.0 + skew, **changes), now[1])
    gate.on_command(Twist2D(linear, angular), 1000.0, *now)
    assert gate.step(*now).twist == Twist2D(0.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 4.0), st.floats(0.1, 3.0), st.floats(-0.8, 0.8), st.floats(0.0, 0.1))
def test_never_hits_what_stands_still(gap, wish, curvature, lag):
    """A car that does what it is told, `lag` late, never touches a wall, on any arc."""
    p = GateParameters(**SMALL, recovery_time=0.0)
    gate = SafetyGate(p)
    gate.on_camera(CAMERA)
    x, y, yaw, speed, queue = 0.0, 0.0, 0.0, 0.0, [Twist2D(0.0, 0.0)] * round(lag / 0.05)
    wall = p.front + gap
    rays = -math.pi + 2 * math.pi / 360 * np.arange(360)
    for tick in range(200):
        now = tick * 0.05
        laser = x + p.scan_x * math.cos(yaw)
        with np.errstate(divide="ignore"):
            ranges = np.where(np.cos(rays + yaw) > 1e-3, (wall - laser) / np.cos(rays + yaw), np.inf)
        gate.on_scan(Scan(10 + now, -math.pi, 2 * math.pi / 360, 0.01, 20.0, ranges), now, 10 + now)
        gate.on_tracks((), 10 + now, now, 10 + now)
        gate.on_odom(Odom(10 + now, linear=speed), now, 10 + now)
        asked = wish if tick else 0.0
        gate.on_cause(cause(Twist2D(asked, asked * curvature), 10 + now), 10 + now)
        gate.on_command(Twist2D(asked, asked * curvature), 10 + now, now, 10 + now)
        queue.append(gate.step(now, 10 + now).twist)
        twist = queue.pop(0)
        speed = twist.linear
        x, y = x + speed * math.cos(yaw) * 0.05, y + speed * math.sin(yaw) * 0.05
        yaw += twist.angular * 0.05
        corners = [
            x + a * math.cos(yaw) - b * math.sin(yaw) for a in (p.front, -p.rear) for b in (p.width / 2, -p.width / 2)
        ]
        assert max(corners) < wall
