"""The people in the scene."""

from __future__ import annotations

from collections.abc import Callable

from panda3d.core import NodePath

from kitt_sim import meshes
from kitt_sim.bodies import Walker, ground_height
from kitt_sim.world import World


class PeopleScene:
    """One node a person."""

    def __init__(self, world: World, root: NodePath, shadow: Callable[[NodePath, float, float], NodePath]) -> None:
        self.world = world
        self._paths: list[NodePath] = []
        for person in world.people:
            path = root.attach_new_node(person.id)
            path.attach_new_node(
                meshes.node("body", meshes.tinted(meshes.box((0.25, 0.45, person.height)), (0.3, 0.3, 0.7)))
            )
            shadow(path, 0.7, 0.7)
            self._paths.append(path)

    def update(self, eye_x: float, eye_y: float, walkers: list[Walker]) -> None:
        """Moves the people to where they are now."""
        for path, walker in zip(self._paths, walkers, strict=True):
            path.set_pos(walker.pose.x, walker.pose.y, ground_height(self.world, walker.pose.y))
