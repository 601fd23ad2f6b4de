"""What people look like and what they are made of: a mesh that hangs on bones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kitt_sim.gait import Bone

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """What somebody looks like: sex and colours (RGB 0..1)."""

    sex: str
    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour
    long_sleeves: bool = True
    long_hair: bool = False


LOOKS = (
    Look("male", (0.80, 0.60, 0.48), (0.16, 0.11, 0.08), (0.16, 0.27, 0.52), (0.20, 0.21, 0.26), (0.10, 0.09, 0.09)),
    Look("female", (0.82, 0.63, 0.53), (0.34, 0.20, 0.10), (0.70, 0.16, 0.16), (0.14, 0.16, 0.24), (0.25, 0.18, 0.14),
         long_hair=True),
    Look("male", (0.45, 0.30, 0.22), (0.05, 0.04, 0.04), (0.86, 0.86, 0.84), (0.26, 0.30, 0.42), (0.85, 0.85, 0.85),
         long_sleeves=False),
    Look("female", (0.76, 0.56, 0.44), (0.08, 0.06, 0.05), (0.20, 0.46, 0.36), (0.22, 0.20, 0.22), (0.12, 0.10, 0.10),
         long_hair=True),
)  # fmt: skip


@dataclass
class Human:
    """A skinned body: rest vertices (N, 3) [m], RGB colours (N, 3), triangles (M, 3), bones and weights (N, 4)."""

    points: NDArray[np.float64]
    colours: NDArray[np.float64]
    faces: NDArray[np.int64]
    bones: list[Bone]
    indices: NDArray[np.int64]
    weights: NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Writes a small npz."""
        with path.open("wb") as file:
            np.savez_compressed(
                file, points=self.points.astype(np.float32), colours=np.round(self.colours * 255).astype(np.uint8),
                faces=self.faces.astype(np.uint16), indices=self.indices.astype(np.uint8),
                weights=self.weights.astype(np.float32), names=np.array([b.name for b in self.bones]),
                parents=np.array([b.parent for b in self.bones]), heads=np.array([b.head for b in self.bones]),
            )  # fmt: skip

    @staticmethod
    def load(path: Path) -> Human:
        """Reads what `save` wrote."""
        with np.load(path) as data:
            bones = [
                Bone(str(n), int(p), (float(h[0]), float(h[1]), float(h[2])))
                for n, p, h in zip(data["names"], data["parents"], data["heads"], strict=True)
            ]
            return Human(
                data["points"].astype(float), data["colours"] / 255.0, data["faces"].astype(np.int64), bones,
                data["indices"].astype(np.int64), data["weights"].astype(float),
            )  # fmt: skip
