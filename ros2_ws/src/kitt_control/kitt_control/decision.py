"""What the controller is told and what it answers in one tick: plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.arbitration import NOBODY, Stick
from kitt_control.commands import Command
from kitt_control.events import FaultRow
from kitt_control.provenance import Provenance
from kitt_control.state_machine import State
from kitt_control.targets import Target
from kitt_control.world import Camera, FloatArray, Odom, TrackFrame
from kitt_core.geometry import Twist2D

SAFETY, ANSWER, CHAT = 2, 1, 0
"""Priorities of what is said, as in kitt_interfaces/Say."""


@dataclass(frozen=True)
class GateFeedback:
    """The gate's newest verdict; `received` steady [s]."""

    code: str
    allowed: bool
    emergency: bool
    received: float


@dataclass(frozen=True)
class World:
    """What is known now. `way_ahead` and `way_back` [m] are free by the laser (inf: nothing near)."""

    now: float  # steady [s]
    ros: float  # ROS time [s]
    frame: TrackFrame | None = None
    camera: Camera | None = None
    odom: Odom | None = None
    gate: GateFeedback | None = None
    way_ahead: float = math.inf
    way_back: float = math.inf
    scan_stamp: float | None = None
    points: FloatArray | None = None  # laser hits (N, 2) in base_link [m]
    stick: Stick | None = None
    troubles: tuple[str, ...] = ()  # codes of faults that others report: nodes, battery, bumper

    def fresh(self, stamp: float, max_age: float) -> bool:
        """Whether a stamp is not too old; far ahead it is from before the clock went back, and as bad."""
        return -max_age <= self.ros - stamp <= max_age


@dataclass(frozen=True)
class Saying:
    """Something to say."""

    text: str
    language: str
    priority: int


@dataclass(frozen=True)
class Cause:
    """What a wish rests on; stamps are ROS times [s], None where there is no such cause."""

    command: Command | None = None
    frame_stamp: float | None = None
    scan_stamp: float | None = None
    track_id: str = ""


@dataclass(frozen=True)
class Decision:
    """The outcome of one tick."""

    desired: Twist2D
    state: State
    reason: str
    cause: Cause
    sayings: tuple[Saying, ...] = ()
    faults: tuple[FaultRow, ...] = ()
    target: Target | None = None
    driver: str = NOBODY
    lights: bool = False

    def provenance(self, stamp: float) -> Provenance:
        """What the wish rests on, as the gate is told when it is sent at `stamp` (ROS time [s])."""
        cause, command = self.cause, self.cause.command or Command("", source="")
        return Provenance(
            stamp, self.desired, self.state.value, command.text or command.name, command.source, command.begin,
            command.end, cause.frame_stamp or 0.0, cause.scan_stamp or 0.0, cause.track_id,
        )  # fmt: skip
