"""A car park: two rows of bays on each side of an aisle."""

from __future__ import annotations

import math

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_sim.world import (
    Bounds,
    Building,
    Marking,
    Paved,
    Person,
    SpawnPoint,
    StopSign,
    Tree,
    Trigger,
    VehicleModel,
    World,
    vehicle_at,
)

BAY, DEPTH, AISLE = 2.7, 5.2, 6.5
BAYS = 14
_WALKED = ((1, 11), (-1, 7), (1, 7))
"""Bays that people walk through: left free."""


def car_park(seed: int = 0) -> World:
    """An aisle along x between two rows of bays, most of them taken; people walk to their cars; a stop sign at its end.

    Which bays are free varies with the seed, as do the models; the bays beside the start are always free.
    """
    rng = np.random.default_rng(seed)
    length, width = BAYS * BAY + 12.0, AISLE + 2 * DEPTH + 3.0
    middle = length / 2 - 6.0
    models: tuple[VehicleModel, ...] = ("beetle", "sedan", "sports", "hatchback", "truck")
    markings, vehicles = [], []
    for side in (-1, 1):
        y = side * (AISLE + DEPTH) / 2
        for i in range(BAYS + 1):
            markings.append(Marking(Pose2D(i * BAY, y), (0.1, DEPTH)))
        taken = [i for i in range(2, BAYS) if rng.random() < 0.7 and (side, i) not in _WALKED]
        for i in taken:
            model = models[int(rng.integers(0, len(models)))]
            # nose in or nose out; a truck is longer than the bay and stands against its end
            yaw = side * math.pi / 2 + (math.pi if rng.random() < 0.3 else 0.0)
            back = 0.3 if model == "truck" else 0.0
            vehicles.append(
                vehicle_at(
                    f"{model}_{'r' if side < 0 else 'l'}{i}",
                    model,
                    Pose2D(
                        (i + 0.5) * BAY + float(rng.uniform(-0.15, 0.15)),
                        y + side * back,
                        yaw + float(rng.normal(0, 0.02)),
                    ),
                )
            )
    edge = width / 2
    end = BAYS * BAY
    people = (
        Person("shopper_0", ((11.5 * BAY, edge + 1.0), (11.5 * BAY, AISLE / 2 - 0.5), (4.0, AISLE / 2 - 0.5)),
               -math.pi / 2, 1.1 + float(rng.uniform(-0.1, 0.1)), Trigger("time", 3.0), appearance=1),
        Person("shopper_1", ((7.5 * BAY + float(rng.uniform(-0.3, 0.3)), -edge - 0.8), (7.5 * BAY, edge + 0.8)),
               math.pi / 2, 1.25, Trigger("distance", 19.0), appearance=0),
    )  # fmt: skip
    sign = StopSign("stop_sign_0", Pose2D(end + 3.5, -AISLE / 2 - 0.5, math.pi))
    line = Marking(Pose2D(end + 3.1, -AISLE / 4), (0.45, AISLE / 2))
    houses = (
        Building("shop", Pose2D(middle, edge + 11.0), (length, 12.0, 6.4), 1),
        Building("house_south", Pose2D(middle, -edge - 11.0), (length * 0.7, 8.0, 9.6), 3),
        Building("house_east", Pose2D(length + 8.0, 0.0), (8.0, width + 16.0, 9.6), 0),
        Building("house_west", Pose2D(-22.0, 0.0), (8.0, width + 10.0, 9.6), 4),
    )
    trees = tuple(
        Tree(f"tree_{i}", 2.0 + 9.0 * (i // 2), (1 if i % 2 else -1) * (edge + 1.5), style=i % 3) for i in range(8)
    )
    lane = -AISLE / 4
    return World(
        "car_park", Pose2D(-3.0, lane), Pose2D(end, lane), Bounds(-6.0, -edge, length - 6.0, edge),
        paved=(Paved("asphalt", Pose2D(middle, 0.0), (length, width)),), markings=(*markings, line), buildings=houses,
        vehicles=tuple(vehicles), signs=(sign,), trees=trees, people=people,
        spawn_points=(SpawnPoint("exit", Pose2D(end - 8.0, lane)),), seed=seed,
    )  # fmt: skip
