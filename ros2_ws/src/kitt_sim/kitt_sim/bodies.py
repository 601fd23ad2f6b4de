"""The world's solid bodies at a moment: what the scanner hits, the car collides with and the ground truth lists."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D
from kitt_sim.actors import Walker, footprint_distance
from kitt_sim.vehicle import VehicleSpec
from kitt_sim.world import World

EDGES = np.array(
    [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)], dtype=np.int64
)


@dataclass(frozen=True)
class Body:
    """An upright box (or cylinder, where `round`) with its foot at height `z`; size is length, width, height [m]."""

    id: str
    class_name: str
    pose: Pose2D
    size: tuple[float, float, float]
    z: float = 0.0
    round: bool = False
    velocity: tuple[float, float] = (0.0, 0.0)

    def corners(self) -> NDArray[np.float64]:
        """The eight corners (8, 3), in the order that EDGES expects."""
        length, width, height = self.size
        c, s = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        x = np.array([1, -1, -1, 1]) * length / 2
        y = np.array([1, 1, -1, -1]) * width / 2
        flat = np.stack([self.pose.x + c * x - s * y, self.pose.y + s * x + c * y], axis=1)
        low, high = np.full((4, 1), self.z), np.full((4, 1), self.z + height)
        return np.concatenate([np.hstack([flat, low]), np.hstack([flat, high])])


class BodySet:
    """All bodies of a world; people move, the rest stands."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fixed: list[Body] = [Body(b.id, "building", b.pose, b.size) for b in world.buildings]
        self.fixed += [Body(v.id, v.class_name, v.pose, v.size) for v in world.vehicles]
        self.poles = [Body(f"{s.id}_pole", "pole", s.pose, (0.08, 0.08, s.height), round=True) for s in world.signs]
        self.poles += [Body(f"{t.id}_pole", "pole", t.pose, (0.1, 0.1, t.height), round=True) for t in world.lights]
        self.poles += [Body(t.id, "tree", Pose2D(t.x, t.y), (0.3, 0.3, 2.0), round=True) for t in world.trees]
        # the plate alone is what a detector calls a stop sign, the head alone a traffic light
        self.plates = [
            self._raised(s.id, "stop sign", s.pose, (0.03, s.width, s.width), s.height) for s in world.signs
        ] + [self._raised(t.id, "traffic light", t.pose, t.size, t.height) for t in world.lights]
        self._rectangles = np.array(
            [(b.pose.x, b.pose.y, b.pose.yaw, b.size[0], b.size[1]) for b in self.fixed], dtype=float
        ).reshape(-1, 5)
        self._poles = np.array([(b.pose.x, b.pose.y, b.size[0] / 2) for b in self.poles], dtype=float).reshape(-1, 3)

    def _raised(self, name: str, kind: str, pose: Pose2D, size: tuple[float, float, float], middle: float) -> Body:
        return Body(name, kind, pose, size, self.world.ground_height(pose.x, pose.y) + middle - size[2] / 2)

    def people(self, walkers: list[Walker]) -> list[Body]:
        """The people as bodies, in the world's order."""
        return [
            Body(
                p.id, "person", w.pose, (0.5, 0.55, p.height), self.world.ground_height(w.pose.x, w.pose.y), True,
                (w.speed * math.cos(w.pose.yaw), w.speed * math.sin(w.pose.yaw)),
            )
            for p, w in zip(self.world.people, walkers, strict=True)
        ]  # fmt: skip

    def outlines(self, walkers: list[Walker]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rectangles (R, 5) and circles (C, 3) as `scan.cast` takes them."""
        people = np.array(
            [(w.pose.x, w.pose.y, p.radius) for p, w in zip(self.world.people, walkers, strict=True)], dtype=float
        ).reshape(-1, 3)
        return self._rectangles, np.concatenate([self._poles, people])


def widened(spec: VehicleSpec, margin: float) -> VehicleSpec:
    """The car with a footprint larger by `margin` [m] all around."""
    return replace(spec, front=spec.front + margin, rear=spec.rear - margin, width=spec.width + 2 * margin)


def touches(spec: VehicleSpec, car: Pose2D, body: Body, radius: float | None = None) -> bool:
    """Whether the car's footprint and a body overlap (separating axes for two rectangles)."""
    if body.round:
        return footprint_distance(spec, car, body.pose.x, body.pose.y) < (radius or body.size[0] / 2)
    middle, half = (spec.front + spec.rear) / 2, ((spec.front - spec.rear) / 2, spec.width / 2)
    c, s = math.cos(car.yaw), math.sin(car.yaw)
    dx, dy = body.pose.x - (car.x + c * middle), body.pose.y - (car.y + s * middle)
    other = (body.size[0] / 2, body.size[1] / 2)
    cd, sd = abs(math.cos(body.pose.yaw - car.yaw)), abs(math.sin(body.pose.yaw - car.yaw))
    cb, sb = math.cos(body.pose.yaw), math.sin(body.pose.yaw)
    return (
        abs(c * dx + s * dy) < half[0] + other[0] * cd + other[1] * sd
        and abs(-s * dx + c * dy) < half[1] + other[0] * sd + other[1] * cd
        and abs(cb * dx + sb * dy) < other[0] + half[0] * cd + half[1] * sd
        and abs(-sb * dx + cb * dy) < other[1] + half[0] * sd + half[1] * cd
    )
