"""The picture: Panda3D's software renderer, without a window, from any thread (always the same one)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from panda3d.core import Camera, NodePath, PerspectiveLens

from kitt_core.geometry import Pose2D
from kitt_sim.actors import Walker
from kitt_sim.camera import CameraModel
from kitt_sim.offscreen import Offscreen
from kitt_sim.scene import Scene
from kitt_sim.world import LightColour, World


class Renderer:
    """One world seen by one camera."""

    def __init__(self, world: World, camera: CameraModel) -> None:
        self.camera = camera
        self._screen = Offscreen(camera.width, camera.height, (0.45, 0.46, 0.45))
        self._root = NodePath("root")
        lens = PerspectiveLens()
        lens.set_film_size(camera.width, camera.height)
        lens.set_focal_length(camera.fx)
        lens.set_near_far(camera.near, camera.far)
        self._eye = self._root.attach_new_node(Camera("eye", lens))
        self._screen.look(self._eye)
        self.scene = Scene(world, self._root)

    def render(self, car: Pose2D, walkers: list[Walker], colours: list[LightColour]) -> NDArray[np.uint8]:
        """The picture from a car at `car`: BGR, uint8, (height, width, 3)."""
        camera = self.camera
        c, s = math.cos(car.yaw), math.sin(car.yaw)
        x, y = car.x + c * camera.x - s * camera.y, car.y + s * camera.x + c * camera.y
        self._eye.set_pos_hpr(x, y, camera.z, math.degrees(car.yaw) - 90.0, -math.degrees(camera.pitch), 0.0)
        self.scene.update(x, y, walkers, colours)
        return self._screen.draw()
