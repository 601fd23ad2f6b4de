"""DETR-style heads: a fixed set of queries, no suppression.

Carion et al., DETR, arXiv:2005.12872; Zhao et al., RT-DETR, arXiv:2304.08069.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import Candidates, Head, centre_to_corners, pick, read_choice, sigmoid, softmax

Array = np.ndarray[Any, Any]


class DetrHead(Head):
    """Logits (1, Q, C) or, with a «no object» class, (1, Q, C + 1), and boxes (1, Q, 4) centre and size as fractions.

    Options: activation (sigmoid as RT-DETR, softmax as DETR, none); background: "last", "first" or "none", where the
    «no object» class stands; logits, boxes: the outputs' names, found by their shapes when left out.
    """

    suppress = False
    known = ("activation", "background", "logits", "boxes")

    def __init__(self, card: ModelCard) -> None:
        """See Head."""
        super().__init__(card)
        self._activation = read_choice(self, "activation", ("sigmoid", "softmax", "none"), "sigmoid")
        default = "last" if self._activation == "softmax" else "none"
        self._background = read_choice(self, "background", ("last", "first", "none"), default)
        self._scale = np.array((self.width, self.height) * 2, np.float32)

    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """See Head."""
        channels = self.classes + (self._background != "none")
        logits = self.named(outputs, "logits") or [
            v for v in outputs.values() if v.ndim == 3 and v.shape[2] == channels
        ]
        boxes = self.named(outputs, "boxes") or [v for v in outputs.values() if v.ndim == 3 and v.shape[2] == 4]
        fits = bool(logits) and bool(boxes) and logits[0].shape[1:] == (boxes[-1].shape[1], channels)
        if not fits or boxes[-1].shape[2] != 4:
            raise self.misfit(outputs, f"logits 1xQx{channels} and boxes 1xQx4")
        scores = logits[0][0]
        if self._activation != "none":
            scores = sigmoid(scores) if self._activation == "sigmoid" else softmax(scores)
        if self._background != "none":
            scores = scores[:, :-1] if self._background == "last" else scores[:, 1:]
        rows, class_ids, picked = pick(scores, threshold, one_class=self._activation == "softmax")
        return Candidates(centre_to_corners(boxes[-1][0][rows] * self._scale), picked, class_ids)
