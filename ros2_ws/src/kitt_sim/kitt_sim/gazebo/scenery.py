"""The built-in simulator's drawing as meshes and pictures in files, for Gazebo.

What Gazebo's cameras see is thereby what the built-in camera sees, down to the light, which is baked into the pictures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from panda3d.core import GeomNode, LODNode, NodePath, Texture, TransparencyAttrib

from kitt_sim import meshes

_LEVELS = 12
"""Steps of brightness that a shaded texture is baked in."""
_BITS = 5
"""Of each channel in the palette of plain colours."""


@dataclass(frozen=True)
class Look:
    """What the surfaces of a piece share: `texture` names a picture, `shade` multiplies it (steps of RGBA)."""

    texture: str
    shade: tuple[int, int, int, int]
    two_sided: bool = False
    blend: bool = False
    cut_out: bool = False


@dataclass
class Piece:
    """Triangles of one look: points (N, 3) [m], uv (N, 2) with v upwards, faces (M, 3)."""

    name: str
    look: Look
    picture: NDArray[np.uint8]
    points: NDArray[np.float64]
    uv: NDArray[np.float64]
    faces: NDArray[np.int64]


def palette() -> NDArray[np.uint8]:
    """A picture with every colour of `_BITS` bits a channel, BGR: a face without texture points at its colour."""
    side = 1 << _BITS
    blue, green, red = np.meshgrid(*(np.arange(side) * 255 // (side - 1),) * 3, indexing="ij")
    return np.stack([blue, green, red], axis=-1).astype(np.uint8).reshape(side * side // 8, side * 8, 3)


def palette_uv(colours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where in the palette colours (N, 3) RGB 0..1 stand: uv (N, 2), v upwards, at the middle of a pixel."""
    side = 1 << _BITS
    red, green, blue = np.round(np.clip(colours, 0, 1) * (side - 1)).astype(np.int64).T
    index = (blue * side + green) * side + red
    width, height = side * 8, side * side // 8
    return np.stack([(index % width + 0.5) / width, 1 - (index // width + 0.5) / height], axis=1)


def _nodes(root: NodePath, skip: Callable[[NodePath], bool], level: int = 0) -> list[NodePath]:
    """All drawn nodes; of levels of detail the one that is asked for (0: the finest)."""
    if skip(root):
        return []
    found = [root] if isinstance(root.node(), GeomNode) else []
    children = list(root.get_children())
    if isinstance(root.node(), LODNode):
        children = children[min(level, len(children) - 1) :][:1]
    return found + [path for child in children for path in _nodes(child, skip, level)]


def _picture(texture: Texture) -> NDArray[np.uint8]:
    data = np.frombuffer(memoryview(texture.get_ram_image()), np.uint8)
    return data.reshape(texture.get_y_size(), texture.get_x_size(), -1)[::-1].copy()


_BACKGROUND_LAYER = 10_000
_LAYER_HEIGHT = 0.004
"""By how much [m] a flat layer lies above the one that it is painted over."""
_ROAD_LAYER, _LOWERED = 3, (1, 2)
_FINEST_CUT, _COARSEST_CUT = 0.2, 8.0

Away = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
"""Of places (..., 2) whether lawn and pavement are painted over there."""


def _layer(path: NodePath) -> int | None:
    """The layer of something flat, None for what stands."""
    return path.get_bin_draw_order() // _BACKGROUND_LAYER if path.get_bin_name() == "background" else None


def cut(mesh: meshes.Mesh, away: Away) -> meshes.Mesh:
    """`mesh` without what lies where `away` holds: triangles on the edge are halved until they are small.

    The built-in simulator paints roads over pavements; a depth buffer shows what lies highest.
    """
    rows = np.hstack([mesh.points, mesh.uv, mesh.colour]).astype(float)
    todo, kept = mesh.faces.astype(np.int64), []
    steps = np.array([(a, b) for a in range(9) for b in range(9 - a)]) / 8.0
    while len(todo):
        corners = rows[todo][:, :, :2]
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        samples = a[:, None] + steps[None, :, :1] * ab[:, None] + steps[None, :, 1:] * ac[:, None]
        gone = away(samples)
        # what is wider than the samples are close must be halved before it can be judged
        some, whole = gone.any(axis=1) | (sides.max(axis=1) > _COARSEST_CUT), gone.all(axis=1)
        small = sides.max(axis=1) < _FINEST_CUT
        kept.append(todo[~some | (small & ~away(corners.mean(axis=1)))])
        face, longest = todo[some & ~whole & ~small], sides[some & ~whole & ~small].argmax(axis=1)
        i, j, k = (np.take_along_axis(face, ((longest + n) % 3)[:, None], 1)[:, 0] for n in range(3))
        new = len(rows) + np.arange(len(face))
        rows = np.concatenate([rows, (rows[i] + rows[j]) / 2])
        todo = np.concatenate([np.stack([i, new, k], 1), np.stack([new, j, k], 1)])
    faces = np.concatenate(kept).astype(np.uint32)
    return meshes.Mesh(rows[:, :3].astype(np.float32), rows[:, 3:5].astype(np.float32),
                       rows[:, 5:].astype(np.float32), faces)  # fmt: skip


def pieces(root: NodePath, skip: Callable[[NodePath], bool] = lambda path: False, level: int = 0,
           away: Away | None = None) -> list[Piece]:  # fmt: skip
    """Everything drawn below `root`, in its frame, grouped by look.

    Args:
        skip: tells of a node whether it and what hangs on it is left out.
        level: of detail, where a node has several; 0 is the finest.
        away: where what lies flat above the road's level is painted over.
    """
    groups: dict[Look, list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]]] = defaultdict(list)
    pictures: dict[str, NDArray[np.uint8]] = {"palette": palette()}
    for path in _nodes(root, skip, level):
        matrix = np.array([list(row) for row in path.get_mat(root).get_rows()])
        texture = _texture_of(path)
        mode = path.get_net_state().get_attrib(TransparencyAttrib)
        kind = mode.get_mode() if mode is not None else TransparencyAttrib.M_none
        for number in range(path.node().get_num_geoms()):
            mesh = meshes.from_geom(path.node().get_geom(number))
            mesh.points = (mesh.points @ matrix[:3, :3] + matrix[3, :3]).astype(np.float32)
            layer = _layer(path)
            if layer in _LOWERED and away is not None and mesh.points[:, 2].max() > 0.0:
                mesh = cut(mesh, away)
            points = mesh.points.astype(float)
            if layer:
                points[:, 2] += (layer - _ROAD_LAYER) * _LAYER_HEIGHT
            colour = mesh.colour[mesh.faces].mean(axis=1)
            if texture is not None:
                pictures.setdefault(texture.get_name(), _picture(texture))
            for look, chosen in _looks(texture, colour, path.get_two_sided(), kind):
                faces = mesh.faces[chosen].astype(np.int64)
                if texture is None:  # every face of one colour: corners of its own
                    uv = np.repeat(palette_uv(colour[chosen][:, :3]), 3, axis=0)
                    rows, corner = np.unique(np.hstack([points[faces].reshape(-1, 3), uv]), axis=0, return_inverse=True)
                    groups[look].append((rows[:, :3], rows[:, 3:], corner.reshape(-1, 3)))
                else:
                    used, compact = np.unique(faces, return_inverse=True)
                    groups[look].append((points[used], mesh.uv[used].astype(float), compact.reshape(-1, 3)))
    result = []
    for index, (look, parts) in enumerate(groups.items()):
        starts = np.cumsum([0] + [len(p[0]) for p in parts])
        result.append(
            Piece(
                f"piece{index}", look, _baked(pictures[look.texture], look.shade),
                np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]),
                np.concatenate([p[2] + start for p, start in zip(parts, starts, strict=False)]),
            )
        )  # fmt: skip
    return result


def _texture_of(path: NodePath) -> Texture | None:
    while not path.is_empty():
        if path.has_texture():
            return path.get_texture()
        path = path.get_parent()
    return None


def _looks(
    texture: Texture | None, colour: NDArray[np.float32], two_sided: bool, kind: int
) -> list[tuple[Look, NDArray[np.int64]]]:
    """The looks of a mesh's faces, and which faces have each."""
    blend, cut_out = kind == TransparencyAttrib.M_alpha, kind == TransparencyAttrib.M_binary
    if texture is None:
        whole = (_LEVELS,) * 4
        return [(Look("palette", whole, two_sided, blend, cut_out), np.arange(len(colour)))]
    steps = np.round(colour * _LEVELS).astype(np.int64)
    unique, group = np.unique(steps, axis=0, return_inverse=True)
    group = group.reshape(-1)
    return [
        (Look(texture.get_name(), (int(s[0]), int(s[1]), int(s[2]), int(s[3])), two_sided, blend, cut_out),
         np.flatnonzero(group == i))
        for i, s in enumerate(unique)
    ]  # fmt: skip


def _baked(picture: NDArray[np.uint8], shade: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    red, green, blue, alpha = (s / _LEVELS for s in shade)
    factors = np.array([blue, green, red, alpha][: picture.shape[2]])
    return np.clip(picture * factors, 0, 255).astype(np.uint8)


def write(piece: Piece, folder: Path, pictures: Path, prefix: str = "") -> None:
    """Write NAME.obj and NAME.mtl into `folder`, and PREFIX + NAME.png into `pictures`."""
    cv2.imwrite(str(pictures / f"{prefix}{piece.name}.png"), piece.picture)
    normal = _normals(piece)
    lines = [f"mtllib {piece.name}.mtl", f"o {piece.name}", f"usemtl {piece.name}"]
    lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in piece.points]
    lines += [f"vt {u:.5f} {v:.5f}" for u, v in piece.uv]
    lines += [f"vn {x:.3f} {y:.3f} {z:.3f}" for x, y, z in normal]
    lines += [f"f {a}/{a}/{a} {b}/{b}/{b} {c}/{c}/{c}" for a, b, c in piece.faces + 1]
    (folder / f"{piece.name}.obj").write_text("\n".join(lines) + "\n")
    # the look comes from the SDF; loaders complain where there is no material at all
    (folder / f"{piece.name}.mtl").write_text(f"newmtl {piece.name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nd 1\n")


def _normals(piece: Piece) -> NDArray[np.float64]:
    result = meshes.normals(piece.points, piece.faces)
    result[np.linalg.norm(result, axis=1) < 0.5] = (0.0, 0.0, 1.0)
    return result


def pieces_of(root: NodePath, name: str) -> list[Piece]:
    """What the nodes called `name` draw, in the frame of `root`."""
    wanted = set(root.find_all_matches(f"**/{name}"))
    return pieces(root, lambda path: isinstance(path.node(), GeomNode) and path not in wanted)


def ogre_material(piece: Piece) -> str:
    """The piece's look as a material script of Ogre 1.9 (Gazebo 11): the picture as it is, without light."""
    look = piece.look
    rows = ["lighting off"]
    rows += ["cull_hardware none", "cull_software none"] if look.two_sided else []
    rows += ["scene_blend alpha_blend", "depth_write off"] if look.blend else []
    rows += ["alpha_rejection greater 128"] if look.cut_out else []
    body = "\n".join(f"   {row}" for row in rows)
    return (
        f"material kitt/{piece.name}\n{{\n technique\n {{\n  pass\n  {{\n{body}\n   texture_unit\n   {{\n"
        f"    texture kitt_{piece.name}.png\n    filtering anisotropic\n    max_anisotropy 4\n   }}\n  }}\n }}\n}}\n"
    )
