"""An LSTM layer of an ONNX file, walked in numpy: what its gates do, which ONNX Runtime never shows.

Hochreiter and Schmidhuber, «Long short-term memory», 1997, with the forget gate of Gers et al., 2000; weights and their
order as ONNX's operator LSTM defines them: input, output, forget gate, candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.taps import OpenGraph

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class LstmLayer:
    """Weights of one direction: `w` (4H, X) for the input, `r` (4H, H) for the state, `b` (4H,) both biases added."""

    w: Floats
    r: Floats
    b: Floats

    @property
    def size(self) -> int:
        """The number of cells, H."""
        return int(self.r.shape[1])


@dataclass(frozen=True)
class Gates:
    """What a layer did in T steps, (T, H) each.

    Attributes:
        i: input gate, 0 to 1: how much of the candidate is written.
        f: forget gate, 0 to 1: how much of the memory is kept.
        o: output gate, 0 to 1: how much of the memory is shown.
        g: candidate, -1 to 1: what would be written.
        c: memory after the step, c = f * c + i * g.
        h: output, h = o * tanh(c).
    """

    i: Floats
    f: Floats
    o: Floats
    g: Floats
    c: Floats
    h: Floats


def lstm_layers(graph: OpenGraph) -> list[LstmLayer]:
    """The layers of a network in their order.

    Raises:
        KittError: it has none, or one with peepholes, other activations or two directions.
    """
    layers = []
    for node in graph.of_type("LSTM"):
        names = [*node.input, *[""] * 8][:8]
        w, r, b = (graph.weight(name) if name else None for name in names[1:4])
        plain = {attribute.name for attribute in node.attribute} <= {"hidden_size", "layout", "direction"}
        if w is None or r is None or w.shape[0] != 1 or names[7] or not plain:
            raise KittError(f"{graph.path} has an odd LSTM", "it may have one direction only, no peepholes")
        rows = r.shape[1]
        both = np.zeros(2 * rows, np.float32) if b is None else b[0].astype(np.float32)
        layers.append(LstmLayer(w[0].astype(np.float32), r[0].astype(np.float32), both[:rows] + both[rows:]))
    if not layers:
        raise KittError(f"{graph.path} has no LSTM", "give a recurrent network in float32")
    return layers


def walk(layer: LstmLayer, x: Floats, h: Floats | None = None, c: Floats | None = None) -> Gates:
    """Steps of a layer.

    Args:
        x: inputs (T, X).
        h, c: the state before them (H,); zeros without.
    """
    size = layer.size
    h = np.zeros(size, np.float32) if h is None else h
    c = np.zeros(size, np.float32) if c is None else c
    driven = x @ layer.w.T + layer.b
    kept = np.empty((6, len(x), size), np.float32)
    for t, row in enumerate(driven):
        gates = row + layer.r @ h
        i, o, f = _sigmoid(gates[:size]), _sigmoid(gates[size : 2 * size]), _sigmoid(gates[2 * size : 3 * size])
        g = np.tanh(gates[3 * size :])
        c = f * c + i * g
        h = o * np.tanh(c)
        kept[:, t] = i, f, o, g, c, h
    return Gates(*kept)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), np.float32)
