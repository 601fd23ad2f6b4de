"""A plain walking figure of our own, for when the people's meshes are not in the cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt_sim.gait import Bone
from kitt_sim.human import Human, Look
from kitt_sim.meshes import box

# name, parent, joint [m], the limb's box: centre x, y, bottom z, length, width, height, and which colour
_LIMBS = (
    ("root", -1, (0.0, 0.0, 0.95), (0.0, 0.0, 0.86, 0.20, 0.32, 0.16), "bottom"),
    ("spine03", 0, (0.0, 0.0, 1.05), (0.0, 0.0, 1.00, 0.22, 0.38, 0.45), "top"),
    ("neck02", 1, (0.0, 0.0, 1.45), (0.02, 0.0, 1.45, 0.18, 0.15, 0.27), "skin"),
    ("upperleg01.L", 0, (0.0, 0.09, 0.92), (0.0, 0.09, 0.46, 0.16, 0.15, 0.46), "bottom"),
    ("upperleg01.R", 0, (0.0, -0.09, 0.92), (0.0, -0.09, 0.46, 0.16, 0.15, 0.46), "bottom"),
    ("lowerleg01.L", 3, (0.0, 0.09, 0.48), (0.0, 0.09, 0.08, 0.12, 0.12, 0.40), "bottom"),
    ("lowerleg01.R", 4, (0.0, -0.09, 0.48), (0.0, -0.09, 0.08, 0.12, 0.12, 0.40), "bottom"),
    ("foot.L", 5, (0.0, 0.09, 0.08), (0.05, 0.09, 0.0, 0.26, 0.10, 0.09), "shoes"),
    ("foot.R", 6, (0.0, -0.09, 0.08), (0.05, -0.09, 0.0, 0.26, 0.10, 0.09), "shoes"),
    ("upperarm01.L", 1, (0.0, 0.21, 1.40), (0.0, 0.24, 1.12, 0.11, 0.10, 0.30), "top"),
    ("upperarm01.R", 1, (0.0, -0.21, 1.40), (0.0, -0.24, 1.12, 0.11, 0.10, 0.30), "top"),
    ("lowerarm01.L", 9, (0.0, 0.24, 1.13), (0.0, 0.24, 0.80, 0.09, 0.08, 0.33), "skin"),
    ("lowerarm01.R", 10, (0.0, -0.24, 1.13), (0.0, -0.24, 0.80, 0.09, 0.08, 0.33), "skin"),
)


def mannequin(look: Look) -> Human:
    """Boxes for limbs, hung on the bones that the gait moves; its arms hang in the rest pose."""
    points: list[NDArray[np.float64]] = []
    faces: list[NDArray[np.int64]] = []
    colours: list[NDArray[np.float64]] = []
    bone: list[NDArray[np.int64]] = []
    for i, (_, _, _, (x, y, z, length, width, height), part) in enumerate(_LIMBS):
        limb = box((length, width, height))
        faces.append(limb.faces.astype(np.int64) + sum(map(len, points)))
        points.append(limb.points.astype(float) + np.array([x, y, z]))
        colours.append(np.tile(np.array(getattr(look, part)), (len(limb.points), 1)))
        bone.append(np.full(len(limb.points), i))
    index = np.zeros((sum(map(len, points)), 4), np.int64)
    index[:, 0] = np.concatenate(bone)
    weights = np.zeros(index.shape)
    weights[:, 0] = 1.0
    bones = [Bone(name, parent, head) for name, parent, head, _, _ in _LIMBS]
    return Human(np.concatenate(points), np.concatenate(colours), np.concatenate(faces), bones, index, weights)
