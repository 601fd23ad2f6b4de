"""What happened in a run, as samples of the truth and as events. Filled by any simulator; judged afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from kitt_core.geometry import Pose2D

STANDS, MOVES = 0.05, 0.2
"""Slower than the first the car stands, faster than the second it moves [m/s]."""


@dataclass(frozen=True)
class Sample:
    """The truth at `t` [s] since the start: the car's pose in the world, its speed [m/s], the people's places."""

    t: float
    pose: Pose2D
    speed: float
    people: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Note:
    """Something that happened at `t` [s] since the start."""

    t: float
    what: str
    more: str = ""


@dataclass
class Record:
    """Everything of one run. Times are seconds since its start."""

    samples: list[Sample] = field(default_factory=list)
    states: list[Note] = field(default_factory=list)  # state, reason
    sayings: list[Note] = field(default_factory=list)
    commands: list[Note] = field(default_factory=list)  # command, source: «speech» or «text»
    events: list[Note] = field(default_factory=list)  # in the world
    collisions: list[Note] = field(default_factory=list)  # object, speed
    gate: list[Note] = field(default_factory=list)  # reason of the gate, at each change
    least_person_distance: float = math.inf

    @property
    def now(self) -> float:
        """Time of the newest sample [s]."""
        return self.samples[-1].t if self.samples else 0.0

    def state_at(self, t: float) -> Note:
        """The controller's state at `t`."""
        earlier = [note for note in self.states if note.t <= t]
        return earlier[-1] if earlier else Note(0.0, "stopped")

    def since(self, notes: list[Note], t: float) -> list[Note]:
        """The notes from `t` on."""
        return [note for note in notes if note.t >= t]

    def travelled(self, t: float) -> float:
        """Way since `t` [m]."""
        part = [s.pose for s in self.samples if s.t >= t]
        return sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(part))
