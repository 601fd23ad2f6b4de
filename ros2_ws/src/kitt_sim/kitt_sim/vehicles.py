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

FAR = 10.0
"""Distance [m] from which a coarse mesh does."""


@cache
def _load(path: Path) -> tuple[tuple[float, ...], list[tuple[meshes.Mesh, meshes.Mesh, Texture | None]]]:
    with np.load(path) as data:
        pictures: dict[int, Texture] = {}
        parts: list[tuple[meshes.Mesh, meshes.Mesh, Texture | None]] = []
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
            parts.append((mesh, meshes.thin(mesh, 0.09, 0.5), pictures.get(index)))
            i += 1
        return tuple(float(x) for x in data["size"]), parts


def vehicle_node(vehicle: ParkedVehicle, place: Callable[[NodePath, meshes.Mesh, Texture | None], None]) -> NodePath:
    """A vehicle standing on z = 0, facing +x; from FAR on it is drawn with fewer triangles."""
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
    near, far = result.attach_new_node("near"), result.attach_new_node("far")
    for mesh, coarse, texture in parts:
        place(near, mesh, texture)
        place(far, coarse, texture)
    lod.add_switch(FAR, 0.0)
    lod.add_switch(10000.0, FAR)
    return result


def _plain(vehicle: ParkedVehicle) -> list[tuple[meshes.Mesh, Texture | None]]:
    length, width, height = vehicle.size
    body = meshes.tinted(meshes.box((length, width, height * 0.55)), vehicle.colour)
    cabin = meshes.tinted(meshes.box((length * 0.55, width * 0.9, height)), (0.2, 0.22, 0.25))
    return [(meshes.join([body, cabin]), None)]
