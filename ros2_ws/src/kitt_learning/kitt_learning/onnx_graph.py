"""ONNX files: written node by node, so that what was meant is what runs on the robot, or traced by torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Sizes = Mapping[str, Sequence[int | str]]


class Graph:
    """Nodes and constants in the making."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}

    def node(self, kind: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        """Add a node; gives its first output."""
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """Add a constant; gives its name."""
        self.constants[name] = np.ascontiguousarray(values)
        return name

    def save(self, path: Path, name: str, inputs: Sizes, outputs: Sizes, integers: Sequence[str] = ()) -> None:
        """Check and write it.

        Args:
            inputs, outputs: sizes by name. integers: those that are int64; the others are float.
        """

        def described(sizes: Sizes) -> list[onnx.ValueInfoProto]:
            kinds = {n: TensorProto.INT64 if n in integers else TensorProto.FLOAT for n in sizes}
            return [helper.make_tensor_value_info(n, kinds[n], size) for n, size in sizes.items()]

        constants = [numpy_helper.from_array(array, n) for n, array in self.constants.items()]
        whole = helper.make_graph(self.nodes, name, described(inputs), described(outputs), constants)
        model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], producer_name="kitt_learning")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def traced(
    net: Any, path: Path, example: Mapping[str, Any], outputs: Sequence[str], dynamic: Mapping[str, Mapping[int, str]]
) -> None:
    """Write a torch module as it runs on the example, and check the file.

    Args:
        example: its inputs by name, in order. outputs: their names. dynamic: by name, the axes that may have any size.
    """
    import torch

    net.eval()
    torch.onnx.export(
        net, tuple(example.values()), str(path), input_names=list(example), output_names=list(outputs),
        opset_version=17, dynamic_axes=dynamic, dynamo=False,
    )  # fmt: skip
    onnx.checker.check_model(str(path))
