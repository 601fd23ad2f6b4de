"""A small world for the controller, in which the car does as wished."""

from __future__ import annotations

import dataclasses
import math

from kitt_control.behaviours import Controller
from kitt_control.commands import Command
from kitt_control.decision import Decision, GateFeedback, World
from kitt_control.parameters import ControllerParameters
from kitt_control.state_machine import MOVING, State
from kitt_control.world import Camera, Odom, Track, TrackFrame
from kitt_text.grammar import default_grammar

CAMERA = Camera(640, 480, 500.0, 500.0, 320.0, 240.0)
HEIGHT = {"person": 1.7, "dog": 0.55, "stop sign": 0.75, "car": 1.5}


@dataclasses.dataclass
class Thing:
    """Something in the world frame."""

    label: str
    x: float
    y: float
    id: str = "1"
    hidden: bool = False


class Street:
    """A car that moves exactly as wished, and what its camera sees."""

    def __init__(self, **changes: object) -> None:
        self.c = Controller(dataclasses.replace(ControllerParameters(), **changes))  # type: ignore[arg-type]
        self.now, self.x, self.y, self.yaw, self.v = 100.0, 0.0, 0.0, 0.0, 0.0
        self.things: list[Thing] = []
        self.gate: str | None = "ok"
        self.emergency = False
        self.sight = self.wheels = True
        self.way = math.inf
        self.said: list[str] = []
        self.states: list[State] = []
        self.out: Decision | None = None

    @property
    def ros(self) -> float:
        return self.now + 1000.0

    def see(self) -> tuple[Track, ...]:
        p, tracks = self.c.p, []
        for thing in self.things:
            dx, dy = thing.x - self.x, thing.y - self.y
            ahead = math.cos(self.yaw) * dx + math.sin(self.yaw) * dy - p.camera_x
            left = -math.sin(self.yaw) * dx + math.cos(self.yaw) * dy
            if thing.hidden or ahead < 0.3 or abs(left) > 0.64 * ahead:
                continue
            h = HEIGHT[thing.label] * 500.0 / ahead
            bottom = 240.0 + (p.camera_height if thing.label != "stop sign" else -1.0) * 500.0 / ahead
            w = 0.5 * 500.0 / ahead
            tracks.append(Track(thing.id, thing.label, 0.8, 320.0 - left * 500.0 / ahead, bottom - h / 2, w, h))
        return tuple(tracks)

    def world(self) -> World:
        gate = None if self.gate is None else GateFeedback(self.gate, self.gate == "ok", self.emergency, self.now)
        return World(
            self.now, self.ros,
            TrackFrame(self.ros, self.see()) if self.sight else None, CAMERA,
            Odom(self.ros, self.x, self.y, self.yaw, self.v) if self.wheels else None,
            gate, self.way, self.way, self.ros,
        )  # fmt: skip

    def say(self, text: str, **changes: object) -> str:
        command = Command.of(default_grammar().understand(text), "text", self.ros, self.ros)
        return self.c.command(dataclasses.replace(command, **changes), self.world())  # type: ignore[arg-type]

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
            self.yaw += self.out.desired.angular * 0.05
            self.now += 0.05
        assert self.out is not None
        return self.out
