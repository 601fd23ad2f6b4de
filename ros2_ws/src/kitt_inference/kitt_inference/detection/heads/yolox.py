"""The YOLOX head: one anchor a cell, centre and size, an objectness (Ge et al., YOLOX, arXiv:2107.08430)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import (
    Candidates,
    Head,
    cells,
    centre_to_corners,
    pick,
    read_choice,
    read_strides,
    sigmoid,
)

Array = np.ndarray[Any, Any]


class YoloxHead(Head):
    """One output (1, A, 5 + C): x, y, log width, log height in cells, objectness, class scores.

    Options: strides; activation of objectness and classes (none, as exported, or sigmoid); decoded: the boxes are
    already centre and size in input pixels; output: its name when there are several.
    """

    known = ("strides", "activation", "decoded", "output")

    def __init__(self, card: ModelCard) -> None:
        """See Head."""
        super().__init__(card)
        strides = read_strides(self, (8, 16, 32))
        self._activation = read_choice(self, "activation", ("none", "sigmoid"), "none")
        self._decoded = bool(self.options.get("decoded", False))
        self._grid, self._stride, counts = cells(self.width, self.height, strides)
        self._total = sum(counts)

    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """See Head; score = objectness * class."""
        found = self.named(outputs, "output") or list(outputs.values())
        values = found[0]
        if len(found) != 1 or values.shape != (1, self._total, 5 + self.classes):
            raise self.misfit(outputs, f"one output 1x{self._total}x{5 + self.classes}")
        rows_values = values[0]
        confidence = rows_values[:, 4:]
        if self._activation == "sigmoid":
            confidence = sigmoid(confidence)
        # A score cannot exceed the objectness: most cells need no product.
        likely = np.flatnonzero(confidence[:, 0] > threshold)
        rows, class_ids, scores = pick(confidence[likely, :1] * confidence[likely, 1:], threshold)
        if not len(rows):
            return Candidates.none()
        cell = likely[rows]
        boxes = rows_values[cell, :4]
        if not self._decoded:
            stride = self._stride[cell, None]
            boxes = np.concatenate([(boxes[:, :2] + self._grid[cell]) * stride, np.exp(boxes[:, 2:]) * stride], axis=1)
        return Candidates(centre_to_corners(boxes), scores, class_ids)
