"""What every head shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from kitt_inference.card import ModelCard
from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Candidates:
    """Boxes before suppression: (N, 4) xyxy in input pixels, scores (N,), class ids (N,)."""

    boxes: Array
    scores: Array
    class_ids: Array

    @staticmethod
    def none() -> Candidates:
        """No box at all."""
        return Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Head(ABC):
    """Decodes a network's outputs; made once from the card."""

    suppress = True
    """Whether the boxes need non-maximum suppression."""

    known: ClassVar[tuple[str, ...]] = ()
    """The options this head takes in the card."""

    def __init__(self, card: ModelCard) -> None:
        """Read the card's options. Raises KittError for one that is unknown or out of range."""
        self.card = card
        self.options: Mapping[str, Any] = card.head.options
        self.classes = len(card.labels)
        self.width, self.height = card.input.width, card.input.height
        unknown = sorted(set(self.options) - set(self.known))
        if unknown:
            raise self.fault(f"head.{unknown[0]} is unknown", f"a {card.head.type} head takes " + ", ".join(self.known))

    @abstractmethod
    def decode(self, outputs: Mapping[str, Array], threshold: float) -> Candidates:
        """Boxes whose score is above the threshold. Raises KittError when the outputs do not fit the card."""

    def fault(self, message: str, remedy: str = "") -> KittError:
        """A KittError that names the card."""
        return KittError(f"the model card {self.card.path}: {message}", remedy)

    def named(self, outputs: Mapping[str, Array], option: str) -> list[Array] | None:
        """The outputs an option names (a text or a list of them), None when the card leaves it open."""
        names = self.options.get(option)
        if names is None:
            return None
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.fault(f"head.{option} is {names!r}", "give an output's name or a list of names")
        gone = [name for name in names if name not in outputs]
        if gone:
            raise self.fault(f"head.{option} names the output «{gone[0]}»", "the model has: " + ", ".join(outputs))
        return [outputs[name] for name in names]

    def misfit(self, outputs: Mapping[str, Array], wanted: str) -> KittError:
        """The outputs' shapes do not fit the head."""
        shapes = ", ".join(f"{name} {'x'.join(map(str, value.shape))}" for name, value in outputs.items())
        return self.fault(f"the outputs ({shapes}) do not fit a {self.card.head.type} head", f"wanted: {wanted}")


def pick(scores: Array, threshold: float, one_class: bool = False) -> tuple[Array, Array, Array]:
    """Rows, classes and scores of the (N, C) scores above a threshold, every class of a row or only its best."""
    if one_class:
        class_ids = scores.argmax(axis=1)
        best = scores[np.arange(len(scores)), class_ids]
        rows = np.flatnonzero(best > threshold)
        return rows, class_ids[rows], best[rows]
    # Flat: three times as quick as np.nonzero over two dimensions.
    rows, class_ids = np.divmod(np.flatnonzero(scores > threshold), scores.shape[1])
    return rows, class_ids, scores[rows, class_ids]


def cells(width: int, height: int, strides: tuple[int, ...]) -> tuple[Array, Array, list[int]]:
    """The grid of a feature pyramid, level after level, row after row.

    Returns:
        Column and row of each cell (N, 2), its stride (N,), and the number of cells in each level.
    """
    grids, sizes, counts = [], [], []
    for stride in strides:
        columns, rows = -(-width // stride), -(-height // stride)
        y, x = np.mgrid[:rows, :columns]
        grids.append(np.stack([x.ravel(), y.ravel()], axis=1))
        sizes.append(np.full(rows * columns, stride))
        counts.append(rows * columns)
    return np.concatenate(grids).astype(np.float32), np.concatenate(sizes).astype(np.float32), counts


def read_strides(head: Head, default: tuple[int, ...]) -> tuple[int, ...]:
    """The option `strides`, checked."""
    strides = head.options.get("strides", list(default))
    if not isinstance(strides, list) or not strides or not all(isinstance(s, int) and s > 0 for s in strides):
        raise head.fault(f"head.strides is {strides!r}", "give a list of positive whole numbers")
    return tuple(strides)


def read_choice(head: Head, option: str, choices: tuple[str, ...], default: str) -> str:
    """A text option, checked."""
    value = head.options.get(option, default)
    if value not in choices:
        raise head.fault(f"head.{option} is {value!r}", "give one of " + ", ".join(choices))
    return str(value)


def sigmoid(values: Array) -> Array:
    """The logistic function, without overflow."""
    result: Array = 0.5 * (np.tanh(0.5 * values) + 1.0)
    return result


def softmax(values: Array, axis: int = -1) -> Array:
    """Softmax along an axis, without overflow."""
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    result: Array = powers / powers.sum(axis=axis, keepdims=True)
    return result


def centre_to_corners(centres: Array) -> Array:
    """Boxes (N, 4) of centre x, y, width, height to xyxy."""
    half = centres[:, 2:] / 2
    corners: Array = np.concatenate([centres[:, :2] - half, centres[:, :2] + half], axis=1)
    return corners
