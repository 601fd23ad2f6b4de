"""OpenVINO on the CPU, in float32: the same boxes as ONNX Runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import BackendError
from kitt_inference.session import Array, NetworkSession, Session, TensorSpec

NAME = "openvino"
# Behind ONNX Runtime, which runs the zoo's networks faster (docs/engines.md).
PREFERENCE = 60


def missing() -> str:
    """Empty when the library is installed."""
    return "" if importlib.util.find_spec("openvino") else "the Python package openvino is not installed"


def remedy() -> str:
    """How to get the library."""
    return "install it with `pip install openvino`"


def open_model(path: Path, threads: int) -> Session:
    """Load an ONNX file. Raises BackendError when OpenVINO cannot."""
    return OpenVinoSession(path, threads)


class OpenVinoSession(NetworkSession):
    """`Session` over an OpenVINO inference request."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load the model; see `open_model`."""
        import openvino

        super().__init__(path, NAME)
        # By default OpenVINO computes in bfloat16 where the processor can, and boxes move.
        settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        try:
            model = openvino.Core().compile_model(str(path), "CPU", settings)
            self._inputs = tuple(_spec(value) for value in model.inputs)
            self._outputs = tuple(_spec(value) for value in model.outputs)
            self._request: Any = model.create_infer_request()
        except Exception as error:  # its exceptions share no public base but Exception
            reason = " ".join(str(error).split())[:200]
            raise BackendError(f"OpenVINO cannot load {path} ({reason})", "take --backend onnxruntime") from error

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; see `Session.run`. The results are copies: OpenVINO uses its own memory again."""
        self._check(feeds)
        try:
            self._request.infer(dict(feeds), share_inputs=True, share_outputs=True)
            results = [self._request.get_output_tensor(index).data for index in range(len(self._outputs))]
        except Exception as error:
            raise BackendError(f"{self._path} could not be run: {' '.join(str(error).split())[:200]}") from error
        return {spec.name: np.array(value) for spec, value in zip(self._outputs, results, strict=True)}

    def close(self) -> None:
        """Free the network."""
        self._request, self._closed = None, True


def _spec(value: Any) -> TensorSpec:
    shape = tuple(side.get_length() if side.is_static else -1 for side in value.partial_shape)
    return TensorSpec(value.any_name, shape, np.dtype(value.element_type.to_dtype()))
