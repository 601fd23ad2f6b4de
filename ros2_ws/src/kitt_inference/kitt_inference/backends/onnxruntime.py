"""ONNX Runtime on the CPU: the backend every machine can have."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import BackendError, KittError
from kitt_inference.graph import optimised
from kitt_inference.session import Array, NetworkSession, Session, TensorSpec

NAME = "onnxruntime"
PREFERENCE = 50

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


def missing() -> str:
    """Empty when the library is installed."""
    return "" if importlib.util.find_spec("onnxruntime") else "the Python package onnxruntime is not installed"


def remedy() -> str:
    """How to get the library."""
    return "install it with `pip install onnxruntime`"


def open_model(path: Path, threads: int) -> Session:
    """Load an ONNX file. Raises KittError when the file is no ONNX model that this version reads."""
    return OnnxRuntimeSession(path, threads, NAME, ["CPUExecutionProvider"])


class OnnxRuntimeSession(NetworkSession):
    """`Session` over onnxruntime.InferenceSession."""

    def __init__(
        self, path: Path, threads: int, backend: str, providers: list[Any], source: bytes | None = None
    ) -> None:
        """Load the model onto ONNX Runtime's execution providers; see `open_model`.

        `source`: the graph to run, made of the file's; else the file's own.
        """
        import onnxruntime

        super().__init__(path, backend)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads steal the cores from the other nodes: beside a busy process the median latency is half again.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            graph = source or optimised(path) or str(path)
            self._session: Any = onnxruntime.InferenceSession(graph, options, providers=providers)
        except Exception as error:  # onnxruntime's exceptions share no public base but Exception
            reason = str(error).splitlines()[0].strip()
            raise KittError(
                f"{path} is no ONNX model that ONNX Runtime {onnxruntime.__version__} can load ({reason})",
                "`kitt models verify` checks the files, `kitt models fetch --force` gets them anew",
            ) from error
        self._inputs = tuple(_spec(path, value) for value in self._session.get_inputs())
        self._outputs = tuple(_spec(path, value) for value in self._session.get_outputs())

    @property
    def providers(self) -> list[str]:
        """ONNX Runtime's execution providers in use."""
        return list(self._session.get_providers())

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; see `Session.run`."""
        self._check_open()
        try:
            values = self._session.run(None, dict(feeds))
        except Exception as error:
            self._check(feeds)
            raise BackendError(f"{self._path} could not be run: {str(error).splitlines()[0]}") from error
        return {spec.name: value for spec, value in zip(self._outputs, values, strict=True)}

    def close(self) -> None:
        """Free the network."""
        self._session, self._closed = None, True


def _spec(path: Path, value: Any) -> TensorSpec:
    dtype = _DTYPES.get(value.type)
    if dtype is None:
        raise KittError(f"{path}: «{value.name}» has type {value.type}, which is not supported")
    shape = tuple(side if isinstance(side, int) else -1 for side in value.shape)
    return TensorSpec(value.name, shape, np.dtype(dtype))
