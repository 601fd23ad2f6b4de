"""The demo's street and the bare one."""

from __future__ import annotations

import math

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_sim.world import Bounds, Building, Person, Road, StopSign, Tree, Trigger, VehicleModel, World, stop_line
from kitt_sim.world import vehicle_at as vehicle

_START, _END = -30.0, 110.0


def _road() -> Road:
    return Road("road", Pose2D(_START - 10.0, 0.0), _END - _START + 20.0)


def _bounds(road: Road) -> Bounds:
    return Bounds(_START, -road.kerb, _END, road.kerb)


def _buildings(rng: np.random.Generator, road: Road) -> list[Building]:
    result: list[Building] = []
    for side in (-1, 1):
        x = _START
        while x < _END:
            length = float(rng.uniform(9.0, 16.0))
            depth, height = 8.0, float(rng.choice([6.4, 9.6, 9.6, 12.8]))
            y = side * (road.kerb + road.pavement_width + depth / 2)
            identifier = f"building_{'r' if side < 0 else 'l'}{len(result)}"
            result.append(
                Building(identifier, Pose2D(x + length / 2, y), (length, depth, height), int(rng.integers(0, 6)))
            )
            x += length + (3.0 if rng.random() < 0.3 else 0.0)
    # the view along the road ends at a house, not at the edge of the world
    result.append(Building("building_end", Pose2D(_END + 5, 0.0), (8.0, 26.0, 11.0), 2))
    result.append(Building("building_start", Pose2D(_START - 5, 0.0), (8.0, 26.0, 9.6), 4))
    return result


def street(seed: int = 0) -> World:
    """The demo's street: parked cars, a stop sign at about 26 m, a pedestrian who steps out at about 46 m."""
    rng = np.random.default_rng(seed)
    road = _road()
    lane, strip = road.lanes[0], road.lane_width + 1.1

    def jitter(spread: float) -> float:
        return float(rng.uniform(-spread, spread))

    # the last 9 m before the sign and the place where the pedestrian steps out are kept free, as parking rules ask
    right: list[tuple[VehicleModel, float]] = [
        ("beetle", 7.0), ("truck", 13.5), ("sedan", 34.0), ("sports", 40.0), ("beetle", 52.5), ("truck", 59.5),
        ("hatchback", 66.0), ("sports", 73.0),
    ]  # fmt: skip
    left: list[tuple[VehicleModel, float]] = [
        ("sedan", 3.0), ("beetle", 10.0), ("sports", 19.0), ("truck", 29.0), ("hatchback", 38.0), ("beetle", 50.5),
        ("truck", 57.0), ("sports", 65.0), ("beetle", 76.0),
    ]  # fmt: skip
    vehicles = [
        vehicle(f"{model}_{side}{i}", model, Pose2D(x + jitter(0.4), y + jitter(0.1), yaw + jitter(0.02)))
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
        "street", Pose2D(0.0, lane), Pose2D(72.0, lane), _bounds(road), (road,), markings=(stop_line(sign, road),),
        buildings=tuple(_buildings(rng, road)), vehicles=tuple(vehicles), signs=(sign,), trees=tuple(clear),
        people=tuple(people), seed=seed,
    )  # fmt: skip


def empty(seed: int = 0) -> World:
    """The bare road between houses, for tests and measurements."""
    road = _road()
    lane = road.lanes[0]
    return World(
        "empty", Pose2D(0.0, lane), Pose2D(72.0, lane), _bounds(road), (road,),
        buildings=tuple(_buildings(np.random.default_rng(seed), road)), seed=seed,
    )  # fmt: skip
