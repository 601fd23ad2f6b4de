"""Panda3D's software renderer without a window: a camera in, pixels out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from panda3d.core import (
    Camera,
    FrameBufferProperties,
    GraphicsEngine,
    GraphicsOutput,
    GraphicsPipe,
    GraphicsPipeSelection,
    NodePath,
    OrthographicLens,
    Texture,
    WindowProperties,
    load_prc_file_data,
)

from kitt_inference.errors import KittError
from kitt_sim import meshes

# only the offscreen pipe is used; without this Panda3D would look for a display and speak about it
load_prc_file_data(
    "kitt_sim",
    "load-display p3tinydisplay\naudio-library-name null\nnotify-level-display error\n"
    "notify-level-tinydisplay error\nnotify-level-x11display fatal\n",
)


class Offscreen:
    """A buffer of width x height pixels. To be used by one thread, whichever it is."""

    def __init__(self, width: int, height: int, background: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        self._size = (width, height)
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
            self._pipe, "camera", 0, properties, WindowProperties.size(width, height), GraphicsPipe.BF_refuse_window
        )
        if self._buffer is None:
            raise KittError(f"no picture of {width}x{height} pixels can be rendered", "choose a smaller size")
        self._picture = Texture("picture")
        self._buffer.add_render_texture(self._picture, GraphicsOutput.RTM_copy_ram, GraphicsOutput.RTP_color)
        self._buffer.set_clear_color((*background, 1))

    def look(self, camera: NodePath) -> None:
        """Draws what `camera` sees from now on."""
        region = self._buffer.make_display_region()
        region.set_camera(camera)

    def draw(self) -> NDArray[np.uint8]:
        """The picture now: BGR (height, width, 3), a copy."""
        self._engine.render_frame()
        data = self._picture.get_ram_image()
        if data is None:
            raise KittError("the software renderer gave no picture", "restart the simulator")
        width, height = self._size
        picture = np.frombuffer(memoryview(data), np.uint8).reshape(height, width, -1)
        return np.ascontiguousarray(picture[::-1, :, :3])

    def close(self) -> None:
        """Gives the buffer back."""
        self._engine.remove_all_windows()


def faces_seen(corners: NDArray[np.float64], size: int = 768) -> NDArray[np.bool_]:
    """Which triangles can be seen from outside, from around and above (a parked car's floor is nobody's sight).

    Args:
        corners: (3 M, 3), the three corners of each of M triangles.
        size: pixels; a triangle smaller than one of them may be missed.

    Returns:
        (M,) true where a triangle is visible from at least one of the directions.
    """
    count = len(corners) // 3
    number = np.arange(1, count + 1)
    colour = np.stack([number >> 16 & 255, number >> 8 & 255, number & 255, np.full(count, 255)], axis=1) / 255.0
    mesh = meshes.Mesh(
        corners.astype(np.float32), np.zeros((len(corners), 2), np.float32),
        np.repeat(colour, 3, axis=0).astype(np.float32), np.arange(len(corners), dtype=np.uint32).reshape(-1, 3),
    )  # fmt: skip
    root = NodePath("faces")
    body = root.attach_new_node(meshes.node("faces", mesh))
    body.set_two_sided(True)
    middle = (corners.max(axis=0) + corners.min(axis=0)) / 2
    span = float(np.linalg.norm(corners.max(axis=0) - corners.min(axis=0)))
    lens = OrthographicLens()
    lens.set_film_size(span, span)
    lens.set_near_far(0.1, 3 * span)
    eye = root.attach_new_node(Camera("eye", lens))
    screen = Offscreen(size, size)
    screen.look(eye)
    seen = np.zeros(count + 1, bool)
    for pitch in (-2.0, -18.0, -40.0):
        for heading in range(0, 360, 20):
            eye.set_pos_hpr(*middle, heading, pitch, 0)
            eye.set_pos(eye, 0, -1.5 * span, 0)
            picture = screen.draw().astype(np.int64)
            ids = picture[:, :, 2] << 16 | picture[:, :, 1] << 8 | picture[:, :, 0]
            seen[np.unique(ids[ids <= count])] = True
    screen.close()
    return np.asarray(seen[1:])
