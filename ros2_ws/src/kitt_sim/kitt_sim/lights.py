"""The traffic lights in the scene: a head on a pole, with a face for each colour of which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from panda3d.core import NodePath

from kitt_sim import meshes
from kitt_sim.world import LightColour, TrafficLight, World

if TYPE_CHECKING:
    from kitt_sim.scene import Scene

COLOURS: tuple[LightColour, ...] = ("red", "amber", "green")
_POLE, _HOUSING = (0.42, 0.44, 0.46), (0.16, 0.17, 0.17)


class LightScene:
    """Builds the lights once; `update` shows what they show."""

    def __init__(self, world: World, scene: Scene) -> None:
        self._faces = [self._build(light, scene) for light in world.lights]

    def _build(self, light: TrafficLight, scene: Scene) -> dict[LightColour, NodePath]:
        depth, width, height = light.size
        low, high = light.height - height / 2, light.height + height / 2
        pole = meshes.tinted(meshes.box((0.1, 0.1, high - 0.05)), _POLE)
        pole.points[:, 0] -= depth / 2 + 0.06
        scene.standing(f"{light.id}_pole", pole, at=light.pose)
        housing = meshes.tinted(meshes.box((depth, width, height)), _HOUSING)
        housing.points[:, 2] += low
        scene.standing(f"{light.id}_head", housing, at=light.pose)
        front, half = depth / 2 + 0.01, width / 2
        corners = np.array([(front, -half, low), (front, half, low), (front, half, high), (front, -half, high)])
        return {
            colour: scene.standing(
                f"{light.id}_{colour}", meshes.quad(corners), f"traffic_light:{colour}", at=light.pose
            )
            for colour in COLOURS
        }

    def update(self, colours: list[LightColour]) -> None:
        """Lights show `colours`, in the world's order."""
        for faces, shown in zip(self._faces, colours, strict=True):
            for colour, path in faces.items():
                if colour == shown:
                    path.show()
                else:
                    path.hide()
