"""A world's files for Gazebo: SDF, meshes, pictures and materials in one folder of the cache."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from panda3d.core import NodePath

from kitt_core.geometry import Pose2D
from kitt_inference.download import cache_root
from kitt_sim import assets
from kitt_sim.car import Car
from kitt_sim.gazebo import bridge, scenery, sdf
from kitt_sim.lights import COLOURS
from kitt_sim.scene import Scene
from kitt_sim.world import Paved, Road, World

RECIPE = 1
"""Raise when the files are made in another way."""
VEHICLE_DETAIL = 1
WORLD_FILE, NAMES_FILE, BRIDGE_FILE = "world.sdf", "names.json", "bridge.yaml"


def draw(world: World) -> sdf.Drawing:
    """Everything that is to be seen: what stands as one; people and what lights show each for themselves."""
    root = NodePath("root")
    scene = Scene(world, root)
    faces = {f"{light.id}_{colour}" for light in world.lights for colour in COLOURS}
    apart = {person.id for person in world.people} | faces
    still = scenery.pieces(
        root, lambda path: path.get_name() in apart, VEHICLE_DETAIL,
        lambda places: _on_roads(world, places),
    )  # fmt: skip
    moving = {
        person.id: scenery.pieces(scene.people.figure(i, walking=len(person.path) > 1))
        for i, person in enumerate(world.people)
    }
    lit = {
        light.id: {c: scenery.pieces_of(root, f"{light.id}_{c}") for c in COLOURS} for light in world.lights
    }  # fmt: skip
    groups = [still, *moving.values(), *(pieces for colours in lit.values() for pieces in colours.values())]
    for number, piece in enumerate(piece for group in groups for piece in group):
        piece.name = f"piece{number}"
    return sdf.Drawing(still, moving, lit)


def _on_roads(world: World, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Of places (..., 2) whether a road or paved ground carries them: `World.ground_height` for many at once."""
    result = np.zeros(places.shape[:-1], bool)
    parts: list[Road | Paved] = [*world.roads, *world.paved]
    for part in parts:
        c, s = math.cos(part.pose.yaw), math.sin(part.pose.yaw)
        d = places - np.array([part.pose.x, part.pose.y])
        along, left = d @ np.array([c, s]), np.abs(d @ np.array([-s, c]))
        if isinstance(part, Road):
            result |= (along >= 0.0) & (along <= part.length) & (left <= part.kerb)
        else:
            result |= (np.abs(along) <= part.size[0] / 2) & (left <= part.size[1] / 2)
    return result


def _all(drawing: sdf.Drawing) -> list[scenery.Piece]:
    lit = [pieces for colours in drawing.faces.values() for pieces in colours.values()]
    return [piece for group in (drawing.scene, *drawing.moving.values(), *lit) for piece in group]


def _write(world: World, car: Car, start: Pose2D | None, folder: Path, seen_at: str, dialect: sdf.Dialect) -> None:
    drawing = draw(world)
    pieces = _all(drawing)
    if dialect == "classic":
        pictures, prefix = folder / "materials", "kitt_"
        pictures.mkdir()
        (pictures / "kitt.material").write_text("\n".join(map(scenery.ogre_material, pieces)))
    else:
        pictures, prefix = folder, ""
    for piece in pieces:
        scenery.write(piece, folder, pictures, prefix)
    names = {name: {c: [p.name for p in group] for c, group in colours.items()}
             for name, colours in drawing.faces.items()}  # fmt: skip
    (folder / NAMES_FILE).write_text(json.dumps(names))
    if dialect == "harmonic":
        (folder / BRIDGE_FILE).write_text(bridge.document(world))
    (folder / WORLD_FILE).write_text(sdf.world_sdf(world, car, drawing, seen_at, dialect, start))


def prepare(world: World, car: Car | None = None, start: Pose2D | None = None, seen_at: str = "",
            dialect: sdf.Dialect = "classic") -> Path:  # fmt: skip
    """The folder with a world's files, made where the cache does not hold it yet.

    Args:
        seen_at: where Gazebo will see the folder; empty: where it lies.
        start: where the car begins, instead of the world's own start.
    """
    car = car or Car()
    source = "".join(
        Path(__file__).with_name(name).read_text()
        for name in ("sdf.py", "sdf_car.py", "scenery.py", "systems.py", "bridge.py")
    )
    words = repr((RECIPE, world, car, start, seen_at, dialect, assets.missing(), VEHICLE_DETAIL, source))
    key = hashlib.sha256(words.encode()).hexdigest()[:16]
    parent = cache_root() / "gazebo" / "worlds"
    folder = parent / f"{world.name}-{dialect}-{key}"
    if (folder / WORLD_FILE).is_file():
        return folder
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        _write(world, car, start, made, seen_at or str(folder), dialect)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)
    _tidy(parent, folder)
    return folder


def _tidy(parent: Path, newest: Path, kept: int = 24) -> None:
    """Forget the files of worlds that were made long ago."""
    others = sorted((f for f in parent.iterdir() if f.is_dir() and f != newest), key=lambda f: f.stat().st_mtime)
    for old in others[: max(0, len(others) - kept)]:
        shutil.rmtree(old, ignore_errors=True)
