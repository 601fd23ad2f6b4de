"""Controller and gate in one loop with a car that has inertia, a laser and a camera."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
from street import CAMERA, SIZE, Street, Thing

from kitt_control.corridor import scan_points
from kitt_control.decision import GateFeedback, World
from kitt_control.gate import SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.world import Scan, TrackFrame
from kitt_core.geometry import Twist2D

DELAY = 3  # ticks from an image to its tracks: 0.15 s
RAYS = np.linspace(-math.pi, math.pi, 360, endpoint=False)


class Road(Street):
    """The street of the controller's tests, with the gate between wish and car."""

    def __init__(self, **changes: object) -> None:
        super().__init__(**changes)
        self.g = SafetyGate(GateParameters())
        self.g.on_camera(CAMERA)
        self.posts: list[tuple[float, float]] = []  # what only the laser sees, round
        self.walls: list[tuple[float, float, float, float]] = []  # and from x, y to x, y
        self.laser_noise = self.laser_deaf = self.laser_stray = 0.0  # [m], shares of the rays
        self.chance = np.random.default_rng(0)
        self.frames: list[TrackFrame] = []
        self.gate_codes: set[str] = set()
        self.least_gap = math.inf

    def scan(self) -> Scan:
        """Ranges to posts and people of 0.2 m radius."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        lx, ly = self.x + 1.4 * c, self.y + 1.4 * s
        ranges = np.full(len(RAYS), np.inf)
        people = [(t.x, t.y) for t in self.things if t.label == "person"]
        for x, y in [*self.posts, *people]:
            dx, dy = x - lx, y - ly
            if abs(dx) + abs(dy) > 12.0:
                continue
            along = (dx * np.cos(RAYS + self.yaw)) + dy * np.sin(RAYS + self.yaw)
            aside = np.abs(-dx * np.sin(RAYS + self.yaw) + dy * np.cos(RAYS + self.yaw))
            hit = (along > 0.0) & (aside < 0.2)
            ranges = np.where(hit, np.minimum(ranges, along - np.sqrt(np.maximum(0.04 - aside**2, 0.0))), ranges)
            bx, by = c * (x - self.x) + s * (y - self.y), -s * (x - self.x) + c * (y - self.y)
            gap = math.hypot(max(-0.3 - bx, 0.0, bx - 1.5), max(abs(by) - 0.5, 0.0)) - 0.2
            self.least_gap = min(self.least_gap, gap)
        walls = [*self.walls, *(side for t in self.things if t.label in SIZE or t.size for side in outline(t))]
        ranges = np.minimum(ranges, hit_walls((lx, ly), RAYS + self.yaw, np.array(walls)))
        ranges = ranges + self.chance.normal(0.0, self.laser_noise, len(RAYS))
        ranges[self.chance.random(len(RAYS)) < self.laser_deaf] = math.nan
        stray = self.chance.random(len(RAYS)) < self.laser_stray
        ranges[stray] = self.chance.uniform(2.0, 12.0, stray.sum())
        return Scan(self.ros, -math.pi, 2 * math.pi / len(RAYS), 0.1, 20.0, ranges)

    def world(self) -> World:
        plain = super().world()
        frame = self.frames[0] if self.frames else None
        return dataclasses.replace(plain, frame=frame, gate=self.feedback, points=self.hits)

    feedback: GateFeedback | None = None
    hits: np.ndarray | None = None

    def go(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.frames = [*self.frames, TrackFrame(self.ros, self.see())][-DELAY:]
            scan = self.scan()
            now = self.now, self.ros
            felt = scan_points(scan, 1.4, 0.0)
            assert felt is not None
            self.hits = felt.points
            self.g.on_scan(scan, *now)
            self.g.on_tracks(self.frames[0].tracks, self.frames[0].stamp, *now)
            world = self.world()
            assert world.odom is not None
            self.g.on_odom(world.odom, *now)
            out = self.c.tick(world)
            self.said += [saying.text for saying in out.sayings]
            if not self.states or self.states[-1] is not out.state:
                self.states.append(out.state)
            self.g.on_cause(out.provenance(self.ros), self.ros)
            self.g.on_command(out.desired, self.ros, *now)
            verdict = self.g.step(*now)
            self.gate_codes.add(verdict.reason.code)
            self.feedback = GateFeedback(verdict.reason.code, verdict.allowed, self.g.emergency, self.now)
            self.drive(verdict.twist)
            self.now += 0.05

    def drive(self, twist: Twist2D) -> None:
        """A bicycle that brakes at 2.5 m/s^2, accelerates at 1.5 m/s^2, and steers no tighter than 1.75 m."""
        wish = twist.linear
        faster = abs(wish) > abs(self.v) and wish * self.v >= 0.0
        self.v += max(-(1.5 if faster else 2.5) * 0.05, min((1.5 if faster else 2.5) * 0.05, wish - self.v))
        curvature = max(-0.57, min(0.57, twist.angular / wish)) if wish != 0.0 else 0.0
        self.turning = self.v * curvature
        self.yaw += self.turning * 0.05
        self.x += self.v * math.cos(self.yaw) * 0.05
        self.y += self.v * math.sin(self.yaw) * 0.05


def outline(thing: Thing) -> list[tuple[float, float, float, float]]:
    """The four sides of something long, each from x, y to x, y."""
    length, width = SIZE[thing.size or thing.label]
    corners = [(0.0, -width / 2), (length, -width / 2), (length, width / 2), (0.0, width / 2)]
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    spots = [(thing.x + c * x - s * y, thing.y + s * x + c * y) for x, y in corners]
    return [(*spots[i], *spots[(i + 1) % 4]) for i in range(4)]


def hit_walls(origin: tuple[float, float], angles: np.ndarray, walls: np.ndarray) -> np.ndarray:
    """Range [m] of each ray to the nearest of `walls` (N, 4), inf where there is none."""
    if len(walls) == 0:
        return np.full(len(angles), np.inf)
    start, along = walls[:, :2] - origin, walls[:, 2:] - walls[:, :2]
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    across = c * along[:, 1] - s * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        way = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / across
        part = (start[:, 0] * s - start[:, 1] * c) / across
    return np.where((way > 0.0) & (part >= 0.0) & (part <= 1.0), way, np.inf).min(axis=1)


def room_to(road: Road, thing: Thing) -> float:
    """Between the car's outline and the thing's [m], 0 where they touch."""
    shapes = []
    for x, y, yaw, rear, front, width in (
        (road.x, road.y, road.yaw, -0.3, 1.5, 1.0),
        (thing.x, thing.y, thing.yaw, 0.0, *SIZE[thing.size or thing.label]),
    ):
        edge = np.linspace(0.0, 1.0, 60)
        box = [(rear, -1), (front, -1), (front, 1), (rear, 1), (rear, -1)]
        spots = np.array([(a[0] + (b[0] - a[0]) * t, (a[1] + (b[1] - a[1]) * t) * width / 2)
                          for a, b in itertools.pairwise(box) for t in edge])  # fmt: skip
        shapes.append(spots @ np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]]) + (x, y))
    return float(np.linalg.norm(shapes[0][:, None] - shapes[1][None], axis=2).min())
