"""Arrays as pictures: heat maps, sheets of small maps, line charts as SVG. OpenCV and text, no plotting library."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any

import cv2
import numpy as np

Array = np.ndarray[Any, Any]

COLOURS = ("#7db7ff", "#ff7b72", "#5fd38a", "#f2b84b", "#c79bff", "#6fe0e0", "#ff9ecf", "#cfd6dd")
_GROUND, _EDGE, _TEXT = "#0e1115", "#3a444e", "#c3ccd5"
_DARK = (21, 17, 14)  # the same ground as BGR
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 480, 220, 40, 8, 18, 40
_IN_A_ROW = 3  # names of lines


def png(bgr: Array) -> bytes:
    """(H, W, 3) uint8 as PNG."""
    return bytes(cv2.imencode(".png", bgr)[1].tobytes())


def jpg(bgr: Array) -> bytes:
    """(H, W, 3) uint8 as JPEG."""
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


def heat(values: Array, low: float | None = None, high: float | None = None) -> Array:
    """(H, W) as BGR, dark to bright (viridis); by default from the least to the greatest value."""
    values = np.nan_to_num(np.asarray(values, np.float32))
    least = float(values.min()) if low is None else low
    most = float(values.max()) if high is None else high
    scaled = np.clip((values - least) / max(most - least, 1e-9) * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(scaled, cv2.COLORMAP_VIRIDIS), np.uint8)


def signed(values: Array, most: float | None = None) -> Array:
    """(H, W) as BGR: red above zero, blue below, dark at zero; full colour at `most`, else at the greatest size."""
    values = np.nan_to_num(np.asarray(values, np.float32))
    share = np.clip(values / max(float(np.abs(values).max()) if most is None else most, 1e-9), -1, 1)[..., None]
    dark, red, blue = (np.array(colour, np.float32) for colour in (_DARK, (70, 90, 255), (255, 170, 80)))
    mixed = np.where(share > 0, dark + (red - dark) * share, dark + (dark - blue) * share)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def enlarged(bgr: Array, width: int, height: int) -> Array:
    """Made larger with hard edges, so that each value stays a square; smaller by averaging."""
    kind = cv2.INTER_NEAREST if width >= bgr.shape[1] else cv2.INTER_AREA
    return np.asarray(cv2.resize(bgr, (width, height), interpolation=kind), np.uint8)


def sheet(tiles: Sequence[Array], columns: int, size: int) -> Array:
    """Small BGR pictures as one, row by row, each in a square of `size` pixels."""
    rows = -(-len(tiles) // columns)
    gap = 4
    canvas = np.full((rows * (size + gap) - gap, columns * (size + gap) - gap, 3), _DARK, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (size + gap), index % columns * (size + gap)
        canvas[top : top + size, left : left + size] = enlarged(tile, size, size)
    return canvas


def chart(
    lines: Sequence[tuple[str, Array]],
    alt: str,
    x_label: str,
    x_scale: float = 1.0,
    low: float = 0.0,
    high: float = 1.0,
    marks: Sequence[tuple[float, str]] = (),
) -> bytes:
    """Lines over a common axis as SVG.

    Args:
        lines: (name, values (T,)) each.
        x_scale: what one step is worth on the axis.
        low, high: the ends of the other axis.
        marks: (step, text) of dashed uprights.
    """
    steps = max([len(values) for _, values in lines] + [2])
    inner, deep = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    reach = max(high - low, 1e-9)

    def at(step: float, value: float) -> tuple[float, float]:
        share = min(1.0, max(0.0, (value - low) / reach))
        return _LEFT + inner * step / (steps - 1), _TOP + deep * (1 - share)

    legend_rows = -(-len(lines) // _IN_A_ROW)
    out = io.StringIO()
    total = _HEIGHT + 18 * legend_rows
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {total}" role="img" aria-label="{escape(alt)}" '
        f'font-family="system-ui, sans-serif" font-size="13"><rect width="{_WIDTH}" height="{total}" fill="{_GROUND}"/>'
    )
    for share in (0.0, 0.5, 1.0):
        y = at(0, low + reach * share)[1]
        out.write(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_EDGE}"/>')
        out.write(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" fill="{_TEXT}" text-anchor="end">{low + reach * share:.3g}</text>'
        )
    for part in range(5):
        step = (steps - 1) * part / 4
        x = at(step, low)[0]
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        words = f"{step * x_scale:.3g}"
        out.write(f'<text x="{x:.1f}" y="{_HEIGHT - 24}" fill="{_TEXT}" text-anchor="{anchor}">{words}</text>')
    out.write(
        f'<text x="{_LEFT + inner / 2}" y="{_HEIGHT - 6}" fill="{_TEXT}" text-anchor="middle">{escape(x_label)}</text>'
    )
    for step, words in marks:
        x = at(step, low)[0]
        out.write(f'<path d="M{x:.1f} {_TOP}V{_TOP + deep}" stroke="{_EDGE}" stroke-dasharray="2 3"/>')
        out.write(f'<text x="{x:.1f}" y="{_TOP - 5}" fill="{_TEXT}" font-size="11" text-anchor="middle">')
        out.write(f"{escape(words)}</text>")
    for index, (name, values) in enumerate(lines):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join("{:.1f},{:.1f}".format(*at(t, float(v))) for t, v in enumerate(np.nan_to_num(values)))
        dash = ' stroke-dasharray="5 3"' if index >= len(COLOURS) else ""
        out.write(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        x, y = _LEFT + index % _IN_A_ROW * inner / _IN_A_ROW, _HEIGHT + 12 + index // _IN_A_ROW * 18
        out.write(f'<rect x="{x:.0f}" y="{y - 9}" width="12" height="4" fill="{colour}"/>')
        out.write(f'<text x="{x + 17:.0f}" y="{y}" fill="{_TEXT}">{escape(name)}</text>')
    out.write("</svg>")
    return out.getvalue().encode()


def bars(rows: Sequence[tuple[str, float]], alt: str, most: float = 1.0) -> bytes:
    """Lying bars with their names and values as SVG; a bar of `most` takes the whole width."""
    height = 22 * len(rows) + 6
    out = io.StringIO()
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {height}" role="img" aria-label="{escape(alt)}" '
        f'font-family="system-ui, sans-serif" font-size="13"><rect width="480" height="{height}" fill="{_GROUND}"/>'
    )
    for index, (name, value) in enumerate(rows):
        y = 4 + 22 * index
        wide = 250 * min(1.0, max(0.0, value / max(most, 1e-9)))
        out.write(f'<text x="164" y="{y + 14}" fill="{_TEXT}" text-anchor="end">{escape(name)}</text>')
        out.write(f'<rect x="170" y="{y + 3}" width="{wide:.1f}" height="14" fill="{COLOURS[0]}"/>')
        out.write(f'<text x="{176 + wide:.1f}" y="{y + 14}" fill="{_TEXT}">{value:.3f}</text>')
    out.write("</svg>")
    return out.getvalue().encode()
