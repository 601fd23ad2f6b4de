"""The gate's model of the stopping distance against the simulator's car: never shorter than what the car needs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kitt_control.corridor import stopping_distance
from kitt_control.gate import SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.provenance import Provenance
from kitt_control.world import Camera, Odom, Scan
from kitt_core.geometry import Pose2D, Twist2D
from kitt_sim.vehicle import Vehicle, VehicleSpec

TICK = 0.05  # [s] of the gate
STEP = 0.005  # [s] of the vehicle
P = GateParameters(require_tracks=False)
START = 1000.0
RAYS = np.linspace(-math.pi, math.pi, 720, endpoint=False)


class Loop:
    """Gate and vehicle; the laser's view and the gate's word each arrive some time late."""

    def __init__(self, speed: float, scan_late: float, word_late: float, spec: VehicleSpec | None = None) -> None:
        self.vehicle, self.gate = Vehicle(Pose2D(0.0, 0.0, 0.0), spec), SafetyGate(P)
        self.gate.on_camera(Camera(640, 480, 500.0, 500.0, 320.0, 240.0))
        self.speed, self.scan_late, self.word_late = speed, scan_late, word_late
        self.now, self.wall = 0.0, math.inf
        self.views: list[tuple[float, Scan]] = []
        self.words: list[tuple[float, Twist2D]] = []
        self.seen = 0.0  # stamp of the newest scan that has come

    @property
    def x(self) -> float:
        return self.vehicle.state.pose.x

    def look(self) -> None:
        with np.errstate(divide="ignore"):
            ahead = np.where(np.cos(RAYS) > 0.05, (self.wall - self.x - P.scan_x) / np.cos(RAYS), np.inf)
        scan = Scan(START + self.now, -math.pi, 2 * math.pi / 720, 0.05, 20.0, np.where(ahead > 20.0, np.inf, ahead))
        self.views.append((self.now + self.scan_late, scan))

    def tick(self, wish: float) -> None:
        clocks = self.now, START + self.now
        self.look()
        while self.views and self.views[0][0] <= self.now + 1e-9:
            view = self.views.pop(0)[1]
            self.gate.on_scan(view, *clocks)
            self.seen = view.stamp
        self.gate.on_odom(Odom(clocks[1], self.x, linear=self.vehicle.state.speed), *clocks)
        twist = Twist2D(wish, 0.0)
        cause = Provenance(clocks[1], twist, "driving", "go", "text", START, START, scan=self.seen)
        self.gate.on_cause(cause, clocks[1])
        self.gate.on_command(twist, clocks[1], *clocks)
        self.words.append((self.now + self.word_late, self.gate.step(*clocks).twist))
        for _ in range(round(TICK / STEP)):
            while self.words and self.words[0][0] <= self.now + 1e-9:
                self.vehicle.command(self.words.pop(0)[1])
            self.vehicle.step(STEP)
            self.now += STEP

    def cruise(self) -> None:
        for wish in [0.0] * 10 + [self.speed] * 160:
            self.tick(wish)
        assert self.vehicle.state.speed == pytest.approx(self.speed)


@pytest.mark.parametrize("speed", [0.8, 1.5, 2.5])
@pytest.mark.parametrize(("scan_late", "word_late"), [(0.0, 0.0), (0.05, 0.02), (0.15, 0.05)])
def test_what_appears_at_the_assumed_distance_is_not_touched(speed, scan_late, word_late):
    """A wall that stands suddenly as near as the model says the car can stop, margin apart: it stops before it."""
    loop = Loop(speed, scan_late, word_late)
    loop.cruise()
    assumed = stopping_distance(speed, P.deceleration, P.reaction_time, 0.0)
    begin = loop.x
    loop.wall = begin + P.front + assumed
    for _ in range(80):
        loop.tick(speed)
    assert loop.vehicle.state.speed == 0.0
    assert 0.0 < loop.x - begin <= assumed


@pytest.mark.parametrize("speed", [0.8, 1.5, 2.5])
def test_what_appears_at_the_reach_of_the_gate_leaves_the_margin(speed):
    loop = Loop(speed, 0.05, 0.02)
    loop.cruise()
    loop.wall = loop.x + P.front + stopping_distance(speed, P.deceleration, P.reaction_time, P.stop_margin)
    for _ in range(80):
        loop.tick(speed)
    assert loop.vehicle.state.speed == 0.0
    assert loop.wall - loop.x - P.front >= P.stop_margin - 0.01


def test_a_car_that_brakes_worse_than_assumed_would_be_noticed():
    """The check can fail: half the assumed braking, and the wall is hit."""
    loop = Loop(2.5, 0.15, 0.05, VehicleSpec(max_brake=P.deceleration / 2))
    loop.cruise()
    assumed = stopping_distance(2.5, P.deceleration, P.reaction_time, 0.0)
    begin = loop.x
    loop.wall = begin + P.front + assumed
    for _ in range(120):
        loop.tick(2.5)
    assert loop.x - begin > assumed
