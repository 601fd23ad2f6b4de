"""torch in eager mode, through onnx2torch: for comparison, on the GPU where torch sees one."""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.backends import ONLY_WHEN_ASKED
from kitt_inference.errors import BackendError
from kitt_inference.session import Array, NetworkSession, Session, TensorSpec

NAME = "torch"
PREFERENCE = ONLY_WHEN_ASKED


def missing() -> str:
    """Empty when torch, onnx and onnx2torch are installed."""
    gaps = [name for name in ("torch", "onnx", "onnx2torch") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(gaps)}" if gaps else ""


def remedy() -> str:
    """How to get the libraries."""
    return "pip install torch==2.13.0 onnx; pip install --no-deps onnx2torch"


def open_model(path: Path, threads: int) -> Session:
    """Convert an ONNX file. Raises BackendError for a node that onnx2torch does not know."""
    return TorchSession(path, threads)


class TorchSession(NetworkSession):
    """`Session` over a torch module."""

    def __init__(self, path: Path, threads: int, *, compiled: bool = False) -> None:
        """Load the model; compiled: by torch.compile. Raises BackendError."""
        _stand_in_for_torchvision()
        super().__init__(path, NAME)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import onnx2torch
                import torch

                if threads:
                    torch.set_num_threads(threads)
                model = _without_constant_nodes(path)
                self._device = "cuda" if torch.cuda.is_available() else "cpu"
                module = onnx2torch.convert(model).eval().to(self._device)
                self._module: Any = torch.compile(module) if compiled else module
        except Exception as error:
            reason = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise BackendError(f"torch cannot run {path} ({reason})", "take --backend onnxruntime") from error
        constants = {tensor.name for tensor in model.graph.initializer}
        self._inputs = tuple(_spec(value) for value in model.graph.input if value.name not in constants)
        self._outputs = tuple(_spec(value) for value in model.graph.output)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; see `Session.run`."""
        import torch

        self._check(feeds)
        try:
            with torch.inference_mode(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = [torch.from_numpy(feeds[spec.name]).to(self._device) for spec in self._inputs]
                result = self._module(*values)
                parts = [part.cpu().numpy() for part in (result if isinstance(result, list | tuple) else [result])]
        except Exception as error:
            raise BackendError(f"{self._path} could not be run: {str(error).splitlines()[0][:200]}") from error
        return {spec.name: value for spec, value in zip(self._outputs, parts, strict=True)}

    def close(self) -> None:
        """Free the network."""
        self._module, self._closed = None, True


def _spec(value: Any) -> TensorSpec:
    import onnx

    kind = value.type.tensor_type
    shape = tuple(side.dim_value if side.HasField("dim_value") else -1 for side in kind.shape.dim)
    return TensorSpec(value.name, shape, np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)))


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
    if "torchvision" in sys.modules or importlib.util.find_spec("torchvision") is not None:
        return
    package, operators = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
    operators.roi_align = package.ops = None  # type: ignore[attr-defined]
    sys.modules.update({"torchvision": package, "torchvision.ops": operators})
