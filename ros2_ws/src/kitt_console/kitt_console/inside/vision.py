"""What a picture does in the detector, as figures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from kitt_console.inside import draw
from kitt_console.inside.figures import Figure, Section, Table
from kitt_inference.detection.inside import CnnLook

Array = np.ndarray[Any, Any]
_COLUMNS = 8
_MAPS = 32
_STRONG = 0.99
_CROP = 24  # pixels of a map that are shown large, before and after pooling


def sections(look: CnnLook) -> list[Section]:
    """The way of the picture through the network, from left to right."""
    return [_result(look), _normalised(look), _first(look), *_pooled(look), _stages(look)]


def _result(look: CnnLook) -> Section:
    picture = look.picture.copy()
    scale = max(1, picture.shape[1] // 480)
    for number, contest in enumerate(look.contests, 1):
        colour = (70, 220, 90) if contest.seen else (60, 180, 240)
        x0, y0, x1, y1 = (round(edge) for edge in contest.box)
        cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 2 * scale)
        top = max(0, y0 - 15 * scale)
        cv2.rectangle(picture, (x0, top), (x0 + 13 * scale, top + 15 * scale), colour, -1)
        cv2.putText(picture, str(number), (x0 + 2, top + 12 * scale), 0, 0.45 * scale, (0, 0, 0), scale, cv2.LINE_AA)
    rows = [
        (
            f"{number} {contest.classes[0][0]}", "seen" if contest.seen else "nearly",
            ", ".join(f"{name} {score:.3f}" for name, score in contest.classes),
        )
        for number, contest in enumerate(look.contests, 1)
    ]  # fmt: skip
    seen = ", ".join(contest.classes[0][0] for contest in look.contests if contest.seen) or "nothing"
    figure = Figure(
        "found", "The picture and its boxes.", "Green: seen. Yellow: a box below the threshold, nearly seen.",
        f"the picture with numbered boxes; seen: {seen}", draw.jpg(_limited(picture)), "jpg",
    )  # fmt: skip
    table = Table(
        "Which classes nearly won.",
        f"Every box is rated for every class; the best one counts if it has {look.threshold:g} or more.",
        ("box", "verdict", "classes of the same box, best first"), rows,
    )  # fmt: skip
    return Section(
        f"The result: {look.model}",
        "A convolutional network sees: the same small filters slide over the whole picture.",
        [figure, table],
    )  # fmt: skip


def _normalised(look: CnnLook) -> Section:
    names = ("red", "green", "blue") if look.colour == "rgb" else ("blue", "green", "red")
    resized = look.picture
    before = [resized[..., 2 - c if look.colour == "rgb" else c] for c in range(3)]
    rows = [
        (
            name, f"{values.min()} to {values.max()}", f"{values.mean():.0f} ± {values.std():.0f}",
            f"{entered.min():.2f} to {entered.max():.2f}", f"{entered.mean():.2f} ± {entered.std():.2f}",
        )
        for name, values, entered in zip(names, before, look.entered, strict=True)
    ]  # fmt: skip
    spread = [("conv", look.maps), ("activation", look.activated)]
    means = [(name, np.abs(maps.reshape(len(maps), -1)).mean(axis=1)) for name, maps in spread]
    most = max(float(values.max()) for _, values in means)
    table = Table(
        "Normalisation of the input.", "Each colour is moved and scaled as it was in training.",
        ("colour", "pixels", "mean ± deviation", "enters as", "mean ± deviation"), rows,
    )  # fmt: skip
    figure = Figure(
        "spread", "After the first convolution.",
        "Mean size of each map. Batch normalisation, with which such networks learn, is a scale and a shift for a map: "
        "the exported file has it folded into the filters, and no such step is left to see.",
        "line chart of the mean size of each map before and after the activation",
        draw.chart(means, "mean size of each map before and after the activation", "map", high=most), "svg",
    )  # fmt: skip
    return Section("What normalisation did", "Bright or dark, the numbers that enter lie around zero.", [table, figure])


def _first(look: CnnLook) -> Section:
    count = min(_MAPS, len(look.filters))
    side = look.filters.shape[-1]
    return Section(
        "The first convolution",
        f"{len(look.filters)} filters of {side} x {side} pixels, {look.stride} pixels apart. The filter and the map in "
        "the same place of the two sheets belong together: a map is bright where the picture looks like its filter.",
        [
            Figure(
                "filters", "The filters.", "As colours where they look at three, else red for more and blue for less.",
                f"{count} small filters", draw.png(draw.sheet(_filter_tiles(look)[:count], _COLUMNS, 60)), "png",
            ),
            Figure(
                "maps", "The feature maps of this picture, after the activation.",
                "Edges of one direction, colours, light.", f"{count} feature maps",
                draw.jpg(draw.sheet([_map(m) for m in look.activated[:count]], _COLUMNS, 92)), "jpg",
            ),
        ],
    )  # fmt: skip


def _pooled(look: CnnLook) -> list[Section]:
    if look.pool is None:
        return []
    kind, kernel, stride = look.pool
    index = int(np.argmax([_detail(values).mean() for values in look.before]))
    before, after = look.before[index], look.pooled[index]
    step = max(1, stride)
    top, left = _busiest(before, _CROP)
    crop = before[top : top + _CROP, left : left + _CROP]
    small = after[top // step : (top + _CROP) // step, left // step : (left + _CROP) // step]
    high = float(before.max())
    low = float(before.min())
    size = f"{before.shape[0]} x {before.shape[1]} to {after.shape[0]} x {after.shape[1]}"
    words = f"{kind} over {kernel} x {kernel}, {stride} apart: {size}."
    moved = ""
    if look.shifted is not None:
        was, now = look.shifted
        moved = f" Move the picture by one pixel: the values change by {was:.0%} before it and by {now:.0%} after it."
    pair = draw.sheet([draw.heat(part, low, high) for part in (crop, small) if part.size], 2, 288)
    figure = Figure(
        "pooling", f"Map {index}, the one with most detail, before and after.",
        f"The {'strongest value' if kind == 'MaxPool' else 'mean'} of each place stays.",
        "a part of a feature map before pooling, finer, and after it, coarser", draw.png(pair), "png",
    )  # fmt: skip
    return [Section("What pooling did", words + moved, [figure])]


def _stages(look: CnnLook) -> Section:
    tiles = [
        Figure(
            f"stage{number}", name + ".", "Mean size of all maps.", f"mean activation at {name}",
            draw.jpg(draw.enlarged(draw.heat(stage), 312, 312)), "jpg",
        )
        for number, (name, stage) in enumerate(look.stages)
    ]  # fmt: skip
    return Section(
        "Deeper", "Every stage sees a larger part of the picture in fewer places: from edges to things.", tiles
    )


def _filter_tiles(look: CnnLook) -> list[Array]:
    tiles = []
    for weights in look.filters:
        if weights.shape[0] == 3:
            bgr = weights[::-1] if look.colour == "rgb" else weights
            scaled = 127.5 + 127.5 * bgr / max(float(np.abs(bgr).max()), 1e-9)
            tiles.append(np.clip(scaled, 0, 255).astype(np.uint8).transpose(1, 2, 0))
        else:
            tiles.append(draw.signed(weights.mean(axis=0)))
    return tiles


def _map(values: Array) -> Array:
    """A map in its own colours; the few strongest places of all shall not darken the others."""
    return draw.heat(values, float(values.min()), float(np.quantile(values, _STRONG)))


def _detail(values: Array) -> Array:
    """How much each place differs from its neighbours, as a part of the map's range."""
    values = values.astype(np.float32)
    return np.asarray(np.abs(cv2.Laplacian(values, cv2.CV_32F)) / max(float(np.ptp(values)), 1e-9))


def _busiest(values: Array, size: int) -> tuple[int, int]:
    """Corner of the square of `size` in which a map holds most detail."""
    if min(values.shape) <= size:
        return 0, 0
    half = size // 2
    inner = cv2.blur(_detail(values), (size, size))[half : values.shape[0] - half, half : values.shape[1] - half]
    row, column = np.unravel_index(int(inner.argmax()), inner.shape)
    return int(row) // 2 * 2, int(column) // 2 * 2


def _limited(bgr: Array, width: int = 640) -> Array:
    if bgr.shape[1] <= width:
        return bgr
    return np.asarray(cv2.resize(bgr, (width, max(1, bgr.shape[0] * width // bgr.shape[1]))), np.uint8)
