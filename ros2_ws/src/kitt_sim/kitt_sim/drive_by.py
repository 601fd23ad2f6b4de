"""How well a detector sees in a simulator: recall and precision by class and distance, along a drive, by ground truth.

The car drives straight on through a world while its people walk and its lights change; every few frames the detector's
boxes are compared with the true ones. The same code measures the built-in simulator and Gazebo 11:
`python -m kitt_sim.drive_by --sim gazebo --world street --world crossing`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Twist2D
from kitt_inference.errors import KittError
from kitt_sim import assets
from kitt_sim.gazebo.stepped import SteppedGazebo, opened
from kitt_sim.measure import Detect, detector, overlap
from kitt_sim.simulator import Simulator
from kitt_sim.worlds import WORLDS, world_by_name

KIND = {"person": "person", "car": "vehicle", "truck": "vehicle", "bus": "vehicle", "stop sign": "stop sign",
        "traffic light": "traffic light"}  # fmt: skip
BINS = (2.0, 5.0, 8.0, 12.0, 20.0, 40.0)
Box = tuple[float, float, float, float]
_STEP_S, _FRAME_STEPS = 0.02, 10
_SEEN, _IOU, _INSIDE = 0.5, 0.4, 0.5
"""Least visible fraction of what must be found, least overlap of the boxes; and how much of a detection's box must lie
in a true one so that it is not false: of what is half hidden a detector boxes the half that it sees."""


def frames(simulator: Simulator, seconds: float, speed: float) -> Iterator[tuple[NDArray[np.uint8], Simulator]]:
    """Pictures along a drive straight on, five a second, each with the world as it was then."""
    for step in range(round(seconds / _STEP_S)):
        simulator.command(Twist2D(speed, 0.0))
        simulator.step(_STEP_S)
        if step % _FRAME_STEPS == _FRAME_STEPS - 1:
            if isinstance(simulator, SteppedGazebo):
                at, picture = simulator.shot()
                yield picture, simulator.seen_at(at)
            else:
                yield simulator.render(), simulator


class Tally:
    """Counts what was found and what was not."""

    def __init__(self) -> None:
        self.scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.right: dict[str, list[tuple[float, bool]]] = defaultdict(list)

    def look(self, picture: NDArray[np.uint8], view: Simulator, detect: Detect) -> None:
        """Compare one picture's detections with the truth."""
        truth = [t for t in view.ground_truth() if t.box is not None and t.class_name in KIND]
        found = [(KIND[name], score, box) for name, score, box in detect(picture) if name in KIND]
        for item in truth:
            kind, name = KIND[item.class_name], _bin(item.distance)
            if item.visible < _SEEN or name is None or item.box is None or _turned_away(item, view):
                continue
            scores = [s for k, s, box in found if k == kind and overlap(box, item.box) >= _IOU]
            self.scores[kind][name].append(max(scores, default=0.0))
        for kind, score, box in found:
            hit = any(
                KIND[t.class_name] == kind and t.box is not None and _within(box, t.box) >= _INSIDE for t in truth
            )
            self.right[kind].append((score, hit))

    def result(self, threshold: float) -> dict[str, Any]:
        """Recall by class and distance and precision by class, at a least score, with counts."""
        table: dict[str, Any] = {}
        for kind, bins in sorted(self.scores.items()):
            rows = {
                name: {"objects": len(values), "recall": round(float(np.mean(np.array(values) >= threshold)), 3)}
                for name, values in bins.items()
            }
            counted = [hit for score, hit in self.right[kind] if score >= threshold]
            precision = round(float(np.mean(counted)), 3) if counted else None
            near = [v for name, values in bins.items() if name in _NEAR for v in values]
            recall = round(float(np.mean(np.array(near) >= threshold)), 3) if near else None
            table[kind] = {
                "2 to 12 m": {"objects": len(near), "recall": recall}, "by distance": dict(sorted(rows.items())),
                "detections": len(counted), "precision": precision,
            }  # fmt: skip
        return table


def _within(box: Box, other: Box) -> float:
    """How much of a box lies in another."""
    width, height = min(box[2], other[2]) - max(box[0], other[0]), min(box[3], other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0) / max((box[2] - box[0]) * (box[3] - box[1]), 1e-9)


def _bin(distance: float) -> str | None:
    for low, high in itertools.pairwise(BINS):
        if low <= distance < high:
            return f"{low:g} to {high:g} m"
    return None


_NEAR = {_bin(distance) for distance in (2.0, 5.0, 8.0)}


def _turned_away(item: Any, view: Simulator) -> bool:
    """Whether a sign or a light shows the camera its back, which is nothing that a detector must name."""
    if item.class_name not in ("stop sign", "traffic light"):
        return False
    car = view.state.pose
    return float(np.cos(item.pose.yaw) * (car.x - item.pose.x) + np.sin(item.pose.yaw) * (car.y - item.pose.y)) <= 0.0


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sim", default="builtin", choices=("builtin", "gazebo"))
    parser.add_argument("--world", action="append", choices=sorted(WORLDS), help="may be given again; all with people")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds to try, from 0")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each drive")
    parser.add_argument("--speed", type=float, default=1.5, help="of the car, m/s")
    parser.add_argument("--model", default="auto", help="name in the model zoo, or a path")
    parser.add_argument("--threshold", type=float, default=0.35, help="least score")
    given = parser.parse_args(arguments)
    worlds, tally = given.world or ["street", "crossing", "car_park"], Tally()
    try:
        detect, model = detector(given.model, given.threshold)
        for name in worlds:
            for seed in range(given.seeds):
                with opened(given.sim, world_by_name(name, seed)) as simulator:
                    for picture, view in frames(simulator, given.seconds, given.speed):
                        tally.look(picture, view, detect)
    except KittError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    report = {
        "sim": given.sim, "model": model, "worlds": worlds, "seeds": given.seeds, "seconds": given.seconds,
        "threshold": given.threshold, "iou": _IOU, "plain_bodies": assets.missing(),
        "result": tally.result(given.threshold),
    }  # fmt: skip
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
