"""Looking inside a network: the same graph with tensors from its middle as further outputs. No training, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.backends.onnxruntime import NAME, OnnxRuntimeSession
from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]
_REMEDY = "`kitt models verify` checks the files, `kitt models fetch --force` gets them anew"


class OpenGraph:
    """An ONNX file as a graph that can be walked, and run with any of its tensors as outputs.

    Attributes:
        path: the file.
        nodes: the nodes in the file's order, which is one in which they can be run.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            KittError: onnx is not installed, or the file is missing or no ONNX model.
        """
        try:
            import onnx
            from google.protobuf.message import DecodeError
        except ImportError as error:
            raise KittError("a network cannot be opened without the package onnx", "pip install onnx") from error
        try:
            self._model: Any = onnx.load(str(path))
        except OSError as error:
            raise KittError(f"{path} cannot be read: {error.strerror}", _REMEDY) from error
        except (DecodeError, ValueError) as error:
            raise KittError(f"{path} is no ONNX model", _REMEDY) from error
        graph = self._model.graph
        if not graph.node:
            raise KittError(f"{path} is an empty network", _REMEDY)
        self.path = path
        self.nodes: list[Any] = list(graph.node)
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        self._makers = {name: node for node in self.nodes for name in node.output if name}
        self._users: dict[str, list[Any]] = {}
        for node in self.nodes:
            for name in node.input:
                self._users.setdefault(name, []).append(node)

    def users(self, name: str) -> list[Any]:
        """The nodes that take a tensor."""
        return self._users.get(name, [])

    def weight(self, name: str) -> Array | None:
        """A weight or constant by its tensor's name; None for what is worked out at run time."""
        from onnx import numpy_helper

        if name in self._weights:
            return np.asarray(numpy_helper.to_array(self._weights[name]))
        maker = self._makers.get(name)
        if maker is not None and maker.op_type == "Constant":
            return np.asarray(numpy_helper.to_array(next(a.t for a in maker.attribute if a.name == "value")))
        return None

    def of_type(self, *kinds: str) -> Iterator[Any]:
        """The nodes of some operators, in order."""
        return (node for node in self.nodes if node.op_type in kinds)

    def has(self, name: str) -> bool:
        """Whether a node makes such a tensor."""
        return name in self._makers

    def session(self, taps: Sequence[str]) -> OnnxRuntimeSession:
        """The network with further outputs, on one thread of the CPU.

        Args:
            taps: names of tensors; `run` gives them beside the network's own outputs.

        Raises:
            KittError: there is no such tensor, or ONNX Runtime cannot run the network.
        """
        import onnx

        missing = [name for name in taps if name not in self._makers]
        if missing:
            raise KittError(f"{self.path} has no tensor «{missing[0]}»", "look at the graph, for example with Netron")
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        there = {output.name for output in model.graph.output}
        # without a type: ONNX Runtime works it out
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(taps) if name not in there)
        return OnnxRuntimeSession(self.path, 1, NAME, ["CPUExecutionProvider"], model.SerializeToString())
