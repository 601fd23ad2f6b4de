"""Meshes of the parked vehicles."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from panda3d.core import LODNode, NodePath, Texture

from kitt_sim import assets, meshes
from kitt_sim.world import ParkedVehicle

LEVELS = ((0.0, 0.0, 0.0), (9.0, 0.09, 0.5), (18.0, 0.14, 0.25))
"""From which distance [m] a mesh thinned to which cell [m] and detail does."""


@cache
def _load(path: Path) -> tuple[tuple[float, ...], list[tuple[list[meshes.Mesh], Texture | None]]]:
    with np.load(path) as data:
        pictures: dict[int, Texture] = {}
        parts: list[tuple[list[meshes.Mesh], Texture | None]] = []
        i = 0
        while f"points{i}" in data:
            index = int(data[f"texture{i}"])
            if index >= 0 and index not in pictures:
                image = cv2.imdecode(data[f"picture{index}"], cv2.IMREAD_COLOR)
                # glTF counts v from the top, and trimesh has turned that round already
                pictures[index] = meshes.texture(f"{path.stem}{index}", np.asarray(image, np.uint8))
            mesh = meshes.Mesh(
                data[f"points{i}"], data[f"uv{i}"], data[f"colour{i}"].astype(np.float32) / 255, data[f"faces{i}"]
            )  # fmt: skip
            coarse = [meshes.thin(mesh, cell, detail) for _, cell, detail in LEVELS[1:]]
            parts.append(([mesh, *coarse], pictures.get(index)))
            i += 1
        return tuple(float(x) for x in data["size"]), parts


def vehicle_node(vehicle: ParkedVehicle, place: Callable[[NodePath, meshes.Mesh, Texture | None], None]) -> NodePath:
    """A vehicle standing on z = 0, facing +x; the farther, the fewer triangles."""
    path = assets.asset("vehicles", vehicle.model)
    if path is None:
        result = NodePath(vehicle.id)
        for mesh, texture in _plain(vehicle):
            place(result, mesh, texture)
        return result
    size, parts = _load(path)
    scale = [float(wanted / own) for wanted, own in zip(vehicle.size, size, strict=True)]
    lod = LODNode(vehicle.id)
    result = NodePath(lod)
    result.set_scale(*scale)
    for level, (start, _, _) in enumerate(LEVELS):
        path_of_level = result.attach_new_node(f"level{level}")
        for made, texture in parts:
            place(path_of_level, made[level], texture)
        end = LEVELS[level + 1][0] if level + 1 < len(LEVELS) else 10000.0
        lod.add_switch(end, start)
    return result


def _plain(vehicle: ParkedVehicle) -> list[tuple[meshes.Mesh, Texture | None]]:
    length, width, height = vehicle.size
    body = meshes.tinted(meshes.box((length, width, height * 0.55)), vehicle.colour)
    cabin = meshes.tinted(meshes.box((length * 0.55, width * 0.9, height)), (0.2, 0.22, 0.25))
    return [(meshes.join([body, cabin]), None)]
