"""Looking inside a detector: filters, feature maps, pooling, normalisation, and the classes that nearly won."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.detection.heads import Candidates, make_head
from kitt_inference.detection.nms import batched_nms
from kitt_inference.detection.preprocess import Placement, check_picture, preprocess
from kitt_inference.errors import KittError
from kitt_inference.taps import OpenGraph
from kitt_inference.zoo import Resolved

Array = np.ndarray[Any, Any]

# what a convolution's result passes through, value by value, before the next convolution or pooling sees it
_ELEMENTWISE = frozenset(
    ["Add", "Clip", "Div", "HardSigmoid", "HardSwish", "LeakyRelu", "Mul", "PRelu", "Relu", "Sigmoid"]
)
_POOLS = ("MaxPool", "AveragePool")
_LEAST = 1e-3
"""Scores below are not looked at."""
_RIVALS = 5
_SHOWN = 8


@dataclass(frozen=True)
class Contest:
    """One object and the classes that it could have been.

    Attributes:
        box: xyxy in pixels of the picture.
        classes: (name, score) of the same box, best first; the first is the winner.
        seen: whether the winner's score passed the threshold.
    """

    box: tuple[float, float, float, float]
    classes: tuple[tuple[str, float], ...]
    seen: bool


@dataclass(frozen=True)
class CnnLook:
    """What one picture did in a convolutional network.

    Attributes:
        model: the network's name. threshold: the least score of a detection.
        picture: (H, W, 3) uint8, as it was given. entered: the network's input (3, h, w), normalised.
        colour: «rgb» or «bgr», the order of its channels.
        filters: the first convolution's weights (N, C, k, k). stride: its stride in pixels.
        maps: its results (N, h1, w1). activated: after the activation, (N, h1, w1).
        pool: the first pooling's kind, kernel and stride; before, pooled: its input and result (M, h, w). None and
            empty where the network has none.
        shifted: how much a shift of the picture by one pixel changes the values before and after the pooling, as parts
            of their mean size.
        stages: (name, map) with the mean size of the activations (h, w) at each resolution, the finest first.
        contests: the objects, best first.
    """

    model: str
    threshold: float
    picture: Array
    entered: Array
    colour: str
    filters: Array
    stride: int
    maps: Array
    activated: Array
    pool: tuple[str, int, int] | None
    before: Array
    pooled: Array
    shifted: tuple[float, float] | None
    stages: tuple[tuple[str, Array], ...]
    contests: tuple[Contest, ...]


class CnnInspector:
    """A detector that shows what happens in it; for one thread."""

    def __init__(self, resolved: Resolved) -> None:
        """Open the network.

        Raises:
            KittError: it is no network of convolutions, or cannot be run.
        """
        self.card = resolved.card
        self._graph = OpenGraph(resolved.file)
        self._head = make_head(resolved.card)
        first = next(self._graph.of_type("Conv"), None)
        weights = self._graph.weight(first.input[1]) if first is not None else None
        if first is None or weights is None or weights.ndim != 4:
            raise KittError(f"{resolved.file} does not begin with a convolution of pictures", "give a CNN")
        self._filters = weights.astype(np.float32)
        self._stride = _pair(first, "strides", 1)
        self._first = str(first.output[0])
        self._activated = self._after_activation(self._first)
        self._pool = next(self._graph.of_type(*_POOLS), None)
        ends = self._stage_ends()
        around = [] if self._pool is None else [str(self._pool.input[0]), str(self._pool.output[0])]
        self._session = self._graph.session([self._first, self._activated, *around, *ends])
        self._ends = ends
        if len(self._session.inputs) != 1:
            raise KittError(f"{resolved.file} has {len(self._session.inputs)} inputs", "give a network of pictures")
        self._input = self._session.inputs[0]

    def look(self, bgr: Array) -> CnnLook:
        """What a picture (H, W, 3), uint8, does in the network; a wide one is taken whole, without tiles.

        Raises:
            KittError: it is no such array, or the network's outputs do not fit its card.
        """
        check_picture(bgr)
        tensor, placement = preprocess(bgr, self.card.input, self._input.dtype)
        out = self._session.run({self._input.name: tensor})
        channels_first = self.card.input.layout == "nchw"
        entered = tensor[0] if channels_first else tensor[0].transpose(2, 0, 1)
        pool, before, pooled, shifted = None, np.zeros((0, 1, 1), np.float32), np.zeros((0, 1, 1), np.float32), None
        if self._pool is not None:
            names = str(self._pool.input[0]), str(self._pool.output[0])
            pool = self._pool.op_type, _pair(self._pool, "kernel_shape", 1), _pair(self._pool, "strides", 1)
            before, pooled = out[names[0]][0], out[names[1]][0]
            moved = self._session.run({self._input.name: np.roll(tensor, 1, axis=3 if channels_first else 2)})
            shifted = _change(before, moved[names[0]][0]), _change(pooled, moved[names[1]][0])
        # branches of a network reach a resolution one after the other: the last one holds them all
        last = {out[name].shape[2:]: out[name][0] for name in self._ends if out[name].ndim == 4}
        stages = tuple((f"{h} x {w}, {len(maps)} maps", np.abs(maps).mean(0)) for (h, w), maps in last.items())
        return CnnLook(
            self.card.name, self.card.thresholds.score, bgr, np.asarray(entered, np.float32), self.card.input.colour,
            self._filters, self._stride, out[self._first][0], out[self._activated][0], pool, before, pooled, shifted,
            stages, self._contests(out, placement),
        )  # fmt: skip

    def _after_activation(self, name: str) -> str:
        """The last tensor before the next convolution or pooling that is made of `name` value by value."""
        for _ in range(8):
            further = [node for node in self._graph.users(name) if node.op_type in _ELEMENTWISE]
            if not further:
                break
            # x * gate(x): the product is what goes on, the gate alone is not
            ends = [node for node in further if node.op_type in ("Mul", "Div")] or further
            name = str(ends[0].output[0])
        return name

    def _stage_ends(self) -> list[str]:
        """The last activations at each resolution, until the network turns from seeing to finding (first resize)."""
        ends: list[str] = []
        last = ""
        for node in self._graph.nodes:
            if node.op_type in ("Resize", "Upsample"):
                break
            shrinks = (node.op_type == "Conv" or node.op_type in _POOLS) and _pair(node, "strides", 1) > 1
            if shrinks and node.op_type == "Conv" and last and last not in ends:
                ends.append(last)
            if node.op_type == "Conv":
                last = self._after_activation(str(node.output[0]))
        if last and last not in ends:
            ends.append(last)
        return ends

    def _contests(self, out: dict[str, Array], placement: Placement) -> tuple[Contest, ...]:
        own = {name: value for name, value in out.items() if name not in self._taps}
        raw: Candidates = self._head.decode(own, _LEAST)
        boxes = placement.to_picture(raw.boxes)
        # of one cell all classes share the box: who else could it have been?
        keep = batched_nms(boxes, raw.scores, np.zeros_like(raw.class_ids), 0.5, limit=_SHOWN)
        found = []
        for row in keep:
            same = np.flatnonzero((raw.boxes == raw.boxes[row]).all(axis=1))
            order = same[np.argsort(-raw.scores[same], kind="stable")][:_RIVALS]
            names = tuple((self.card.labels[int(raw.class_ids[k])], float(raw.scores[k])) for k in order)
            edges = tuple(float(edge) for edge in boxes[row])
            seen = bool(raw.scores[row] >= self.card.thresholds.score)
            found.append(Contest((edges[0], edges[1], edges[2], edges[3]), names, seen))
        return tuple(found)

    @property
    def _taps(self) -> set[str]:
        pool = () if self._pool is None else (str(self._pool.input[0]), str(self._pool.output[0]))
        return {self._first, self._activated, *pool, *self._ends}


def _pair(node: Any, name: str, default: int) -> int:
    """The first of a node's list of numbers."""
    values = next((attribute.ints for attribute in node.attribute if attribute.name == name), None)
    return int(values[0]) if values else default


def _change(a: Array, b: Array) -> float:
    """Mean difference as a part of the mean size."""
    return float(np.abs(a - b).mean() / max(float(np.abs(a).mean()), 1e-9))
