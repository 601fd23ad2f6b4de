"""The same ONNX file in other engines: OpenCV's dnn, and torch in eager mode (by onnx2torch)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Runner = Callable[[Array], "list[Array]"]

# Engines that compute something else have no place in a comparison of speed.
_GREATEST_DIFFERENCE = 0.05


class NotInstalledError(Exception):
    """The engine is missing; the text says how to install it."""


def opencv_dnn(path: Path, outputs: Sequence[str], threads: int) -> Runner:
    """The network in OpenCV's dnn."""
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(path))

    def run(tensor: Array) -> list[Array]:
        network.setInput(tensor)
        return [np.asarray(output) for output in network.forward(list(outputs))]

    return run


def torch_eager(path: Path, outputs: Sequence[str], threads: int) -> Runner:
    """The network as a torch module. Raises NotInstalledError."""
    from kitt_inference.backends import torch as backend

    gap = backend.missing()
    if gap:
        raise NotInstalledError(f"{gap}; {backend.remedy()}")
    session = backend.TorchSession(path, threads)
    entry = session.inputs[0].name
    return lambda tensor: list(session.run({entry: tensor}).values())


PEERS: dict[str, Callable[[Path, Sequence[str], int], Runner]] = {
    "opencv_dnn": opencv_dnn,
    "torch_eager": torch_eager,
}


def disagreement(ours: Sequence[Array], theirs: Sequence[Array]) -> str:
    """Why the outputs are not the same, "" if they are."""
    if [a.shape for a in ours] != [b.shape for b in theirs]:
        return f"its outputs have the shapes {[b.shape for b in theirs]} instead of {[a.shape for a in ours]}"
    worst = max(float(np.abs(a - b).max(initial=0.0)) for a, b in zip(ours, theirs, strict=True))
    return "" if worst <= _GREATEST_DIFFERENCE else f"its outputs differ by up to {worst:.3g}"
