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


def pieces(root: NodePath, skip: Callable[[NodePath], bool] = lambda path: False, level: int = 0) -> list[Piece]:
    """Everything drawn below `root`, in its frame, grouped by look.

    Args:
        skip: tells of a node whether it and what hangs on it is left out.
        level: of detail, where a node has several; 0 is the finest.
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
            points = mesh.points @ matrix[:3, :3] + matrix[3, :3]
            colour = mesh.colour[mesh.faces].mean(axis=1)
            if texture is not None:
                pictures.setdefault(texture.get_name(), _picture(texture))
            for look, chosen in _looks(texture, colour, path.get_two_sided(), kind):
                faces = mesh.faces[chosen].astype(np.int64)
                if texture is None:  # every face of one colour: corners of its own
                    uv = np.repeat(palette_uv(colour[chosen][:, :3]), 3, axis=0)
                    rows, index = np.unique(np.hstack([points[faces].reshape(-1, 3), uv]), axis=0, return_inverse=True)
                    groups[look].append((rows[:, :3], rows[:, 3:], index.reshape(-1, 3)))
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


def write(piece: Piece, folder: Path) -> None:
    """Write NAME.obj, NAME.mtl and NAME.png."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{piece.name}.png"), piece.picture)
    normal = _normals(piece)
    lines = [f"mtllib {piece.name}.mtl", f"o {piece.name}", f"usemtl {piece.name}"]
    lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in piece.points]
    lines += [f"vt {u:.5f} {v:.5f}" for u, v in piece.uv]
    lines += [f"vn {x:.3f} {y:.3f} {z:.3f}" for x, y, z in normal]
    lines += [f"f {a}/{a}/{a} {b}/{b}/{b} {c}/{c}/{c}" for a, b, c in piece.faces + 1]
    (folder / f"{piece.name}.obj").write_text("\n".join(lines) + "\n")
    material = f"newmtl {piece.name}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nd 1\nmap_Kd {piece.name}.png\n"
    (folder / f"{piece.name}.mtl").write_text(material)


def _normals(piece: Piece) -> NDArray[np.float64]:
    result = meshes.normals(piece.points, piece.faces)
    result[np.linalg.norm(result, axis=1) < 0.5] = (0.0, 0.0, 1.0)
    return result


def ogre_material(piece: Piece, prefix: str) -> str:
    """The piece's look as a material script of Ogre 1.9 (Gazebo 11): the picture as it is, without light."""
    look = piece.look
    rows = ["lighting off"]
    rows += ["cull_hardware none", "cull_software none"] if look.two_sided else []
    rows += ["scene_blend alpha_blend", "depth_write off"] if look.blend else []
    rows += ["alpha_rejection greater 128"] if look.cut_out else []
    body = "\n".join(f"   {row}" for row in rows)
    return (
        f"material {prefix}/{piece.name}\n{{\n technique\n {{\n  pass\n  {{\n{body}\n   texture_unit\n   {{\n"
        f"    texture {prefix}_{piece.name}.png\n    filtering trilinear\n   }}\n  }}\n }}\n}}\n"
    )
