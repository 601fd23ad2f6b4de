"""Picodet and nanodet heads: each side of a box is a distribution over bins.

Li et al., Generalized Focal Loss, NeurIPS 2020; Yu et al., PP-PicoDet, arXiv:2111.00902; NanoDet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import (
    Candidates,
    Head,
    cells,
    pick,
    read_choice,
    read_strides,
    sigmoid,
    softmax,
)

Array = np.ndarray[Any, Any]


class DistributionHead(Head):
    """Scores (A, C) and distances (A, 4 * (reg_max + 1)) a level, in separate outputs or side by side in one.

    Options: strides; reg_max (bins less one, default 7); offset of a cell's centre in cells (0.5, or 0 for
    NanoDet-Plus); activation of the scores (none or sigmoid); scores, boxes: the outputs' names from the finest level
    on, found by their shapes when left out.
    """

    known = ("strides", "reg_max", "offset", "activation", "scores", "boxes")

    def __init__(self, card: ModelCard) -> None:
        """See Head."""
        super().__init__(card)
        self._strides = read_strides(self, (8, 16, 32, 64))
        self._bins = int(self.options.get("reg_max", 7)) + 1
        self._activation = read_choice(self, "activation", ("none", "sigmoid"), "none")
        grid, self._stride, self._counts = cells(self.width, self.height, self._strides)
        self._centres = (grid + float(self.options.get("offset", 0.5))) * self._stride[:, None]

    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """See Head; ltrb = stride * sum over bins k of k * softmax(logits)_k around a cell's centre."""
        scores, logits = self._gather(outputs)
        if self._activation == "sigmoid":
            scores = sigmoid(scores)
        rows, class_ids, picked = pick(scores, threshold)
        if not len(rows):
            return Candidates.none()
        # Several classes may share a cell: its softmax is worked out once.
        cell, index = np.unique(rows, return_inverse=True)
        parts = softmax(logits[cell].astype(np.float32).reshape(-1, 4, self._bins))
        ltrb = parts @ np.arange(self._bins, dtype=np.float32) * self._stride[cell, None]
        centres = self._centres[cell]
        boxes = np.concatenate([centres - ltrb[:, :2], centres + ltrb[:, 2:]], axis=1)
        return Candidates(boxes[index], picked, class_ids)

    def _gather(self, outputs: Mapping[str, Array]) -> tuple[Array, Array]:
        """Scores (A, C) and logits (A, 4 * bins) over all levels."""
        width, total = 4 * self._bins, sum(self._counts)
        scores, boxes = self.named(outputs, "scores"), self.named(outputs, "boxes")
        if scores is None or boxes is None:
            flat = [value for value in outputs.values() if value.ndim == 3 and value.shape[0] == 1]
            joint = [value for value in flat if value.shape[1:] == (total, self.classes + width)]
            if len(outputs) == 1 and joint:
                return joint[0][0, :, : self.classes], joint[0][0, :, self.classes :]
            scores = [value for value in flat if value.shape[2] == self.classes]
            boxes = [value for value in flat if value.shape[2] == width]
            if self.classes == width:  # shapes cannot tell them apart
                scores, boxes = flat[: len(flat) // 2], flat[len(flat) // 2 :]
            scores.sort(key=lambda value: -value.shape[1])
            boxes.sort(key=lambda value: -value.shape[1])
        counts = (self._counts, [total])
        if [v.shape[1] for v in scores] not in counts or [v.shape[1] for v in boxes] not in counts:
            levels = ", ".join(map(str, self._counts))
            raise self.misfit(outputs, f"per level 1xAx{self.classes} and 1xAx{width} with A = {levels}, or one joint")
        return np.concatenate([v[0] for v in scores]), np.concatenate([v[0] for v in boxes])
