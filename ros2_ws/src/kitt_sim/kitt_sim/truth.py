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


def _tight(camera: CameraModel, car: Pose2D, body: Body) -> tuple[float, float, float, float] | None:
    return camera.box(car, body.corners(), EDGES)


def ground_truth(camera: CameraModel, car: Pose2D, bodies: list[Body], grid: int = 10) -> list[TruthObject]:
    """All bodies with their boxes, nearest first; occlusion is sampled on `grid` x `grid` points of each box."""
    wide = CameraModel(**{**camera.__dict__, "width": camera.width * 4, "height": camera.height * 4})
    # the same focal length on a picture four times as large: how big the box would be without the picture's border
    wide = CameraModel(**{**wide.__dict__, "hfov": 2 * math.atan(wide.width / 2 / camera.fx)})
    entries = sorted(((_distance(camera, car, b), b) for b in bodies), key=lambda e: e[0])
    result: list[TruthObject] = []
    nearer: list[tuple[float, float, float, float]] = []
    for distance, body in entries:
        box = _tight(camera, car, body)
        visible = 0.0
        if box is not None:
            u, v = np.meshgrid(
                np.linspace(box[0], box[2], grid * 2 + 1)[1::2], np.linspace(box[1], box[3], grid * 2 + 1)[1::2]
            )
            hidden = np.zeros(u.shape, dtype=bool)
            for x0, y0, x1, y1 in nearer:
                hidden |= (u >= x0) & (u <= x1) & (v >= y0) & (v <= y1)
            full = _tight(wide, car, body)
            area = (box[2] - box[0]) * (box[3] - box[1])
            whole = (full[2] - full[0]) * (full[3] - full[1]) if full else area
            visible = float((~hidden).mean()) * min(1.0, area / max(whole, 1e-9))
            nearer.append(box)
        result.append(
            TruthObject(body.id, body.class_name, body.pose, body.size, body.z, box, distance, visible, body.velocity)
        )  # fmt: skip
    return result
