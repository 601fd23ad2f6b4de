"""A world's files for Gazebo: SDF, meshes, pictures and materials in one folder of the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import cv2
from panda3d.core import NodePath, Texture

from kitt_core.geometry import Pose2D
from kitt_inference.download import cache_root
from kitt_sim import assets, meshes
from kitt_sim.car import Car
from kitt_sim.gazebo import scenery, sdf
from kitt_sim.scene import Scene
from kitt_sim.vehicles import vehicle_node
from kitt_sim.world import World

RECIPE = 1
"""Raise when the files are made in another way."""
VEHICLE_DETAIL = 1
PREFIX = "kitt"


def draw(world: World) -> sdf.Drawing:
    """Everything that is to be seen: what stands as one, vehicles and people each for themselves."""
    root = NodePath("root")
    scene = Scene(world, root)
    people = {person.id for person in world.people}
    still = scenery.pieces(root, lambda path: path.get_name() in people, VEHICLE_DETAIL)
    moving = {}
    for person, steps in zip(world.people, scene.people_steps(), strict=True):
        stands = person.speed == 0.0 or len(person.path) == 1
        moving[person.id] = scenery.pieces(steps[0 if stands else 3])
    number = 0
    for piece in [*still, *(piece for pieces in moving.values() for piece in pieces)]:
        piece.name = f"piece{number}"
        number += 1
    return sdf.Drawing(still, moving)
