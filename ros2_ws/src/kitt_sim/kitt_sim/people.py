"""The people in the scene: one mesh for each phase of the stride, shown in turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from panda3d.core import LODNode, NodePath

from kitt_sim import assets, meshes
from kitt_sim.actors import Walker
from kitt_sim.gait import STRIDE, pose, skin
from kitt_sim.human import LOOKS, Human
from kitt_sim.mannequin import mannequin
from kitt_sim.world import World

PHASES = 16
FAR = 7.0
"""Distance [m] from which a coarse mesh does."""


def _mesh(human: Human, phase: float | None, drop: float) -> meshes.Mesh:
    points = skin(human.points, human.bones, human.indices, human.weights, pose(phase, drop))
    points[:, 2] -= points[:, 2].min()
    shade = meshes.light(meshes.normals(points, human.faces), 0.66, 0.42)
    colour = np.concatenate([np.clip(human.colours * shade[:, None], 0, 1), np.ones((len(points), 1))], axis=1)
    return meshes.Mesh(
        points.astype(np.float32), np.zeros((len(points), 2), np.float32), colour.astype(np.float32),
        human.faces.astype(np.uint32),
    )  # fmt: skip


@cache
def _phases(path: Path | None, appearance: int) -> list[tuple[meshes.Mesh, meshes.Mesh]]:
    """Standing and then each phase, fine and coarse."""
    human = mannequin(LOOKS[appearance]) if path is None else Human.load(path)
    drop = 0.0 if path is None else 34.0
    apart = np.round(human.colours * 6).astype(np.int64)
    keep, faces = meshes.cluster(human.points, apart, human.faces, 0.035)
    result = []
    for phase in [None, *(i / PHASES for i in range(PHASES))]:
        fine = _mesh(human, phase, drop)
        coarse = meshes.Mesh(fine.points[keep], fine.uv[keep], fine.colour[keep], faces.astype(np.uint32))
        result.append((fine, coarse))
    return result


class PeopleScene:
    """One node a person with a child for standing and one for each phase."""

    def __init__(self, world: World, root: NodePath, shadow: Callable[[NodePath, float, float], NodePath]) -> None:
        self.world = world
        self._paths: list[NodePath] = []
        self._steps: list[list[NodePath]] = []
        for order, person in enumerate(world.people):
            look = person.appearance % len(LOOKS)
            phases = _phases(assets.asset("people", f"person{look}"), look)
            scale = person.height / 1.75
            path: NodePath = root.attach_new_node(person.id)
            path.set_bin("fixed", 100000 + order)  # a fixed order, for the same pixels in every run
            steps = []
            for fine, coarse in phases:
                lod = LODNode("step")
                step = path.attach_new_node(lod)
                step.set_scale(scale)
                for mesh in (fine, coarse):
                    step.attach_new_node(meshes.node("body", mesh))
                lod.add_switch(FAR, 0.0)
                lod.add_switch(10000.0, FAR)
                steps.append(step)
            shadow(path, 0.8, 0.7)
            self._steps.append(steps)
            self._paths.append(path)

    def figure(self, index: int, *, walking: bool) -> NodePath:
        """Somebody's body in one pose: in the middle of a step, or standing."""
        return self._steps[index][1 + PHASES // 8 if walking else 0]

    def update(self, walkers: list[Walker]) -> None:
        """Moves the people to where they are now."""
        for path, steps, walker in zip(self._paths, self._steps, walkers, strict=True):
            at = walker.pose
            z = self.world.ground_height(at.x, at.y)
            path.set_pos_hpr(at.x, at.y, z, math.degrees(at.yaw), 0, 0)
            shown = 1 + int(walker.walked / STRIDE * PHASES) % PHASES if walker.speed > 0 else 0
            for i, step in enumerate(steps):
                if i == shown:
                    step.show()
                else:
                    step.hide()
