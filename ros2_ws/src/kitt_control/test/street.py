"""A small world for the controller, in which the car does as wished."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random

import numpy as np

from kitt_control.arbitration import Stick
from kitt_control.behaviours import Controller
from kitt_control.commands import Command
from kitt_control.decision import Decision, GateFeedback, World
from kitt_control.parameters import ControllerParameters
from kitt_control.state_machine import MOVING, State
from kitt_control.world import Camera, Odom, Track, TrackFrame
from kitt_core.geometry import Twist2D
from kitt_text.grammar import default_grammar

CAMERA = Camera(640, 480, 500.0, 500.0, 320.0, 240.0)
HEIGHT = {"person": 1.7, "dog": 0.55, "stop sign": 0.75, "car": 1.5, "traffic light": 0.9}
HANGS = {"stop sign": 2.1, "traffic light": 2.5}  # [m] lower edge above the ground
SIZE = {
    "car": (4.2, 1.8),
    "small car": (3.5, 1.6),
    "jeep": (4.6, 2.0),
}  # [m] length and width of what is not thin; x, y is the middle of its rear


@dataclasses.dataclass
class Thing:
    """Something in the world frame."""

    label: str
    x: float
    y: float
    id: str = "1"
    hidden: bool = False
    color: str = ""
    height: float = 0.0  # 0: the usual one
    size: str = ""  # the class whose length and width it has; empty: its own
    yaw: float = 0.0


class Street:
    """A car that moves exactly as wished, and what its camera sees."""

    def __init__(self, **changes: object) -> None:
        self.c = Controller(dataclasses.replace(ControllerParameters(), **changes))  # type: ignore[arg-type]
        self.now, self.x, self.y, self.yaw, self.v = 100.0, 0.0, 0.0, 0.0, 0.0
        self.turning = 0.0  # [rad/s] as the odometry tells
        self.things: list[Thing] = []
        self.gate: str | None = "ok"
        self.emergency = False
        self.sight = self.wheels = True
        self.way = math.inf
        self.said: list[str] = []
        self.states: list[State] = []
        self.out: Decision | None = None
        self.rng: random.Random | None = None  # noise of boxes and lost detections
        self.steers = math.inf  # [1/m] greatest curvature of the car
        self.points: np.ndarray | None = None
        self.stick: Stick | None = None
        self.troubles: tuple[str, ...] = ()

    @property
    def ros(self) -> float:
        return self.now + 1000.0

    def see(self) -> tuple[Track, ...]:
        tracks = [self.box(thing) for thing in self.things if not thing.hidden]
        if self.rng is not None:
            tracks = [track for track in tracks if self.rng.random() > 0.05]
        return tuple(track for track in tracks if track is not None)

    def box(self, thing: Thing) -> Track | None:
        """The thing as a level camera sees it; None out of the picture."""
        p = self.c.p
        length, width = SIZE.get(thing.size or thing.label, (0.0, 0.5))
        spots = []
        for along, aside in itertools.product((0.0, length), (-width / 2, width / 2)):
            c, s = math.cos(thing.yaw), math.sin(thing.yaw)
            dx, dy = thing.x + c * along - s * aside - self.x, thing.y + s * along + c * aside - self.y
            ahead = math.cos(self.yaw) * dx + math.sin(self.yaw) * dy - p.camera_x
            spots.append((ahead, -math.sin(self.yaw) * dx + math.cos(self.yaw) * dy))
        nearest = min(ahead for ahead, _ in spots)
        if nearest < 0.3:
            return None
        lower = HANGS.get(thing.label, 0.0)
        u = [CAMERA.cx - CAMERA.fx * left / ahead for ahead, left in spots]
        v = [
            CAMERA.cy + CAMERA.fy * (p.camera_height - z) / nearest
            for z in (lower, lower + (thing.height or HEIGHT[thing.label]))
        ]
        if self.rng is not None:
            u = [x + self.rng.gauss(0.0, 1.0) for x in u]
            v = [y + self.rng.gauss(0.0, 1.0) for y in v]
        x0, x1 = max(min(u), 0.0), min(max(u), float(CAMERA.width))
        y0, y1 = max(v[1], 0.0), min(v[0], float(CAMERA.height))
        if x1 - x0 < 2.0 or y1 - y0 < 2.0:
            return None
        return Track(thing.id, thing.label, 0.8, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, thing.color)

    def world(self) -> World:
        gate = None if self.gate is None else GateFeedback(self.gate, self.gate == "ok", self.emergency, self.now)
        return World(
            self.now, self.ros,
            TrackFrame(self.ros, self.see()) if self.sight else None, CAMERA,
            Odom(self.ros, self.x, self.y, self.yaw, self.v, self.turning) if self.wheels else None,
            gate, self.way, self.way, self.ros, self.points, self.stick, self.troubles,
        )  # fmt: skip

    def say(self, text: str, **changes: object) -> str:
        command = Command.of(default_grammar().understand(text), "text", self.ros, self.ros)
        return self.c.command(dataclasses.replace(command, **changes), self.world())  # type: ignore[arg-type]

    def push(self, linear: float, angular: float = 0.0) -> None:
        """The stick is moved now."""
        self.stick = Stick(Twist2D(linear, angular), self.ros, self.now)

    def run(self, seconds: float) -> Decision:
        for _ in range(round(seconds / 0.05)):
            self.out = self.c.tick(self.world())
            self.said += [s.text for s in self.out.sayings]
            if not self.states or self.states[-1] is not self.out.state:
                self.states.append(self.out.state)
            if self.out.state not in MOVING:
                assert self.out.desired.linear == 0.0
                assert self.out.desired.angular == 0.0
            self.v = self.out.desired.linear
            self.x += self.v * math.cos(self.yaw) * 0.05
            self.y += self.v * math.sin(self.yaw) * 0.05
            turn = self.out.desired.angular
            if math.isfinite(self.steers):
                turn = max(-self.steers * abs(self.v), min(self.steers * abs(self.v), turn))
            self.turning = turn
            self.yaw += turn * 0.05
            self.now += 0.05
        assert self.out is not None
        return self.out
