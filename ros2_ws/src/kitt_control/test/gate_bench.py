"""A gate with all inputs fed at 20 Hz, for the tests."""

from __future__ import annotations

import dataclasses

import numpy as np

from kitt_control.gate import GateOutput, SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.provenance import Provenance
from kitt_control.world import Camera, Odom, Scan, Track
from kitt_core.geometry import Twist2D

CAMERA = Camera(640, 480, 500.0, 500.0, 320.0, 240.0)
SMALL = {
    "front": 0.5, "rear": 0.15, "width": 0.4, "scan_x": 0.4, "camera_x": 0.4, "camera_height": 0.5, "max_speed": 1.5,
    "max_reverse_speed": 0.5, "deceleration": 1.5, "stop_margin": 0.35, "side_margin": 0.1,
}  # fmt: skip
"""A small car, by whose numbers the tests reckon; the defaults are those of the simulator's car."""
QUIET = GateParameters(
    **SMALL,  # type: ignore[arg-type]
    max_acceleration=20.0,
    max_jerk=1000.0,
    max_angular_acceleration=50.0,
    recovery_time=0.0,
    clear_time=0.0,
)
"""Parameters under which growth and recovery do not matter after one step."""


def scan(stamp: float, wall: float = np.inf, count: int = 720) -> Scan:
    """A full circle that sees a flat wall `wall` m ahead of the laser, and nothing else."""
    increment = 2 * np.pi / count
    angles = -np.pi + increment * np.arange(count)
    with np.errstate(divide="ignore", over="ignore"):
        ranges = np.where(np.cos(angles) > 0.05, wall / np.maximum(np.cos(angles), 1e-9), np.inf)
    return Scan(stamp, -np.pi, increment, 0.05, 20.0, np.where(ranges > 20.0, np.inf, ranges))


def person(x: float, y: float, camera_height: float = 0.5, camera_x: float = 0.4) -> Track:
    """A person 1.7 m tall and 0.5 m wide at (x, y) in base_link, as a level camera sees them."""
    depth = x - camera_x
    bottom = 240.0 + camera_height * 500.0 / depth
    height, width = 1.7 * 500.0 / depth, 0.5 * 500.0 / depth
    return Track("7", "person", 0.9, 320.0 - y * 500.0 / depth, bottom - height / 2, width, height)


def cause(twist: Twist2D, stamp: float, /, **changes: object) -> Provenance:
    """A sound cause of a wish: a line typed half a second ago, and a frame and scan of the wish's moment."""
    whole = Provenance(stamp, twist, "driving", "go", "text", stamp - 0.5, stamp - 0.5, stamp, stamp)
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


class Bench:
    """Feeds everything, then steps; attributes switch inputs off or replace them."""

    def __init__(self, parameters: GateParameters | None = None, **changes: object) -> None:
        self.gate = SafetyGate(dataclasses.replace(parameters or QUIET, **changes))  # type: ignore[arg-type]
        self.gate.on_camera(CAMERA)
        self.steady, self.ros = 100.0, 1000.0
        self.wall = np.inf
        self.tracks: tuple[Track, ...] = ()
        self.speed: float | None = None
        self.feed = {"command", "cause", "scan", "tracks"}
        self.frame = self.seen = -1.0  # stamps of the newest frame and scan
        self.cause: dict[str, object] = {}  # changes to a sound one

    def inputs(self, linear: float, angular: float = 0.0) -> None:
        now = (self.steady, self.ros)
        if "scan" in self.feed:
            self.gate.on_scan(scan(self.ros, self.wall), *now)
            self.seen = self.ros
        if "tracks" in self.feed:
            self.gate.on_tracks(self.tracks, self.ros, *now)
            self.frame = self.ros
        if self.speed is not None:
            self.gate.on_odom(Odom(self.ros, linear=self.speed), *now)
        if "command" in self.feed:
            self.wish(linear, angular)

    def wish(self, linear: float, angular: float = 0.0, ahead: float = 0.0) -> None:
        """A command stamped `ahead` [s] of now, and its cause."""
        twist, stamp = Twist2D(linear, angular), self.ros + ahead
        if "cause" in self.feed:
            found = cause(twist, stamp, **({"frame": self.frame, "scan": self.seen} | self.cause))
            self.gate.on_cause(found, self.ros)
        self.gate.on_command(twist, stamp, self.steady, self.ros)

    def step(self, linear: float, angular: float = 0.0, dt: float = 0.05) -> GateOutput:
        self.steady += dt
        self.ros += dt
        self.inputs(linear, angular)
        return self.gate.step(self.steady, self.ros)

    def run(self, linear: float, angular: float = 0.0, steps: int = 40) -> GateOutput:
        for _ in range(steps):
            output = self.step(linear, angular)
        return output

    def ready(self, linear: float = 1.0, angular: float = 0.0, steps: int = 10) -> GateOutput:
        """Through neutral to steady motion."""
        self.step(0.0)
        return self.run(linear, angular, steps)
