"""How well a detector finds what the simulator draws: recall by class and distance, with counts.

    python -m kitt_sim.measure --model picodet_s_416 --seeds 2

Everything is placed before the car in the bare street at distances from the lens to the object's middle: people in all
looks, headings and phases of the stride, vehicles parked on both sides, stop signs as they stand at the kerb. An object
counts as found when a detection of its class (car, truck and bus count as one) overlaps its true box by at least the
given intersection over union. Results are one JSON object on standard output.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_sim import assets
from kitt_sim.actors import Walker
from kitt_sim.human import LOOKS
from kitt_sim.simulator import Simulator
from kitt_sim.truth import TruthObject
from kitt_sim.world import Person, StopSign, VehicleModel, World, vehicle_at
from kitt_sim.worlds import empty

DISTANCES = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0)
MODELS: tuple[VehicleModel, ...] = ("beetle", "hatchback", "sedan", "sports", "truck")
KIND = {"car": "vehicle", "truck": "vehicle", "bus": "vehicle", "person": "person", "stop sign": "stop sign"}

Found = tuple[str, float, tuple[float, float, float, float]]
Detect = Callable[[NDArray[np.uint8]], list[Found]]


@dataclass(frozen=True)
class View:
    """One picture to try: a world, the people's states in it, and the object that is asked for."""

    world: World
    walkers: list[Walker]
    target: str
    distance: float


def _people(rng: np.random.Generator, seed: int, headings: int) -> Iterator[View]:
    for look in range(len(LOOKS)):
        world = replace(empty(seed), people=(Person("target", ((5.0, 0.0),), appearance=look),))
        for distance in DISTANCES:
            for k in range(headings):
                x, y = distance + 1.3, world.spawn.y + float(rng.uniform(-0.25, 0.25)) * min(distance, 4.0)
                yaw = 2 * math.pi * k / headings + float(rng.uniform(-0.2, 0.2))
                walker = Walker(Pose2D(x, y, yaw), float(rng.uniform(0.0, 1.4)), 1.3 if rng.random() < 0.75 else 0.0)
                yield View(world, [walker], "target", distance)


def _vehicles(rng: np.random.Generator, seed: int) -> Iterator[View]:
    for model in MODELS:
        for distance in DISTANCES[4:]:
            for side, yaw in ((-1.0, 0.0), (1.0, math.pi)):
                world = empty(seed)
                y = side * (world.road.lane_width + 1.1) + float(rng.uniform(-0.1, 0.1))
                pose = Pose2D(distance + 1.3, y, yaw + float(rng.uniform(-0.03, 0.03)))
                yield View(replace(world, vehicles=(vehicle_at("target", model, pose),)), [], "target", distance)


def _signs(rng: np.random.Generator, seed: int) -> Iterator[View]:
    for distance in DISTANCES[1:]:
        for _ in range(4):
            world = empty(seed)
            pose = Pose2D(distance + 1.3, -(world.road.lane_width + 0.7), math.pi + float(rng.uniform(-0.15, 0.15)))
            yield View(replace(world, signs=(StopSign("target", pose),)), [], "target", distance)


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes x0, y0, x1, y1."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0.0) * max(height, 0.0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common + 1e-9)


def _try(view: View, simulator: Simulator, detect: Detect) -> tuple[float, TruthObject] | None:
    """The best score of a detection of the target, and its truth; None where it is not to be seen."""
    if view.walkers:
        simulator.place(view.walkers)
    truth = next(o for o in simulator.ground_truth() if o.id == view.target)
    if truth.box is None or truth.visible < 0.5:
        return None
    kind, box = KIND[truth.class_name], truth.box
    found = detect(simulator.render())
    scores = [score for name, score, other in found if KIND.get(name) == kind and overlap(box, other) >= 0.4]
    return max(scores, default=0.0), truth


def measure(detect: Detect, seeds: range, thresholds: tuple[float, ...], headings: int = 8) -> dict[str, Any]:
    """Recall by class and distance at each threshold, with the number of objects tried.

    Args:
        detect: gives class name, score and box x0, y0, x1, y1 of what it finds in a BGR picture.
        seeds: of the street and the placement.
        thresholds: least scores that count as found.
        headings: directions in which each person is turned.
    """
    scores: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed in seeds:
        rng = np.random.default_rng(seed)
        simulator: Simulator | None = None
        for views in (_people(rng, seed, headings), _vehicles(rng, seed), _signs(rng, seed)):
            for view in views:
                if simulator is None or simulator.world is not view.world:
                    simulator = Simulator(view.world)
                tried = _try(view, simulator, detect)
                if tried is not None:
                    scores[KIND[tried[1].class_name]][view.distance].append(tried[0])
    result: dict[str, Any] = {}
    for kind, rows in scores.items():
        result[kind] = {
            f"{distance:g} m": {
                "tried": len(values),
                **{f"recall at {t:g}": round(float(np.mean(np.array(values) >= t)), 3) for t in thresholds},
            }
            for distance, values in sorted(rows.items())
        }
        near = np.array([s for d, values in rows.items() if 3.0 <= d <= 12.0 for s in values])
        result[kind]["3 to 12 m"] = {
            "tried": len(near), **{f"recall at {t:g}": round(float((near >= t).mean()), 3) for t in thresholds}
        }  # fmt: skip
    return result


def detector(model: str, score: float) -> tuple[Detect, dict[str, str]]:
    """The zoo's detector as a function, and what it is: name and sha256.

    Raises:
        KittError: the model cannot be had.
    """
    from kitt_inference import zoo
    from kitt_inference.detection.detector import open_detector

    resolved = zoo.resolve(model)
    opened = open_detector(model, threads=1, score=score)

    def detect(picture: NDArray[np.uint8]) -> list[Found]:
        found = opened.detect(picture)
        boxes = [(float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in found.boxes_xyxy]
        return list(zip(found.labels, [float(s) for s in found.scores], boxes, strict=True))

    return detect, {"name": resolved.card.name, "sha256": sha256_of(resolved.file)}


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="auto", help="name in the model zoo, or a path")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds to try, from 0")
    parser.add_argument("--headings", type=int, default=8, help="directions in which each person is turned")
    parser.add_argument("--threshold", type=float, action="append", help="least score; may be given again")
    given = parser.parse_args(arguments)
    thresholds = tuple(given.threshold or (0.35, 0.4, 0.5))
    try:
        detect, model = detector(given.model, min(thresholds))
        recall = measure(detect, range(given.seeds), thresholds, given.headings)
    except KittError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    report = {
        "model": model,
        "seeds": list(range(given.seeds)),
        "iou": 0.4,
        "plain_bodies": assets.missing(),
        "recall": recall,
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
