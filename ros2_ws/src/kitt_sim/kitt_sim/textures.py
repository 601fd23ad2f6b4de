"""Textures drawn by the project itself: road, walls, sky, leaves, the stop sign. BGR(A), uint8, deterministic."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def _noise(rng: np.random.Generator, height: int, width: int, scales: dict[int, float]) -> NDArray[np.float64]:
    """Smooth noise that tiles: for each cell size [pixels] its strength."""
    total = np.zeros((height, width))
    for scale, strength in scales.items():
        small = rng.normal(size=(max(2, height // scale), max(2, width // scale)))
        padded = np.pad(small, 2, mode="wrap").astype(np.float32)
        fy, fx = height / small.shape[0], width / small.shape[1]
        big = cv2.resize(padded, None, fx=fx, fy=fy, interpolation=cv2.INTER_CUBIC)
        y, x = round(2 * fy), round(2 * fx)
        total += strength * big[y : y + height, x : x + width]
    return total


def _picture(base: tuple[float, float, float], noise: NDArray[np.float64]) -> Picture:
    return np.clip(np.array(base)[None, None, :] + noise[:, :, None], 0, 255).astype(np.uint8)


def road(lane_width: float, strip_width: float) -> Picture:
    """The carriageway's cross section over 6 m: parking strips, edge lines, a broken centre line."""
    rng = np.random.default_rng(1)
    size, total = 512, 2 * (lane_width + strip_width)
    image = _picture((108, 106, 104), _noise(rng, size, size, {1: 7, 4: 4, 64: 3}))

    def column(y: float) -> int:
        return round((total / 2 - y) / total * size)

    worn = _noise(rng, size, size, {2: 14, 16: 14})
    paint = np.clip(212 + worn, 0, 255)[:, :, None]

    def line(y0: float, y1: float, rows: slice) -> None:
        part = (rows, slice(column(y1), column(y0)))
        image[part] = (0.15 * image[part] + 0.85 * paint[part]).astype(np.uint8)

    line(-0.07, 0.07, slice(0, size // 2))
    for y in (-lane_width, lane_width):
        line(y - 0.06, y + 0.06, slice(0, size))
    strips = np.ones(size)
    strips[: column(lane_width)] = strips[column(-lane_width) :] = 0.90
    tracks = sum(np.exp(-(((np.arange(size) - column(y)) / 14.0) ** 2)) for y in (-2.5, -1.0, 1.0, 2.5))
    return np.clip(image * (strips - 0.06 * tracks)[None, :, None], 0, 255).astype(np.uint8)


def pavement() -> Picture:
    """Concrete slabs, 2 m square."""
    rng = np.random.default_rng(2)
    image = _picture((168, 176, 180), _noise(rng, 256, 256, {1: 6, 8: 5, 64: 5}))
    for at in range(0, 256, 64):
        image[at : at + 2] = image[at : at + 2] * 0.72
        image[:, at : at + 2] = image[:, at : at + 2] * 0.72
    return image


def kerb() -> Picture:
    """Kerb stones."""
    image = _picture((186, 190, 192), _noise(np.random.default_rng(3), 64, 128, {1: 6, 16: 4}))
    image[:, :2] = 120
    return image


def grass() -> Picture:
    """Grass."""
    return _picture((62, 110, 92), _noise(np.random.default_rng(4), 256, 256, {1: 12, 4: 8, 32: 8}))


WALLS = [(132, 158, 186), (120, 122, 176), (196, 204, 206), (150, 176, 200), (158, 160, 158), (96, 112, 150)]


def facade(style: int) -> Picture:
    """Two storeys of one bay (4 m x 6.4 m), windows with frames, sills and a reflected sky."""
    rng = np.random.default_rng(100 + style)
    width, height = 256, 512
    image = _picture(WALLS[style % len(WALLS)], _noise(rng, height, width, {1: 5, 4: 3, 64: 5}))
    if style % 2:  # brick courses
        image[::8] = image[::8] * 0.86
        for row in range(0, height, 8):
            image[row : row + 8, (0 if row % 16 else 12) :: 24] = (
                image[row : row + 8, (0 if row % 16 else 12) :: 24] * 0.88
            )
    for storey in range(2):
        top = storey * 256 + 50
        for left in (34, 146) if style % 3 else (58,):
            right, bottom = left + (76 if style % 3 else 140), top + 138
            cv2.rectangle(image, (left - 7, top - 7), (right + 7, bottom + 7), (222, 226, 228), -1)
            rows = np.linspace(0, 1, bottom - top)[:, None, None]
            sky = (1 - rows) * np.array([150, 124, 104]) + rows * np.array([62, 52, 46])
            curtain = rng.random() < 0.5
            glass = np.broadcast_to(sky, (bottom - top, right - left, 3)).copy()
            if curtain:
                glass[:, : (right - left) // 4] = glass[:, -(right - left) // 4 :] = (168, 178, 184)
            image[top:bottom, left:right] = glass
            middle = (left + right) // 2
            cv2.line(image, (middle, top), (middle, bottom), (214, 218, 220), 4)
            cv2.line(image, (left, top + 44), (right, top + 44), (214, 218, 220), 4)
            cv2.rectangle(image, (left - 12, bottom + 6), (right + 12, bottom + 14), (176, 180, 182), -1)
            image[bottom + 14 : bottom + 20, left - 8 : right + 8] = (
                image[bottom + 14 : bottom + 20, left - 8 : right + 8] * 0.8
            )
        cv2.line(image, (0, storey * 256 + 250), (width, storey * 256 + 250), (150, 156, 160), 5)
    return image


def sky() -> Picture:
    """From the horizon (last row) upwards, with some clouds; tiles sideways."""
    rng = np.random.default_rng(6)
    rows = np.linspace(1, 0, 256)[:, None, None] ** 0.8
    base = (1 - rows) * np.array([236, 222, 206]) + rows * np.array([206, 156, 104])
    clouds = np.clip(_noise(rng, 256, 512, {128: 0.7, 48: 0.45, 16: 0.2}) - 0.15, 0, 1)[:, :, None]
    return np.clip(base * (1 - 0.75 * clouds) + 0.75 * clouds * np.array([250, 248, 246]), 0, 255).astype(np.uint8)


def tree(style: int) -> Picture:
    """A tree as BGRA: trunk and a crown of many leaf clusters, lit from above."""
    rng = np.random.default_rng(40 + style)
    width, height = 256, 512
    image = np.zeros((height, width, 4), np.uint8)
    image[:, :, :3] = (44, 84, 62)
    cv2.rectangle(image, (120, 250), (136, height), (52, 68, 82, 255), -1)
    for _ in range(900):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
        x, y = 128 + 104 * reach * np.cos(angle), 195 + 150 * reach * np.sin(angle)
        lit = 0.75 + 0.35 * (1 - y / 330) + rng.normal() * 0.10 - 0.10 * (x - 128) / 104
        colour = np.clip(np.array([46, 112, 84]) * lit, 0, 255)
        centre, axes = (int(x), int(y)), (int(rng.integers(6, 15)), int(rng.integers(4, 10)))
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, (*colour.tolist(), 255), -1)
    return image


def stop_sign(size: int = 256) -> Picture:
    """The sign's face as BGRA: a red octagon with a white border and the word STOP, our own drawing."""
    big = size * 4
    image = np.zeros((big, big, 4), np.uint8)
    image[:, :, :3] = 235

    def octagon(radius: float) -> NDArray[np.int32]:
        angles = np.pi / 8 + np.arange(8) * np.pi / 4
        return np.round(big / 2 + radius * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.int32)

    outer = big / 2 / np.cos(np.pi / 8) * 0.995
    cv2.fillPoly(image, [octagon(outer)], (235, 235, 235, 255), cv2.LINE_8)
    cv2.fillPoly(image, [octagon(outer * 0.94)], (38, 30, 186, 255), cv2.LINE_8)
    _letters(image, big)
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.uint8)


LAMPS = {"red": (52, 44, 244), "amber": (40, 176, 250), "green": (120, 226, 62)}


def traffic_light(colour: str) -> Picture:
    """A head's face, three lamps in a dark housing with a light rim, one of them lit (red, amber or green)."""
    width, height = 128, 320
    image = np.full((height, width, 3), 34, np.uint8)
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), (214, 218, 220), 5)
    for i, (name, shine) in enumerate(LAMPS.items()):
        centre = (width // 2, 60 + 100 * i)
        lit = name == colour
        cv2.circle(image, centre, 46, (16, 16, 16), -1, cv2.LINE_AA)
        cv2.circle(image, centre, 40, shine if lit else tuple(int(c * 0.16) + 14 for c in shine), -1, cv2.LINE_AA)
        if lit:
            cv2.circle(image, centre, 24, tuple(min(255, int(c * 0.7 + 90)) for c in shine), -1, cv2.LINE_AA)
    # the renderer wants powers of two
    return cv2.resize(image, (width, 256), interpolation=cv2.INTER_AREA).astype(np.uint8)


def asphalt() -> Picture:
    """Bare asphalt, 8 m square."""
    return _picture((102, 100, 98), _noise(np.random.default_rng(5), 256, 256, {1: 7, 4: 4, 64: 4}))


def _letters(image: Picture, big: int) -> None:
    """STOP in strokes of our own, so that no font is needed."""
    white, thick = (240, 240, 240, 255), round(big * 0.052)
    top, bottom, wide = big * 0.34, big * 0.66, big * 0.15
    middle = (top + bottom) / 2
    at = [big * x for x in (0.125, 0.33, 0.525, 0.74)]

    def stroke(*points: tuple[float, float]) -> None:
        cv2.polylines(image, [np.round(points).astype(np.int32)], False, white, thick, cv2.LINE_8)

    x = at[0]
    arc = [(x + wide, top + 0.06 * big), (x + 0.8 * wide, top), (x + 0.2 * wide, top), (x, top + 0.06 * big),
           (x, middle - 0.05 * big), (x + 0.2 * wide, middle - 0.01 * big), (x + 0.8 * wide, middle + 0.02 * big),
           (x + wide, middle + 0.06 * big), (x + wide, bottom - 0.05 * big), (x + 0.8 * wide, bottom),
           (x + 0.2 * wide, bottom), (x, bottom - 0.06 * big)]  # fmt: skip
    stroke(*arc)
    stroke((at[1], top), (at[1] + wide, top))
    stroke((at[1] + wide / 2, top), (at[1] + wide / 2, bottom))
    x = at[2]
    stroke((x, top + 0.06 * big), (x + 0.3 * wide, top), (x + 0.7 * wide, top), (x + wide, top + 0.06 * big),
           (x + wide, bottom - 0.06 * big), (x + 0.7 * wide, bottom), (x + 0.3 * wide, bottom),
           (x, bottom - 0.06 * big), (x, top + 0.06 * big))  # fmt: skip
    x = at[3]
    stroke((x, bottom), (x, top), (x + 0.75 * wide, top), (x + wide, top + 0.05 * big),
           (x + wide, middle - 0.03 * big), (x + 0.75 * wide, middle + 0.02 * big),
           (x, middle + 0.02 * big))  # fmt: skip


def blob() -> Picture:
    """A soft dark patch: the shadow under cars and feet."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    edge = np.clip((1 - np.maximum(np.abs(x), np.abs(y)) ** 2 * 0.55 - (x**2 + y**2) * 0.45) * 2.2, 0, 1)
    image = np.zeros((64, 64, 4), np.uint8)
    image[:, :, 3] = (150 * edge).astype(np.uint8)
    return image
