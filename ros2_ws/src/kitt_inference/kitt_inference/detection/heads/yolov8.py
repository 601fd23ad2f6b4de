"""The YOLOv8-style head: decoded boxes and class scores in one tensor, no objectness (YOLOv8, v9, 11, 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import Candidates, Head, centre_to_corners, pick, read_choice, sigmoid

Array = np.ndarray[Any, Any]


class Yolov8Head(Head):
    """One output (1, 4 + C, A) or (1, A, 4 + C): centre x, y, width, height, then class scores.

    Options: activation of the scores (none, as exported, or sigmoid); normalised: boxes are fractions of the input's
    sides instead of pixels; output: its name when there are several.
    """

    known = ("activation", "normalised", "output")

    def __init__(self, card: ModelCard) -> None:
        """See Head."""
        super().__init__(card)
        self._activation = read_choice(self, "activation", ("none", "sigmoid"), "none")
        normalised = bool(self.options.get("normalised", False))
        sides = (self.width, self.height) * 2 if normalised else (1, 1, 1, 1)
        self._scale = np.array(sides, np.float32)

    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """See Head."""
        found = self.named(outputs, "output") or list(outputs.values())
        channels = 4 + self.classes
        values = found[0]
        if len(found) != 1 or values.ndim != 3 or values.shape[0] != 1 or channels not in values.shape[1:]:
            raise self.misfit(outputs, f"one output 1x{channels}xA or 1xAx{channels}")
        table = values[0].T if values.shape[1] == channels else values[0]
        scores = sigmoid(table[:, 4:]) if self._activation == "sigmoid" else table[:, 4:]
        rows, class_ids, picked = pick(scores, threshold)
        return Candidates(centre_to_corners(table[rows, :4] * self._scale), picked, class_ids)
