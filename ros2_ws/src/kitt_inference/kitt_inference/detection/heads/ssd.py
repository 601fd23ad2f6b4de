"""The SSD head: boxes as offsets from priors, scaled by variances (Liu et al., SSD, arXiv:1512.02325)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import Candidates, Head, centre_to_corners, pick, read_choice, sigmoid, softmax

Array = np.ndarray[Any, Any]


class SsdHead(Head):
    """Scores (1, P, C + 1) with the background first, and offsets (1, P, 4) from P priors.

    Options: priors, either a file beside the card (.npy or .csv, P rows of centre x, y, width, height as fractions of
    the input) or a mapping for `make_priors`; variances of centre and size (default 0.1, 0.2); order of the offsets
    (xywh, or yxhw as TensorFlow's); activation (softmax, sigmoid, none); background: "first" or "none"; scores, boxes:
    the outputs' names.
    """

    known = ("priors", "variances", "order", "activation", "background", "scores", "boxes")

    def __init__(self, card: ModelCard) -> None:
        """See Head."""
        super().__init__(card)
        self._activation = read_choice(self, "activation", ("softmax", "sigmoid", "none"), "softmax")
        self._background = read_choice(self, "background", ("first", "none"), "first")
        self._order = read_choice(self, "order", ("xywh", "yxhw"), "xywh")
        variances = self.options.get("variances", [0.1, 0.2])
        if not isinstance(variances, list) or len(variances) != 2 or not all(isinstance(v, float) for v in variances):
            raise self.fault(f"head.variances is {variances!r}", "give two numbers, for the centre and for the size")
        self._variances = (float(variances[0]), float(variances[1]))
        self._priors = self._read_priors()

    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """See Head; centre = prior + offset * v0 * prior's size, size = prior's size * exp(offset * v1)."""
        channels, count = self.classes + (self._background == "first"), len(self._priors)
        scores = self.named(outputs, "scores") or [v for v in outputs.values() if v.shape == (1, count, channels)]
        boxes = self.named(outputs, "boxes") or [v for v in outputs.values() if v.shape == (1, count, 4)]
        if not scores or not boxes or scores[0].shape != (1, count, channels) or boxes[-1].shape != (1, count, 4):
            raise self.misfit(outputs, f"scores 1x{count}x{channels} and boxes 1x{count}x4")
        table = scores[0][0]
        if self._activation != "none":
            table = softmax(table) if self._activation == "softmax" else sigmoid(table)
        rows, class_ids, picked = pick(table[:, 1:] if self._background == "first" else table, threshold)
        offsets, priors = boxes[-1][0][rows], self._priors[rows]
        if self._order == "yxhw":
            offsets = offsets[:, [1, 0, 3, 2]]
        centres = priors[:, :2] + offsets[:, :2] * self._variances[0] * priors[:, 2:]
        sizes = priors[:, 2:] * np.exp(offsets[:, 2:] * self._variances[1])
        scale = np.array((self.width, self.height) * 2, np.float32)
        return Candidates(centre_to_corners(np.concatenate([centres, sizes], axis=1) * scale), picked, class_ids)

    def _read_priors(self) -> Array:
        source = self.options.get("priors")
        if isinstance(source, Mapping):
            try:
                return make_priors(self.width, self.height, **source)
            except (TypeError, ValueError) as error:
                raise self.fault(
                    f"head.priors cannot be made ({error})", "see kitt_inference.detection.heads.ssd"
                ) from error
        if not isinstance(source, str):
            raise self.fault("head.priors is missing", "give a .npy or .csv file or a mapping to make them from")
        path = self.card.path.parent / source
        try:
            table = (
                np.load(path, allow_pickle=False) if path.suffix == ".npy" else np.loadtxt(path, delimiter=",", ndmin=2)
            )
        except (OSError, ValueError) as error:
            raise self.fault(f"head.priors: {path} cannot be read ({error})") from error
        if table.ndim != 2 or table.shape[1] != 4:
            raise self.fault(f"head.priors: {path} has shape {table.shape}", "give rows of centre x, y, width, height")
        priors: Array = table.astype(np.float32)
        return priors


def make_priors(
    width: int,
    height: int,
    *,
    strides: list[int],
    sizes: list[list[float]],
    ratios: list[list[float]],
    clip: bool = False,
) -> Array:
    """Priors as in the SSD paper, (P, 4) of centre x, y, width, height as fractions.

    Args:
        width, height: the input's, in pixels.
        strides: pixels between centres, a level.
        sizes: a level's least and next size in pixels; the square of their geometric mean comes second.
        ratios: a level's aspect ratios besides 1; each also gives its reciprocal.
        clip: cut the values to 0 to 1.

    Raises:
        ValueError: the lists are of different lengths, or a level has other than two sizes.
    """
    if not len(strides) == len(sizes) == len(ratios) or any(len(pair) != 2 for pair in sizes):
        raise ValueError("strides, sizes (pairs) and ratios need one entry a level")
    priors = []
    for stride, (least, following), aspects in zip(strides, sizes, ratios, strict=True):
        shapes = [(least, least), (math.sqrt(least * following),) * 2]
        for aspect in aspects:
            side = math.sqrt(aspect)
            shapes += [(least * side, least / side), (least / side, least * side)]
        for row, column in itertools.product(range(-(-height // stride)), range(-(-width // stride))):
            x, y = (column + 0.5) * stride / width, (row + 0.5) * stride / height
            priors += [(x, y, w / width, h / height) for w, h in shapes]
    table = np.array(priors, np.float32)
    return np.clip(table, 0, 1) if clip else table
