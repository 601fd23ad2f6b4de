"""The gate's invariants over random sequences of inputs, with bad numbers and bad clocks among them."""

from __future__ import annotations

import math

import numpy as np
from gate_bench import CAMERA, SMALL, person, scan
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
EVENT = st.one_of(
    st.tuples(st.just("command"), SPEED, SPEED, SKEW),
    st.tuples(st.just("command"), SPEED, SPEED, SKEW),
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


def feed(gate: SafetyGate, event: tuple, steady: float, ros: float) -> None:
    kind, *values = event
    if kind == "command":
        gate.on_command(Twist2D(values[0], values[1]), ros + values[2], steady, ros)
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
        gate.emergency_stop("test")
    elif kind == "release":
        gate.release()
    elif kind == "all well":
        gate.on_camera(CAMERA)
        gate.on_scan(scan(ros, count=72), steady, ros)
        gate.on_tracks((), ros, steady, ros)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENT, min_size=1, max_size=60), st.booleans())
def test_invariants(events, strict):
    p = GateParameters(**SMALL, recovery_time=0.0, require_odom=strict, blind_speed=0.0 if strict else 0.3)
    gate = SafetyGate(p)
    steady, ros = 10.0, 1000.0
    asked: Twist2D | None = None  # the newest wish, whatever it was worth
    neutral = emergency = False
    last = Twist2D(0.0, 0.0)
    for event in [("all well",), ("command", 0.0, 0.0, 0.0), ("tick", 0.05, 0.0), *events, ("tick", 0.05, 0.0)]:
        if event[0] != "tick":
            feed(gate, event, steady, ros)
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
