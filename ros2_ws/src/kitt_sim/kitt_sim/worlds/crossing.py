"""Two roads that cross: a pedestrian crossing with a traffic light, then a junction with a stop sign."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_sim.world import (
    Bounds,
    Building,
    Marking,
    Paved,
    Person,
    Phase,
    Road,
    SpawnPoint,
    StopSign,
    TrafficLight,
    Tree,
    Trigger,
    VehicleModel,
    World,
    stop_line,
    vehicle_at,
)

ZEBRA_X, JUNCTION_X = 26.0, 58.0


def _row(rng: np.random.Generator, name: str, start: Pose2D, length: float, depth: float = 8.0) -> list[Building]:
    """Houses to the left of a line, side by side."""
    result: list[Building] = []
    along = 0.0
    while along < length:
        front = min(float(rng.uniform(9.0, 15.0)), length - along)
        x, y = start.to_parent(along + front / 2, depth / 2)
        size = (front, depth, float(rng.choice([6.4, 9.6, 12.8])))
        result.append(Building(f"{name}{len(result)}", Pose2D(x, y, start.yaw), size, int(rng.integers(0, 6))))
        along += front + (2.0 if rng.random() < 0.3 else 0.0)
        if length - along < 5.0:
            break
    return result


def _houses(rng: np.random.Generator, main: Road, side: Road) -> list[Building]:
    edge = main.kerb + main.pavement_width
    west, east = JUNCTION_X - edge, JUNCTION_X + edge
    return [
        *_row(rng, "house_nw", Pose2D(-30.0, edge), west + 30.0),
        *_row(rng, "house_ne", Pose2D(east, edge), 52.0),
        *_row(rng, "house_sw", Pose2D(west, -edge, math.pi), west + 30.0),
        *_row(rng, "house_se", Pose2D(east + 52.0, -edge, math.pi), 52.0),
        # along the side road, behind the corner houses
        *_row(rng, "house_wn", Pose2D(west, edge + 8.5, math.pi / 2), 34.0),
        *_row(rng, "house_ws", Pose2D(west, -edge - 42.5, math.pi / 2), 34.0),
        *_row(rng, "house_en", Pose2D(east, edge + 42.5, -math.pi / 2), 34.0),
        *_row(rng, "house_es", Pose2D(east, -edge - 8.5, -math.pi / 2), 34.0),
        Building("house_west", Pose2D(-35.0, 0.0), (8.0, 26.0, 9.6), 4),
        Building("house_east", Pose2D(east + 57.0, 0.0), (8.0, 26.0, 11.0), 2),
        Building("house_north", Pose2D(JUNCTION_X, 60.0), (26.0, 8.0, 9.6), 1),
        Building("house_south", Pose2D(JUNCTION_X, -60.0), (26.0, 8.0, 9.6), 3),
    ]


def crossing(seed: int = 0) -> World:
    """A zebra crossing with a light at about 26 m, then a stop sign before a junction at 58 m.

    The light turns red as the car comes near, and two people cross then; it turns green 9 s later. Other places to
    start: «junction», behind the crossing, and «south», on the side road.
    """
    rng = np.random.default_rng(seed)
    main = Road("main", Pose2D(-40.0, 0.0), 170.0)
    side = Road("side", Pose2D(JUNCTION_X, -60.0, math.pi / 2), 120.0)
    lane, strip, pavement = main.lanes[0], main.lane_width + 1.1, main.kerb + 1.2

    def jitter(spread: float) -> float:
        return float(rng.uniform(-spread, spread))

    sign = StopSign("stop_sign_0", Pose2D(JUNCTION_X - 9.5 + jitter(0.3), -(main.lane_width + 0.7), math.pi))
    phases = (Phase("green", 0.5), Phase("amber", 1.5), Phase("red", 9.0), Phase("green", 3600.0))
    light = TrafficLight(
        "light_0", Pose2D(ZEBRA_X - 3.0, -(main.lane_width + 0.9), math.pi), phases,
        Trigger("distance", 14.0 + jitter(0.5)), loop=False,
    )  # fmt: skip
    # the other direction's light hangs from the same cycle and looks the other way
    opposite = replace(
        light, id="light_1", pose=Pose2D(ZEBRA_X + 3.0, main.lane_width + 0.9, 0.0),
        trigger=Trigger("event", 0.0, "light_0 amber"), phases=phases[1:],
    )  # fmt: skip
    zebra = [
        Marking(Pose2D(ZEBRA_X, y), (3.0, 0.5)) for y in np.arange(-main.kerb + 0.5, main.kerb, 1.0).round(2).tolist()
    ]
    line = Marking(Pose2D(ZEBRA_X - 3.0, lane), (0.45, main.lane_width))
    right: tuple[tuple[VehicleModel, float], ...] = (
        ("beetle", 6.0),
        ("sedan", 12.0),
        ("sports", 34.0),
        ("hatchback", 40.0),
        ("truck", 76.0),
        ("sedan", 83.0),
    )
    left: tuple[tuple[VehicleModel, float], ...] = (
        ("sedan", 2.0),
        ("truck", 9.0),
        ("beetle", 16.0),
        ("sports", 38.0),
        ("hatchback", 45.0),
        ("beetle", 78.0),
    )
    vehicles = [
        vehicle_at(f"{model}_{name}{i}", model, Pose2D(x + jitter(0.3), y + jitter(0.1), yaw + jitter(0.02)))
        for name, cars, y, yaw in (("r", right, -strip, 0.0), ("l", left, strip, math.pi))
        for i, (model, x) in enumerate(cars)
    ]
    parked: tuple[tuple[VehicleModel, float, float, float], ...] = (
        ("sedan", -strip, -31.0, -math.pi / 2), ("beetle", -strip, -37.0, -math.pi / 2),
        ("sports", strip, -24.0, math.pi / 2), ("hatchback", strip, 26.0, math.pi / 2),
    )  # fmt: skip
    vehicles += [
        vehicle_at(f"{model}_s{i}", model, Pose2D(JUNCTION_X + x, y + jitter(0.3), yaw + jitter(0.02)))
        for i, (model, x, y, yaw) in enumerate(parked)
    ]
    people = (
        Person("pedestrian_0", ((ZEBRA_X + jitter(0.6), -pavement), (ZEBRA_X, pavement)), math.pi / 2,
               1.3 + jitter(0.1), Trigger("event", 1.0 + abs(jitter(0.5)), "light_0 red"), appearance=1),
        Person("pedestrian_1", ((ZEBRA_X + jitter(0.6), pavement), (ZEBRA_X, -pavement)), -math.pi / 2,
               1.2 + jitter(0.1), Trigger("event", 1.5, "light_0 red"), appearance=2),
        Person("bystander_0", ((4.0, pavement + 0.6), (48.0, pavement + 0.6)), 0.0, 1.1, appearance=3, loop=True),
    )  # fmt: skip
    trees = tuple(
        Tree(f"tree_{i}", x + jitter(0.8), y, float(rng.uniform(4.5, 6.5)), float(rng.uniform(1.2, 1.8)), i % 3)
        for i, (x, y) in enumerate((x, s * (main.kerb + 0.6)) for x in (1.0, 14.0, 36.0, 74.0, 90.0) for s in (-1, 1))
    )
    return World(
        "crossing", Pose2D(0.0, lane), Pose2D(90.0, lane), Bounds(-30.0, -56.0, 120.0, 56.0), (main, side),
        (Paved("junction_middle", Pose2D(JUNCTION_X, 0.0), (2 * side.kerb, 2 * main.kerb)),),
        (*zebra, line, stop_line(sign, main)), tuple(_houses(rng, main, side)), tuple(vehicles), (sign,),
        (light, opposite), trees, people,
        (SpawnPoint("junction", Pose2D(ZEBRA_X + 6.0, lane)),
         SpawnPoint("south", Pose2D(JUNCTION_X - side.lanes[0], -45.0, math.pi / 2))),
        seed,
    )  # fmt: skip
