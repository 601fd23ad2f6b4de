"""A human walk as joint angles over one stride, and linear blend skinning.

Joint curves: sagittal hip, knee and ankle angles of normal walking after Winter, Biomechanics and Motor Control of
Human Movement (2009), read at tenths of a stride. Axes as in REP 103: x forward, y left, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDE = 1.42
"""Length of a full stride, two steps [m]."""

_HIP = (28, 27, 20, 10, 0, -9, -8, 6, 22, 30, 28)
_KNEE = (6, 14, 17, 10, 7, 14, 38, 60, 50, 18, 6)
_ANKLE = (0, -4, 2, 7, 9, 3, -14, -4, 1, 1, 0)


@dataclass(frozen=True)
class Bone:
    """A joint: its parent's index (-1: none) and the place it turns about, in the rest pose [m]."""

    name: str
    parent: int
    head: tuple[float, float, float]


def rotation(axis: str, degrees: float) -> NDArray[np.float64]:
    """3x3 rotation about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _at(curve: tuple[int, ...], phase: float) -> float:
    return float(np.interp(phase % 1.0, np.linspace(0, 1, len(curve)), curve))


def pose(phase: float | None, arm_drop: float = 34.0) -> dict[str, NDArray[np.float64]]:
    """Rotations by bone name at `phase` of the stride (0: the right heel touches down), or standing for None.

    Args:
        phase: in 0..1.
        arm_drop: by how many degrees the rest pose's arms must be lowered to hang.
    """
    result: dict[str, NDArray[np.float64]] = {}
    for side, sign, shift in (("R", -1.0, 0.0), ("L", 1.0, 0.5)):
        if phase is None:
            hip, knee, ankle, swing, elbow = 1.0 + 2 * sign, 3.0, 0.0, 3.0 * sign, -22.0
        else:
            own = phase + shift
            hip, knee, ankle = _at(_HIP, own), _at(_KNEE, own), _at(_ANKLE, own)
            swing = -22.0 * math.cos(2 * math.pi * own) + 2.0
            elbow = -16.0 + 12.0 * math.cos(2 * math.pi * (own + 0.5))
        result[f"upperleg01.{side}"] = rotation("y", -hip) @ rotation("x", -sign * 3.0)
        result[f"lowerleg01.{side}"] = rotation("y", knee)
        result[f"foot.{side}"] = rotation("y", -ankle)
        result[f"upperarm01.{side}"] = rotation("y", -swing) @ rotation("x", -sign * arm_drop)
        # the rest pose's elbows are bent by about 40 degrees already, so hanging arms need extension; it turns about
        # the hanging arm's axis, which in the rest frame is tilted by the drop
        tilt = rotation("x", sign * arm_drop)
        result[f"lowerarm01.{side}"] = tilt @ rotation("y", -elbow) @ tilt.T
    if phase is not None:
        twist = 5.0 * math.cos(2 * math.pi * phase)
        result["spine03"] = rotation("z", -2 * twist) @ rotation("y", 3.0)
        result["root"] = rotation("z", twist)
        result["neck02"] = rotation("z", twist)
    return result


def skin(
    points: NDArray[np.float64],
    bones: list[Bone],
    indices: NDArray[np.int64],
    weights: NDArray[np.float64],
    rotations: dict[str, NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Vertices (N, 3) after the bones have turned (linear blend skinning).

    Args:
        points: rest vertices (N, 3) [m].
        bones: parents before children.
        indices: (N, 4) bones of each vertex.
        weights: (N, 4), rows sum to 1.
        rotations: rotation by bone name, about the rest pose's axes.
    """
    turns = np.empty((len(bones), 3, 3))
    moves = np.empty((len(bones), 3))
    for i, bone in enumerate(bones):
        own = rotations.get(bone.name, np.eye(3))
        head = np.array(bone.head)
        root = bone.parent < 0
        parent_turn, parent_move = (np.eye(3), np.zeros(3)) if root else (turns[bone.parent], moves[bone.parent])
        turns[i] = parent_turn @ own
        moves[i] = parent_turn @ (head - own @ head) + parent_move
    turn = np.einsum("nk,nkij->nij", weights, turns[indices])
    move = np.einsum("nk,nkj->nj", weights, moves[indices])
    return np.einsum("nij,nj->ni", turn, points) + move
