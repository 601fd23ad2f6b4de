"""What a world is made of: plain data, no rendering and no physics. Every simulator builds its scene from it.

Units metres, seconds, radians; axes as in REP 103 (x forward, y left, z up; yaw counter-clockwise from x). Traffic
keeps right, so the lane along a road's heading lies to the right of its centre line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from kitt_core.geometry import Pose2D

TriggerKind = Literal["always", "time", "distance", "event"]
VehicleModel = Literal["beetle", "sedan", "sports", "hatchback", "truck", "box"]
LightColour = Literal["red", "amber", "green"]
KERB_HEIGHT = 0.12


@dataclass(frozen=True)
class Road:
    """A straight road of two lanes; `pose` is the start of its centre line. Beside the lanes a strip for parking."""

    id: str
    pose: Pose2D
    length: float
    lane_width: float = 3.5
    strip_width: float = 2.3
    pavement_width: float = 3.2

    @property
    def kerb(self) -> float:
        """Distance of the kerbs from the centre line [m]."""
        return self.lane_width + self.strip_width

    @property
    def lanes(self) -> tuple[float, float]:
        """How far to the left the centres of both lanes lie [m]: the one along the heading, the oncoming one."""
        return (-self.lane_width / 2, self.lane_width / 2)

    def carries(self, x: float, y: float) -> bool:
        """Whether a point lies between the kerbs."""
        along, left = self.pose.to_local(x, y)
        return 0.0 <= along <= self.length and abs(left) <= self.kerb


@dataclass(frozen=True)
class Paved:
    """A level rectangle of bare asphalt over what lies below: a junction's middle, a car park. `pose` is its centre."""

    id: str
    pose: Pose2D
    size: tuple[float, float]

    def carries(self, x: float, y: float) -> bool:
        """Whether a point lies on it."""
        along, left = self.pose.to_local(x, y)
        return abs(along) <= self.size[0] / 2 and abs(left) <= self.size[1] / 2


@dataclass(frozen=True)
class Marking:
    """A white rectangle painted on the ground: `pose` is its centre, `size` its length along yaw and its width."""

    pose: Pose2D
    size: tuple[float, float]


@dataclass(frozen=True)
class Building:
    """A box with a facade; `pose` is the centre of its base, `size` is length (along yaw), width, height [m]."""

    id: str
    pose: Pose2D
    size: tuple[float, float, float]
    style: int = 0


@dataclass(frozen=True)
class ParkedVehicle:
    """A standing car or truck; `model` names a mesh, `size` is length, width, height [m] to which it is scaled."""

    id: str
    pose: Pose2D
    model: VehicleModel = "sedan"
    size: tuple[float, float, float] = (4.3, 1.8, 1.45)
    colour: tuple[float, float, float] = (0.6, 0.1, 0.1)

    @property
    def class_name(self) -> str:
        """COCO's class for it."""
        return "truck" if self.model == "truck" else "car"


@dataclass(frozen=True)
class StopSign:
    """An octagonal sign on a pole; `pose.yaw` is the direction in which its face looks, `height` that of its centre."""

    id: str
    pose: Pose2D
    height: float = 1.9
    width: float = 0.75


@dataclass(frozen=True)
class Tree:
    """A tree or bush at x, y with its crown's radius [m]."""

    id: str
    x: float
    y: float
    height: float = 5.5
    radius: float = 1.5
    style: int = 0


@dataclass(frozen=True)
class Trigger:
    """What sets a person or a light going.

    Kinds: always (at once), time (at simulation time `value` [s]), distance (the car's base_link comes within `value`
    [m]), event (`value` [s] after the event named `event`: one raised from outside, or one that happens in the world,
    as «light_0 red» and «pedestrian_0 walks» do).
    """

    kind: TriggerKind = "always"
    value: float = 0.0
    event: str = ""


@dataclass(frozen=True)
class Phase:
    """A traffic light's colour and how long it shows [s]."""

    colour: LightColour
    seconds: float


@dataclass(frozen=True)
class TrafficLight:
    """A light on a pole; `pose.yaw` is the direction in which it shines, `height` that of its head's centre [m].

    Until the trigger it shows the first phase's colour; then it runs through the phases, again and again where `loop`,
    else it stays in the last one. `size` is the head's depth, width and height [m].
    """

    id: str
    pose: Pose2D
    phases: tuple[Phase, ...] = (Phase("green", 10.0), Phase("amber", 2.0), Phase("red", 8.0))
    trigger: Trigger = field(default_factory=Trigger)
    loop: bool = True
    height: float = 2.6
    size: tuple[float, float, float] = (0.25, 0.36, 0.9)


@dataclass(frozen=True)
class Pause:
    """A stand at the waypoint `at` of a path, until something sets the person going again."""

    at: int
    until: Trigger


@dataclass(frozen=True)
class Person:
    """Somebody who stands at `path[0]` facing `yaw` and, once triggered, walks the path at `speed` [m/s].

    Loops go back and forth; others stand at the path's end. Pauses count on the way there only.
    """

    id: str
    path: tuple[tuple[float, float], ...]
    yaw: float = 0.0
    speed: float = 1.3
    trigger: Trigger = field(default_factory=Trigger)
    appearance: int = 0
    height: float = 1.75
    radius: float = 0.25
    loop: bool = False
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True)
class SpawnPoint:
    """A place where the car may start."""

    id: str
    pose: Pose2D


@dataclass(frozen=True)
class Bounds:
    """The rectangle that the car should stay in [m]."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x_min <= x <= self.x_max and self.y_min <= y <= self.y_max


@dataclass(frozen=True)
class World:
    """Everything there is, and where the car starts and should arrive. `spawn_points` are other places to start."""

    name: str
    spawn: Pose2D
    goal: Pose2D
    bounds: Bounds
    roads: tuple[Road, ...] = ()
    paved: tuple[Paved, ...] = ()
    markings: tuple[Marking, ...] = ()
    buildings: tuple[Building, ...] = ()
    vehicles: tuple[ParkedVehicle, ...] = ()
    signs: tuple[StopSign, ...] = ()
    lights: tuple[TrafficLight, ...] = ()
    trees: tuple[Tree, ...] = ()
    people: tuple[Person, ...] = ()
    spawn_points: tuple[SpawnPoint, ...] = ()
    seed: int = 0

    @property
    def road(self) -> Road:
        """The first road."""
        return self.roads[0]

    def ground_height(self, x: float, y: float) -> float:
        """Height of the ground [m]: 0 on roads and paved ground, a kerb's height elsewhere."""
        level = any(r.carries(x, y) for r in self.roads) or any(p.carries(x, y) for p in self.paved)
        return 0.0 if level else KERB_HEIGHT


SIZES: dict[VehicleModel, tuple[float, float, float]] = {
    "beetle": (4.2, 1.66, 1.55),
    "sedan": (4.3, 1.90, 1.70),
    "sports": (4.4, 1.80, 1.17),
    "hatchback": (4.5, 1.85, 1.28),
    "truck": (5.7, 2.20, 2.55),
    "box": (4.2, 1.75, 1.45),
}


def vehicle_at(identifier: str, model: VehicleModel, pose: Pose2D) -> ParkedVehicle:
    """A vehicle of `model` in its natural size."""
    return ParkedVehicle(identifier, pose, model, SIZES[model])


def stop_line(sign: StopSign, road: Road) -> Marking:
    """The line that a stop sign beside `road` asks to stop at: across the sign's lane, just before the sign."""
    towards = sign.pose.yaw + math.pi
    along, left = road.pose.to_local(sign.pose.x, sign.pose.y)
    before = -0.4 if math.cos(towards - road.pose.yaw) > 0 else 0.4
    x, y = road.pose.to_parent(along + before, math.copysign(road.lane_width / 2, left))
    return Marking(Pose2D(x, y, road.pose.yaw), (0.45, road.lane_width))
