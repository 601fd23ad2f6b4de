"""Turns downloaded glTF vehicles into small files that load at once: one mesh a texture, light baked in, few triangles.

Done once at set-up, so that neither a glTF reader nor the large originals are needed to run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt_sim.meshes import Mesh, light, normals, thin

CELL = 0.025
"""Vertices nearer than this [m] with the same texture and shade are merged."""


class Recipe(NamedTuple):
    """A vehicle's folder and where its wheels sit: half track, front and rear axle seen from the middle, radius [m]."""

    folder: str
    track: float
    front: float
    rear: float
    radius: float
    shift: float


# positions of the axles and offsets of the bodies as in MetaDrive 0.2.6.0, component/vehicle/vehicle_type.py
RECIPES = {
    "beetle": Recipe("beetle", 0.70, 1.4126, 1.07, 0.376, -0.2),
    "hatchback": Recipe("130", 0.803, 1.285, 1.203, 0.39, -0.05),
    "sedan": Recipe("lada", 0.75, 1.391, 1.10751, 0.39, -0.25),
    "sports": Recipe("ferra", 0.815, 1.05234, 1.4166, 0.313, 0.0),
    "truck": Recipe("truck", 0.931, 1.726, 1.075, 0.37, 0.3),
}


class Part(NamedTuple):
    """Triangles with one texture (an index, -1: none): points, normals, uv, colour (N, 4), faces."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    uv: NDArray[np.float64]
    colour: NDArray[np.float64]
    faces: NDArray[np.int64]
    texture: int


def _material(visual: Any) -> tuple[NDArray[np.float64], Any]:
    """Base colour factor in linear 0..1 and the texture, a PIL picture or None."""
    material = getattr(visual, "material", None)
    factor = getattr(material, "baseColorFactor", None)
    rgba = np.ones(4) if factor is None else np.asarray(factor, float)
    if rgba.max() > 1.0:
        rgba = rgba / 255.0
    return rgba, getattr(material, "baseColorTexture", None)


def _read(path: Path, textures: list[Any]) -> list[Part]:
    """The parts of a glTF file in REP 103 axes (these files: y up, z to the vehicle's rear)."""
    import trimesh

    scene: Any = trimesh.load(path, force="scene")
    parts = []
    for name in scene.graph.nodes_geometry:
        transform, geometry = scene.graph[name]
        mesh = scene.geometry[geometry].copy().apply_transform(transform)
        rgba, picture = _material(mesh.visual)
        index = -1
        if picture is not None:
            index = next((i for i, t in enumerate(textures) if t.tobytes() == picture.tobytes()), len(textures))
            if index == len(textures):
                textures.append(picture)
        # glTF's factors are linear light, pictures are sRGB
        rgba[:3] = np.clip(rgba[:3], 0, 1) ** (1 / 2.2)
        uv = getattr(mesh.visual, "uv", None)
        uv = np.zeros((len(mesh.vertices), 2)) if uv is None else np.asarray(uv)
        points, faces = np.asarray(mesh.vertices)[:, [2, 0, 1]] * [-1.0, -1.0, 1.0], np.asarray(mesh.faces)
        parts.append(
            Part(points, normals(points, faces), uv.copy(), np.tile(rgba, (len(uv), 1)), faces, index)
        )  # fmt: skip
    return parts


def _moved(part: Part, turn: bool, offset: tuple[float, float, float]) -> Part:
    sign = np.array([-1.0, -1.0, 1.0]) if turn else np.ones(3)
    return part._replace(points=part.points * sign + np.array(offset), normals=part.normals * sign)


def _merge(parts: list[Part]) -> Part:
    offsets = np.cumsum([0] + [len(p.points) for p in parts[:-1]])
    return Part(
        np.concatenate([p.points for p in parts]), np.concatenate([p.normals for p in parts]),
        np.concatenate([p.uv for p in parts]), np.concatenate([p.colour for p in parts]),
        np.concatenate([p.faces + o for p, o in zip(parts, offsets, strict=True)]), parts[0].texture,
    )  # fmt: skip


def _visible(part: list[Part]) -> list[NDArray[np.bool_]]:
    """Which faces of each part can be seen from outside: rendered from all around, each face in a colour of its own."""
    from kitt_sim.offscreen import faces_seen

    corners = [p.points[p.faces].reshape(-1, 3) for p in part]
    counts = [len(p.faces) for p in part]
    seen = faces_seen(np.concatenate(corners))
    return [np.asarray(x) for x in np.split(seen, np.cumsum(counts)[:-1])]


def vehicle(models: Path, model: str, target: Path) -> None:
    """Reads the vehicle `model` below `models`, writes `target` (npz: parts, textures as PNG bytes, the size)."""
    recipe, textures = RECIPES[model], []  # type: tuple[Recipe, list[Any]]
    folder = models / recipe.folder
    parts = [_moved(p, False, (recipe.shift, 0.0, 0.0)) for p in _read(folder / "vehicle.gltf", textures)]
    for end, x in (("front", recipe.front), ("back", -recipe.rear)):
        wheel = _read(folder / f"right_tire_{end}.gltf", textures)
        if model == "sedan":  # this file carries stray copies besides the wheel
            wheel = [p for p in wheel if np.abs(p.points).max() < 0.6]
        for side in (-1.0, 1.0):
            parts += [_moved(p, side > 0, (x, side * recipe.track, recipe.radius)) for p in wheel]
    merged = [_merge([p for p in parts if p.texture == t]) for t in sorted({p.texture for p in parts})]
    merged = [p._replace(faces=p.faces[seen]) for p, seen in zip(merged, _visible(merged), strict=True) if seen.any()]
    everything = np.concatenate([p.points for p in merged])
    low, high = everything.min(axis=0), everything.max(axis=0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    arrays: dict[str, NDArray[Any]] = {"size": high - low}
    for i, part in enumerate(merged):
        lit = part.colour * np.concatenate(
            [np.tile(light(part.normals)[:, None], 3), np.ones((len(part.points), 1))], 1
        )
        whole = Mesh(
            (part.points - middle).astype(np.float32), part.uv.astype(np.float32),
            np.clip(lit, 0, 1).astype(np.float32), part.faces.astype(np.uint32),
        )  # fmt: skip
        mesh = thin(whole, CELL)
        arrays[f"points{i}"], arrays[f"uv{i}"], arrays[f"faces{i}"] = mesh.points, mesh.uv, mesh.faces
        arrays[f"colour{i}"] = np.round(mesh.colour * 255).astype(np.uint8)
        arrays[f"texture{i}"] = np.array(part.texture)
    for i, picture in enumerate(textures):
        image = cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
        side = min(512, 1 << int(np.log2(max(image.shape[:2]))))
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        arrays[f"picture{i}"] = np.frombuffer(cv2.imencode(".png", small)[1].tobytes(), np.uint8)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
