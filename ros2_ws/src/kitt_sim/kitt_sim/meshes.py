"""Triangle meshes in numpy and their way into Panda3D."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from panda3d.core import (
    Geom,
    GeomEnums,
    GeomNode,
    GeomTriangles,
    GeomVertexArrayFormat,
    GeomVertexData,
    GeomVertexFormat,
    SamplerState,
    Texture,
)


@dataclass
class Mesh:
    """points (N, 3) [m], uv (N, 2), colour (N, 4) in 0..1 with the light baked in, faces (M, 3)."""

    points: NDArray[np.float32]
    uv: NDArray[np.float32]
    colour: NDArray[np.float32]
    faces: NDArray[np.uint32]


# the sun stands to the left and in front, so that what faces the oncoming camera is lit
SUN = np.array([-0.45, 0.35, 0.82]) / np.linalg.norm([-0.45, 0.35, 0.82])


def light(normals: NDArray[np.float64], ambient: float = 0.62, sun: float = 0.45) -> NDArray[np.float64]:
    """Brightness of surfaces with these normals (N, 3): the sky from above, the ground from below, the sun."""
    sky = 0.5 + 0.5 * normals[:, 2]
    return np.minimum(ambient * (0.72 + 0.28 * sky) + sun * np.maximum(normals @ SUN, 0.0), 1.0)


def normals(points: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Vertex normals (N, 3), weighted by area."""
    cross = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    result = np.zeros_like(points)
    for k in range(3):
        np.add.at(result, faces[:, k], cross)
    return np.asarray(result / np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12))


def cluster(
    points: NDArray[np.floating], apart: NDArray[np.int64], faces: NDArray[np.integer], cell: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Vertex clustering (Rossignac and Borrel 1993): the vertices of a grid cell become one.

    Args:
        points: (N, 3) [m].
        apart: (N, K) what must agree for two vertices to be merged.
        faces: (M, 3).
        cell: the grid's width [m].

    Returns:
        The indices of the vertices that stay, and the faces between them, without those that have collapsed.
    """
    key = np.concatenate([np.floor(points / cell).astype(np.int64), apart], axis=1)
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    merged = group.reshape(-1)[faces]
    solid = (merged[:, 0] != merged[:, 1]) & (merged[:, 1] != merged[:, 2]) & (merged[:, 2] != merged[:, 0])
    merged = merged[solid]
    _, unique = np.unique(np.sort(merged, axis=1), axis=0, return_index=True)
    merged = merged[np.sort(unique)]
    used, compact = np.unique(merged, return_inverse=True)
    return first[used], compact.reshape(-1, 3)


def thin(mesh: Mesh, cell: float, detail: float = 1.0) -> Mesh:
    """`mesh` with fewer triangles; seams of its texture and edges between shades stay, the more the more `detail`."""
    apart = np.concatenate([np.round(mesh.uv * 10 * detail), np.round(mesh.colour * 6 * detail)], axis=1)
    keep, faces = cluster(mesh.points, apart.astype(np.int64), mesh.faces, cell)
    return Mesh(mesh.points[keep], mesh.uv[keep], mesh.colour[keep], faces.astype(np.uint32))


def quad(
    corners: NDArray[np.float64], uv: tuple[float, float, float, float] = (0, 0, 1, 1), shade: float = 1.0
) -> Mesh:
    """A quadrilateral from its four corners (counter-clockwise seen from in front), uv as u0, v0, u1, v1."""
    u0, v0, u1, v1 = uv
    return Mesh(
        np.asarray(corners, np.float32),
        np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)], np.float32),
        np.tile(np.array([shade, shade, shade, 1], np.float32), (4, 1)),
        np.array([(0, 1, 2), (0, 2, 3)], np.uint32),
    )


def join(meshes: list[Mesh]) -> Mesh:
    """One mesh out of several with the same texture."""
    offsets = np.cumsum([0] + [len(m.points) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
        np.concatenate([m.colour for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]).astype(np.uint32),
    )


def tinted(mesh: Mesh, colour: tuple[float, float, float]) -> Mesh:
    """`mesh` with its colours multiplied."""
    return Mesh(mesh.points, mesh.uv, mesh.colour * np.array([*colour, 1.0], np.float32), mesh.faces)


def strip(x: tuple[float, float], y: tuple[float, float], z: float, repeat: float, step: float = 4.0) -> Mesh:
    """Level ground between two x and two y, its texture's v along x every `repeat` metres and u across from the left.

    It is cut every `step` metres, since a renderer that interpolates coarsely needs small faces.
    """
    xs = np.linspace(*x, max(2, math.ceil((x[1] - x[0]) / step) + 1))
    y0, y1 = y
    return join(
        [
            quad(np.array([(a, y1, z), (a, y0, z), (b, y0, z), (b, y1, z)]), (0, a / repeat, 1, b / repeat))
            for a, b in pairwise(xs)
        ]
    )


def box(size: tuple[float, float, float], tile: tuple[float, float] | None = None) -> Mesh:
    """A lit box standing on z = 0; `tile` [m] repeats the texture over its walls."""
    length, width, height = size[0] / 2, size[1] / 2, size[2]
    sides = [
        ((length, -width), (length, width), (1, 0)),
        ((length, width), (-length, width), (0, 1)),
        ((-length, width), (-length, -width), (-1, 0)),
        ((-length, -width), (length, -width), (0, -1)),
    ]
    meshes = []
    for (ax, ay), (bx, by), (nx, ny) in sides:
        span = math.hypot(bx - ax, by - ay)
        uv = (0.0, 0.0, max(1.0, round(span / tile[0])), height / tile[1]) if tile else (0.0, 0.0, 1.0, 1.0)
        shade = float(light(np.array([[nx, ny, 0.0]]))[0])
        meshes.append(quad(np.array([(ax, ay, 0), (bx, by, 0), (bx, by, height), (ax, ay, height)]), uv, shade))
    top = [(-length, -width, height), (length, -width, height), (length, width, height), (-length, width, height)]
    meshes.append(quad(np.array(top), (0, 0, 0.01, 0.01), 1.0))
    return join(meshes)


def _format() -> GeomVertexFormat:
    array = GeomVertexArrayFormat()
    array.add_column("vertex", 3, GeomEnums.NT_float32, GeomEnums.C_point)
    array.add_column("color", 4, GeomEnums.NT_uint8, GeomEnums.C_color)
    array.add_column("texcoord", 2, GeomEnums.NT_float32, GeomEnums.C_texcoord)
    return GeomVertexFormat.register_format(GeomVertexFormat(array))


_LAYOUT = np.dtype([("p", "<f4", 3), ("c", "u1", 4), ("t", "<f4", 2)])


def geom(mesh: Mesh) -> Geom:
    """`mesh` as Panda3D holds it."""
    rows = np.empty(len(mesh.points), _LAYOUT)
    rows["p"], rows["t"] = mesh.points, mesh.uv
    rows["c"] = np.clip(mesh.colour * 255 + 0.5, 0, 255).astype(np.uint8)
    data = GeomVertexData("mesh", _format(), Geom.UH_static)
    data.unclean_set_num_rows(len(rows))
    data.modify_array_handle(0).copy_data_from(rows.tobytes())
    triangles = GeomTriangles(Geom.UH_static)
    triangles.set_index_type(GeomEnums.NT_uint32)
    vertices = triangles.modify_vertices()
    vertices.unclean_set_num_rows(mesh.faces.size)
    vertices.modify_handle().copy_data_from(np.ascontiguousarray(mesh.faces, "<u4").tobytes())
    result = Geom(data)
    result.add_primitive(triangles)
    return result


def from_geom(drawn: Geom) -> Mesh:
    """The mesh that `geom` was given."""
    rows = np.frombuffer(drawn.get_vertex_data().get_array_handle(0).get_data(), _LAYOUT)
    indices = np.frombuffer(drawn.get_primitive(0).get_vertices().get_handle().get_data(), "<u4")
    colour = rows["c"].astype(np.float32) / np.float32(255)
    return Mesh(rows["p"], rows["t"], colour, indices.reshape(-1, 3))


def node(name: str, mesh: Mesh) -> GeomNode:
    """A scene node with one mesh."""
    result = GeomNode(name)
    result.add_geom(geom(mesh))
    return result


def texture(name: str, image: NDArray[np.uint8], repeat: bool = True, mipmap: bool = True) -> Texture:
    """A texture from a BGR or BGRA picture (H, W, 3|4), its first row uppermost."""
    height, width, channels = image.shape
    result = Texture(name)
    kind = Texture.F_rgba if channels == 4 else Texture.F_rgb
    result.setup_2d_texture(width, height, Texture.T_unsigned_byte, kind)
    result.set_ram_image(np.ascontiguousarray(image[::-1]).tobytes())
    wrap = SamplerState.WM_repeat if repeat else SamplerState.WM_clamp
    result.set_wrap_u(wrap)
    result.set_wrap_v(wrap)
    result.set_minfilter(SamplerState.FT_linear_mipmap_linear if mipmap else SamplerState.FT_linear)
    result.set_magfilter(SamplerState.FT_linear)
    return result
