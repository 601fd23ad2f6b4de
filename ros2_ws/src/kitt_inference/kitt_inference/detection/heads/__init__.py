"""Heads: how a network's outputs become boxes, one module a type of head."""

from __future__ import annotations

from kitt_inference.card import ModelCard
from kitt_inference.detection.heads.base import Candidates, Head
from kitt_inference.detection.heads.detr import DetrHead
from kitt_inference.detection.heads.distribution import DistributionHead
from kitt_inference.detection.heads.ssd import SsdHead
from kitt_inference.detection.heads.yolov8 import Yolov8Head
from kitt_inference.detection.heads.yolox import YoloxHead
from kitt_inference.errors import KittError

HEADS: dict[str, type[Head]] = {
    "picodet": DistributionHead,
    "nanodet": DistributionHead,
    "yolox": YoloxHead,
    "yolov8": Yolov8Head,
    "ssd": SsdHead,
    "detr": DetrHead,
}

__all__ = ["HEADS", "Candidates", "Head", "make_head"]


def make_head(card: ModelCard) -> Head:
    """The head a card names. Raises KittError for an unknown type or bad options."""
    kind = HEADS.get(card.head.type)
    if kind is None:
        raise KittError(
            f"the model card {card.path}: head.type «{card.head.type}» is unknown", "give one of " + ", ".join(HEADS)
        )
    return kind(card)
