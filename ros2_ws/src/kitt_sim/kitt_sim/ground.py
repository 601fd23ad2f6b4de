"""The ground of a world: lawn, pavements, roads, kerbs, paved squares and markings, painted one over the other."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from kitt_sim import meshes
from kitt_sim.world import KERB_HEIGHT, Paved, Road, World

if TYPE_CHECKING:
    from kitt_sim.scene import Scene

# painted in this order, without depth: what comes later covers what came before
_LAWN, _PAVEMENT, _ROAD, _KERB, _PAVED, _MARKING = 1, 2, 3, 4, 5, 6


def draw_ground(world: World, scene: Scene) -> None:
    """Paints everything that lies flat."""
    _lawn(world, scene)
    for road in world.roads:
        _pavements(scene, road)
    for road in world.roads:
        mesh = meshes.strip((0.0, road.length), (-road.kerb, road.kerb), 0.0, 6.0)
        scene.flat(road.id, mesh, "road", road.lane_width, road.strip_width, at=road.pose, layer=_ROAD)
    for road in world.roads:
        _kerbs(scene, road, [*(r for r in world.roads if r is not road), *world.paved])
    for square in world.paved:
        length, width = square.size[0] / 2, square.size[1] / 2
        mesh = meshes.strip((-length, length), (-width, width), 0.0, 8.0)
        mesh.uv[:, 0] *= width / 4.0
        scene.flat(square.id, mesh, "asphalt", at=square.pose, layer=_PAVED)
    for i, marking in enumerate(world.markings):
        length, width = marking.size[0] / 2, marking.size[1] / 2
        mesh = meshes.strip((-length, length), (-width, width), 0.005, 1.0)
        mesh.colour[:, :3] *= 0.84
        scene.flat(f"marking_{i}", mesh, at=marking.pose, layer=_MARKING)


def _lawn(world: World, scene: Scene) -> None:
    """Grass as far as one sees; beside a single road only, since nobody sees what lies under it."""
    box = world.bounds
    x = (box.x_min - 70.0, box.x_max + 70.0)
    if len(world.roads) == 1 and not world.paved and world.road.pose.yaw == 0.0:
        edge = world.road.kerb + world.road.pavement_width
        parts = [(world.road.pose.y + edge, box.y_max + 60.0), (box.y_min - 60.0, world.road.pose.y - edge)]
    else:
        parts = [(box.y_min - 60.0, box.y_max + 60.0)]
    for y0, y1 in parts:
        lawn = meshes.strip(x, (y0, y1), 0.05 if world.roads else 0.0, 8.0, 20.0)
        lawn.uv[:, 0] *= (y1 - y0) / 8.0
        scene.flat("lawn", lawn, "grass", layer=_LAWN)


def _pavements(scene: Scene, road: Road) -> None:
    if road.pavement_width <= 0.0:
        return
    # a little under the houses, so that no crack shows at their feet
    width = road.pavement_width + 0.5
    for side in (1, -1):
        edges = sorted((side * road.kerb, side * (road.kerb + width)))
        slabs = meshes.strip((0.0, road.length), (edges[0], edges[1]), KERB_HEIGHT, 2.0)
        slabs.uv[:, 0] *= width / 2
        scene.flat(f"{road.id}_pavement", slabs, "pavement", at=road.pose, layer=_PAVEMENT)


def _kerbs(scene: Scene, road: Road, others: list[Road | Paved]) -> None:
    """The kerbs' faces, with gaps where another road or a paved square joins."""
    xs = np.linspace(0.0, road.length, max(2, math.ceil(road.length / 5.5)))
    for side in (1, -1):
        y, walls = side * road.kerb, []
        for a, b in pairwise(xs):
            x_middle, y_middle = road.pose.to_parent((a + b) / 2, y + side * 0.05)
            if any(part.carries(x_middle, y_middle) for part in others):
                continue
            corners = np.array([(b, y, 0), (a, y, 0), (a, y, KERB_HEIGHT), (b, y, KERB_HEIGHT)])
            walls.append(meshes.quad(corners, (0, 0, abs(b - a), 1), 0.8))
        if walls:
            path = scene.flat(f"{road.id}_kerb", meshes.join(walls), "kerb", at=road.pose, layer=_KERB)
            path.set_two_sided(True)
