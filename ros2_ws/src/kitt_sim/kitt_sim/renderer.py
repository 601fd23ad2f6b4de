"""The picture: Panda3D's software renderer, without a window, from any thread (always the same one)."""

from __future__ import annotations

import math

import numpy as np
from kitt_inference.errors import KittError
from numpy.typing import NDArray
from panda3d.core import (
    Camera,
    FrameBufferProperties,
    GraphicsEngine,
    GraphicsOutput,
    GraphicsPipe,
    GraphicsPipeSelection,
    NodePath,
    PerspectiveLens,
    Texture,
    WindowProperties,
    load_prc_file_data,
)

from kitt_sim.bodies import Walker
from kitt_sim.camera import CameraModel
from kitt_sim.scene import Scene
from kitt_sim.world import Pose2D, World

load_prc_file_data(
    "kitt_sim",
    "load-display p3tinydisplay\naudio-library-name null\nnotify-level-display error\nnotify-level-tinydisplay error\n"
    "textures-power-2 up\ntd-perspective-textures #t\n",
)


class Renderer:
    """One world seen by one camera."""

    def __init__(self, world: World, camera: CameraModel) -> None:
        self.camera = camera
        selection = GraphicsPipeSelection.get_global_ptr()
        selection.get_num_pipe_types()  # loads the display module
        self._pipe = selection.make_pipe("TinyOffscreenGraphicsPipe")
        if self._pipe is None:
            raise KittError("Panda3D's software renderer p3tinydisplay is missing", "install it: pip install panda3d")
        self._engine = GraphicsEngine(self._pipe)
        properties = FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        self._buffer = self._engine.make_output(
            self._pipe, "camera", 0, properties, WindowProperties.size(camera.width, camera.height),
            GraphicsPipe.BF_refuse_window,
        )  # fmt: skip
        if self._buffer is None:
            raise KittError("the software renderer gave no buffer", "check that panda3d imports and memory is free")
        self._picture = Texture("picture")
        self._buffer.add_render_texture(self._picture, GraphicsOutput.RTM_copy_ram, GraphicsOutput.RTP_color)
        self._root = NodePath("root")
        lens = PerspectiveLens()
        lens.set_film_size(camera.width, camera.height)
        lens.set_focal_length(camera.fx)
        lens.set_near_far(camera.near, camera.far)
        self._eye = self._root.attach_new_node(Camera("eye", lens))
        region = self._buffer.make_display_region()
        region.set_camera(self._eye)
        self._buffer.set_clear_color((0.8, 0.86, 0.92, 1))
        self.scene = Scene(world, self._root)

    def render(self, car: Pose2D, walkers: list[Walker], time: float) -> NDArray[np.uint8]:
        """The picture from a car at `car`: BGR, uint8, (height, width, 3)."""
        camera = self.camera
        c, s = math.cos(car.yaw), math.sin(car.yaw)
        x, y = car.x + c * camera.x - s * camera.y, car.y + s * camera.x + c * camera.y
        self._eye.set_pos_hpr(x, y, camera.z, math.degrees(car.yaw) - 90.0, -math.degrees(camera.pitch), 0.0)
        self.scene.update(x, y, walkers, time)
        self._engine.render_frame()
        data = self._picture.get_ram_image()
        if data is None:
            raise KittError("the software renderer gave no picture", "restart the simulator")
        picture = np.frombuffer(memoryview(data), np.uint8).reshape(camera.height, camera.width, -1)
        return np.ascontiguousarray(picture[::-1, :, :3])
