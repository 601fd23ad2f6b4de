"""The same ONNX file in other engines: OpenCV's dnn, and torch in eager mode (by onnx2torch)."""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
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
    missing = [name for name in ("torch", "onnx", "onnx2torch") if importlib.util.find_spec(name) is None]
    if missing:
        raise NotInstalledError(
            f"not installed: {', '.join(missing)}; pip install torch==2.13.0 onnx; pip install --no-deps onnx2torch"
        )
    _stand_in_for_torchvision()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import onnx2torch
        import torch

        torch.set_num_threads(threads)
        module = onnx2torch.convert(_without_constant_nodes(path)).eval()

    def run(tensor: Array) -> list[Array]:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = module(torch.from_numpy(tensor))
        return [part.numpy() for part in (result if isinstance(result, list | tuple) else [result])]

    return run


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


def _without_constant_nodes(path: Path) -> Any:
    """onnx2torch takes the bounds of Clip from initializers only, not from Constant nodes."""
    import onnx

    model = onnx.load(str(path))
    graph, others = model.graph, []
    for node in graph.node:
        value = next((a.t for a in node.attribute if a.name == "value"), None)
        if node.op_type != "Constant" or value is None:
            others.append(node)
            continue
        tensor = onnx.TensorProto()
        tensor.CopyFrom(value)
        tensor.name = node.output[0]
        graph.initializer.append(tensor)
    del graph.node[:]
    graph.node.extend(others)
    return model


def _stand_in_for_torchvision() -> None:
    """onnx2torch imports torchvision for NonMaxSuppression and RoiAlign, which no model here contains."""
    if importlib.util.find_spec("torchvision") is not None or "torchvision" in sys.modules:
        return
    package, operators = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
    operators.roi_align = package.ops = None  # type: ignore[attr-defined]
    sys.modules.update({"torchvision": package, "torchvision.ops": operators})
