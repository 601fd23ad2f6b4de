"""Descriptions of worlds: plain data, no rendering and no physics.

Units metres, seconds, radians; axes as in REP 103 (x forward along the road, y left, z up). Traffic keeps right, so
the car's own lane has negative y on a road centred on y = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError

TriggerKind = Literal["always", "time", "distance"]
VehicleModel = Literal["beetle", "sedan", "sports", "hatchback", "truck", "box"]


@dataclass(frozen=True)
class Road:
    """A straight two-lane road along x from `start` to `end`, with a kerbside strip for parking and a pavement."""

    start: float = -30.0
    end: float = 110.0
    lane_width: float = 3.5
    strip_width: float = 2.3
    pavement_width: float = 3.2

    @property
    def kerb(self) -> float:
        """|y| of the kerb [m]."""
        return self.lane_width + self.strip_width


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
    """When a person starts to walk: always, at simulation time `value` [s], or when the car is within `value` [m]."""

    kind: TriggerKind = "always"
    value: float = 0.0


@dataclass(frozen=True)
class Person:
    """Somebody who stands at `path[0]` facing `yaw` and, once triggered, walks the path at `speed` [m/s]."""

    id: str
    path: tuple[tuple[float, float], ...]
    yaw: float = 0.0
    speed: float = 1.3
    trigger: Trigger = field(default_factory=Trigger)
    appearance: int = 0
    height: float = 1.75
    radius: float = 0.25
    loop: bool = False


@dataclass(frozen=True)
class World:
    """Everything there is, and where the car starts and should arrive."""

    name: str
    road: Road
    spawn: Pose2D
    goal: Pose2D
    buildings: tuple[Building, ...] = ()
    vehicles: tuple[ParkedVehicle, ...] = ()
    signs: tuple[StopSign, ...] = ()
    trees: tuple[Tree, ...] = ()
    people: tuple[Person, ...] = ()
    seed: int = 0


_SIZES: dict[VehicleModel, tuple[float, float, float]] = {
    "beetle": (4.2, 1.66, 1.55),
    "sedan": (4.3, 1.90, 1.70),
    "sports": (4.4, 1.80, 1.17),
    "hatchback": (4.5, 1.85, 1.28),
    "truck": (5.7, 2.20, 2.55),
    "box": (4.2, 1.75, 1.45),
}


def vehicle_at(identifier: str, model: VehicleModel, pose: Pose2D) -> ParkedVehicle:
    """A vehicle of `model` in its natural size."""
    return ParkedVehicle(identifier, pose, model, _SIZES[model])


def _buildings(rng: np.random.Generator, road: Road) -> list[Building]:
    result: list[Building] = []
    for side in (-1, 1):
        x = road.start
        while x < road.end:
            length = float(rng.uniform(9.0, 16.0))
            depth, height = 8.0, float(rng.choice([6.4, 9.6, 9.6, 12.8]))
            y = side * (road.kerb + road.pavement_width + depth / 2)
            identifier = f"building_{'r' if side < 0 else 'l'}{len(result)}"
            result.append(
                Building(identifier, Pose2D(x + length / 2, y), (length, depth, height), int(rng.integers(0, 6)))
            )
            x += length + (3.0 if rng.random() < 0.3 else 0.0)
    # the view along the road ends at a house, not at the edge of the world
    result.append(Building("building_end", Pose2D(road.end + 5, 0.0), (8.0, 26.0, 11.0), 2))
    result.append(Building("building_start", Pose2D(road.start - 5, 0.0), (8.0, 26.0, 9.6), 4))
    return result


def street(seed: int = 0) -> World:
    """The demo's street: parked cars, a stop sign at about 26 m, a pedestrian who steps out at about 46 m."""
    rng = np.random.default_rng(seed)
    road = Road()
    lane, strip = -road.lane_width / 2, road.lane_width + 1.1

    def jitter(spread: float) -> float:
        return float(rng.uniform(-spread, spread))

    # the last 9 m before the sign and the place where the pedestrian steps out are kept free, as parking rules ask
    right: list[tuple[VehicleModel, float]] = [
        ("beetle", 7.0), ("truck", 13.5), ("sedan", 34.0), ("sports", 40.0), ("beetle", 52.5), ("truck", 59.5),
        ("hatchback", 66.0), ("sports", 73.0),
    ]  # fmt: skip
    left: list[tuple[VehicleModel, float]] = [
        ("sedan", 3.0), ("beetle", 10.0), ("sports", 19.0), ("truck", 29.0), ("hatchback", 38.0), ("beetle", 48.0),
        ("truck", 57.0), ("sports", 65.0), ("beetle", 76.0),
    ]  # fmt: skip
    vehicles = [
        vehicle_at(f"{model}_{side}{i}", model, Pose2D(x + jitter(0.4), y + jitter(0.1), yaw + jitter(0.02)))
        for side, cars, y, yaw in (("r", right, -strip, 0.0), ("l", left, strip, math.pi))
        for i, (model, x) in enumerate(cars)
    ]
    sign = StopSign("stop_sign_0", Pose2D(26.0 + jitter(0.5), -(road.lane_width + 0.7), math.pi))
    step_out = 46.0 + jitter(0.5)
    pavement = road.kerb + 1.2
    people = [
        Person("pedestrian_0", ((step_out, -pavement), (step_out + jitter(0.3), pavement + 0.3)), math.pi / 2,
               1.25 + jitter(0.1), Trigger("distance", 11.0), appearance=0),
        Person("bystander_0", ((16.0, pavement), (70.0, pavement)), 0.0, 1.1, appearance=1, loop=True),
        Person("bystander_1", ((62.0 + jitter(2.0), -pavement - 0.6), (20.0, -pavement - 0.6)), math.pi, 1.0,
               Trigger("time", 4.0), appearance=2, loop=True),
        Person("bystander_2", ((31.0 + jitter(0.5), pavement + 0.3),), -math.pi / 2, appearance=3),
    ]  # fmt: skip
    trees = [
        Tree(f"tree_{i}", 2.0 + 11.5 * (i // 2) + jitter(1.0), (1 if i % 2 else -1) * (road.kerb + 0.6),
             float(rng.uniform(4.5, 6.5)), float(rng.uniform(1.2, 1.8)), int(rng.integers(0, 3)))
        for i in range(16)
    ]  # fmt: skip
    clear = [t for t in trees if t.y > 0 or (abs(t.x - sign.pose.x) > 6.0 and abs(t.x - step_out) > 4.0)]
    return World(
        "street", road, Pose2D(0.0, lane, 0.0), Pose2D(72.0, lane, 0.0), tuple(_buildings(rng, road)), tuple(vehicles),
        (sign,), tuple(clear), tuple(people), seed,
    )  # fmt: skip


def empty(seed: int = 0) -> World:
    """The bare road between houses, for tests and measurements."""
    rng = np.random.default_rng(seed)
    road = Road()
    lane = -road.lane_width / 2
    return World(
        "empty", road, Pose2D(0.0, lane), Pose2D(72.0, lane), tuple(_buildings(rng, road)), seed=seed,
    )  # fmt: skip


WORLDS: dict[str, Callable[[int], World]] = {"street": street, "empty": empty}


def world_by_name(name: str, seed: int = 0) -> World:
    """The world called `name`; small things (positions, timing, facades) vary with `seed`.

    Raises:
        KittError: there is no such world.
    """
    try:
        return WORLDS[name](seed)
    except KeyError:
        raise KittError(f"there is no world «{name}»", f"choose one of: {', '.join(sorted(WORLDS))}") from None


def with_objects(world: World, **changes: object) -> World:
    """`world` with some of its fields replaced."""
    return replace(world, **changes)  # type: ignore[arg-type]
