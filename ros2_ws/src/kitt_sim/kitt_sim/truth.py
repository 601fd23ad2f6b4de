"""Ground truth for evaluation: what is where, and how much of it the camera can see."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_sim.bodies import EDGES, Body
from kitt_sim.camera import CameraModel


@dataclass(frozen=True)
class TruthObject:
    """One object; `box` is x0, y0, x1, y1 [pixels] within the picture or None; `distance` [m] from the lens.

    `velocity` is along the world's x and y [m/s]; `visible` estimates the fraction of the object's box that lies within
    the picture and is not hidden by nearer boxes.
    """

    id: str
    class_name: str
    pose: Pose2D
    size: tuple[float, float, float]
    z: float
    box: tuple[float, float, float, float] | None
    distance: float
    visible: float
    velocity: tuple[float, float]


def _distance(camera: CameraModel, car: Pose2D, body: Body) -> float:
    c, s = math.cos(car.yaw), math.sin(car.yaw)
    return math.hypot(
        body.pose.x - (car.x + c * camera.x - s * camera.y), body.pose.y - (car.y + s * camera.x + c * camera.y)
    )


def _hidden(
    box: tuple[float, float, float, float], nearer: list[tuple[float, float, float, float]], grid: int
) -> float:
    """The fraction of a box that nearer boxes cover, sampled on a grid."""
    if not nearer:
        return 0.0
    other = np.array(nearer)
    steps = (np.arange(grid) + 0.5) / grid
    u, v = box[0] + (box[2] - box[0]) * steps, box[1] + (box[3] - box[1]) * steps
    across = (u >= other[:, :1]) & (u <= other[:, 2:3])
    down = (v >= other[:, 1:2]) & (v <= other[:, 3:])
    return float((across[:, None, :] & down[:, :, None]).any(axis=0).mean())


def ground_truth(camera: CameraModel, car: Pose2D, bodies: list[Body], grid: int = 20) -> list[TruthObject]:
    """All bodies with their boxes, nearest first; occlusion is sampled on `grid` x `grid` points of each box."""
    entries = sorted(((_distance(camera, car, b), b) for b in bodies), key=lambda e: e[0])
    result: list[TruthObject] = []
    nearer: list[tuple[float, float, float, float]] = []
    for distance, body in entries:
        reach = (body.size[0] + body.size[1]) / 2
        ahead = car.to_local(body.pose.x, body.pose.y)[0] - camera.x > -reach
        extent = camera.extent(car, body.corners(), EDGES) if ahead else None
        box = None if extent is None else camera.clip(extent)
        visible = 0.0
        if box is not None and extent is not None:
            whole = (extent[2] - extent[0]) * (extent[3] - extent[1])
            inside = (box[2] - box[0]) * (box[3] - box[1]) / max(whole, 1e-9)
            visible = (1.0 - _hidden(box, nearer, grid)) * inside
            nearer.append(box)
        result.append(
            TruthObject(
                body.id, body.class_name, body.pose, body.size, body.z, box, distance, visible, body.velocity
            )
        )  # fmt: skip
    return result
