"""A TensorFlow.js graph model (JSON and weights) to ONNX.

The operations are those of convolutional detectors that once went from ONNX to TensorFlow: what such a round trip adds
(transposes around every convolution, padding as an operation of its own) is taken out again. The same files always
give the same bytes, so the result has a sha256.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.tfjs_graph import FOLDS, base_name, ints, read_weights, require_valid, tensor_shapes

Array = np.ndarray[Any, Any]

_OPSET, _IR_VERSION = 13, 8
_NCHW = (0, 2, 3, 1)  # TensorFlow's N, H, W, C found in ONNX's N, C, H, W


@dataclass(frozen=True)
class _Value:
    """A TensorFlow tensor in the ONNX graph: its axis i is axis axes[i] of the ONNX tensor `name`.

    Transposes only change `axes`; padding waits in `pads` (in ONNX's axes) until a convolution or pooling takes it.
    """

    name: str
    axes: tuple[int, ...]
    pads: tuple[tuple[int, int], ...] = ()
    pad_value: float = 0.0


def convert(model_json: bytes, weights: bytes) -> bytes:
    """Convert a graph model.

    Args:
        model_json: the model.json. weights: the one weight shard.

    Returns:
        The ONNX file. Inputs and outputs keep their names, less «:0».

    Raises:
        KittError: the files are damaged, an operation is not supported, or the package onnx is missing.
    """
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise KittError("the package onnx, needed to convert this model, is missing", "pip install onnx") from error
    try:
        model = json.loads(model_json)
        nodes, signature = model["modelTopology"]["node"], model["signature"]
        constants = read_weights(model["weightsManifest"], weights)
        return _Converter(nodes, constants).convert(signature)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise KittError(f"this is no TensorFlow.js graph model that can be converted ({error!r})") from error


class _Converter:
    def __init__(self, nodes: list[Any], constants: dict[str, Array]) -> None:
        self._nodes = nodes
        self._constants = constants
        self._values: dict[str, _Value] = {}
        self._onnx_nodes: list[Any] = []
        self._initializers: dict[str, Array] = {}
        self._emitted: set[str] = set()
        self._readers = Counter(base_name(key) for node in nodes for key in node.get("input", []))

    def convert(self, signature: Mapping[str, Any]) -> bytes:
        from onnx import TensorProto, helper, numpy_helper

        inputs, outputs = [], []
        for name, spec in tensor_shapes(signature["inputs"]):
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, spec))
            self._values[name] = _Value(name, tuple(range(len(spec))))
        for node in self._sorted():
            self._convert_node(node)
        for name, spec in tensor_shapes(signature["outputs"]):
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, spec))
            self._emit("Identity", [self._plain(self._values[name])], name)
        tensors = [numpy_helper.from_array(value, name) for name, value in self._initializers.items()]
        graph = helper.make_graph(self._onnx_nodes, "converted", inputs, outputs, tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        model.producer_name, model.producer_version = "kitt_inference.convert_tfjs", "1"
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _sorted(self) -> list[Any]:
        """The nodes, each after those it reads."""
        waiting = {node["name"]: node for node in self._nodes}
        done = set(self._constants)
        ordered = []
        while waiting:
            ready = [n for n, node in waiting.items() if all(base_name(i) in done for i in node.get("input", []))]
            if not ready:
                raise ValueError(f"node {next(iter(waiting))} reads what no node gives")
            for name in ready:
                ordered.append(waiting.pop(name))
                done.add(name)
        return ordered

    def _convert_node(self, node: Mapping[str, Any]) -> None:
        operation, name = node["op"], node["name"]
        if operation in ("Const", "Placeholder", "NoOp"):
            return
        names = [key.removesuffix(":0") for key in node.get("input", []) if not key.startswith("^")]
        if all(key in self._constants for key in names):
            fold = FOLDS.get(operation)
            if fold is None:
                raise ValueError(f"operation {operation} of constants is not supported")
            self._constants[name] = fold(*(self._constants[key] for key in names))
            return
        handler: Callable[[str, list[str], Mapping[str, Any]], None] | None
        handler = getattr(self, f"_op_{operation.lower()}", None)
        if handler is None:
            raise ValueError(f"operation {operation} is not supported")
        handler(name, names, node.get("attr", {}))

    def _emit(
        self, operation: str, inputs: list[str], name: str, outputs: list[str] | None = None, **attrs: Any
    ) -> str:
        from onnx import helper

        self._emitted.add(name)
        self._onnx_nodes.append(helper.make_node(operation, inputs, outputs or [name], name=name, **attrs))
        return name

    def _constant(self, name: str, value: Array) -> str:
        self._initializers[name] = np.ascontiguousarray(value)
        return name

    def _padded(self, value: _Value) -> _Value:
        """The value with its waiting padding carried out."""
        if not value.pads:
            return value
        flat = np.array([low for low, _ in value.pads] + [high for _, high in value.pads], np.int64)
        name = value.name + "/padded"
        if name not in self._emitted:
            pads = self._constant(name + "/pads", flat)
            fill = self._constant(name + "/value", np.array(value.pad_value, np.float32))
            self._emit("Pad", [value.name, pads, fill], name)
        return replace(value, name=name, pads=())

    def _in_axes(self, value: _Value, axes: tuple[int, ...]) -> str:
        """The ONNX tensor with the wanted axes, transposed when it lies otherwise."""
        value = self._padded(value)
        if value.axes == axes:
            return value.name
        tf_of = [axes.index(axis) for axis in range(len(axes))]
        order = [value.axes[axis] for axis in tf_of]
        name = f"{value.name}/as{''.join(map(str, axes))}"
        if name not in self._emitted:
            self._emit("Transpose", [value.name], name, perm=order)
        return name

    def _plain(self, value: _Value) -> str:
        return self._in_axes(value, tuple(range(len(value.axes))))

    def _op_identity(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        self._values[name] = self._values[names[0]]

    def _op_transpose(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        value = self._values[names[0]]
        order = self._constants[names[1]]
        self._values[name] = replace(value, axes=tuple(value.axes[axis] for axis in order))

    def _op_pad(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        value = self._padded(self._values[names[0]])
        table = self._constants[names[1]].reshape(-1, 2)
        pads = [(0, 0)] * len(value.axes)
        for axis, (low, high) in zip(value.axes, table, strict=True):
            pads[axis] = (int(low), int(high))
        fill = float(self._constants[names[2]]) if len(names) > 2 else 0.0
        self._values[name] = replace(value, pads=tuple(pads) if table.any() else (), pad_value=fill)

    _op_padv2 = _op_pad

    def _window(self, value: _Value, wanted_fill: Callable[[float], bool]) -> tuple[str, list[int]]:
        """An NHWC value as an NCHW tensor and the spatial padding the operation can take over."""
        inner = value.pads and not any(value.pads[0] + value.pads[1])
        if value.axes == _NCHW and inner and wanted_fill(value.pad_value):
            (top, bottom), (left, right) = value.pads[2:]
            return value.name, [top, left, bottom, right]
        return self._in_axes(value, _NCHW), [0, 0, 0, 0]

    def _op_conv2d(self, name: str, names: list[str], attr: Mapping[str, Any]) -> None:
        require_valid(attr)
        tensor, pads = self._window(self._values[names[0]], lambda fill: fill == 0)
        weight = self._constant(names[1], self._constants[names[1]].transpose(3, 2, 0, 1))
        strides, dilations = ints(attr, "strides")[1:3], ints(attr, "dilations")[1:3]
        self._emit("Conv", [tensor, weight], name, pads=pads, strides=strides, dilations=dilations)
        self._values[name] = _Value(name, _NCHW)

    def _op_maxpool(self, name: str, names: list[str], attr: Mapping[str, Any]) -> None:
        require_valid(attr)
        tensor, pads = self._window(self._values[names[0]], lambda fill: fill <= float(np.finfo(np.float32).min))
        shape, strides = ints(attr, "ksize")[1:3], ints(attr, "strides")[1:3]
        self._emit("MaxPool", [tensor], name, kernel_shape=shape, pads=pads, strides=strides)
        self._values[name] = _Value(name, _NCHW)

    def _op_add(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        fixed = [key for key in names if key in self._constants]
        value = self._padded(self._values[next(key for key in names if key not in self._constants)])
        if not fixed:
            other = self._in_axes(self._values[names[1]], value.axes)
            self._emit("Add", [value.name, other], name)
        else:
            constant = self._constants[fixed[0]]
            rank = len(value.axes)
            shaped = constant.reshape((1,) * (rank - constant.ndim) + constant.shape)
            shaped = shaped.transpose([value.axes.index(axis) for axis in range(rank)])
            before = self._onnx_nodes[-1]
            bare = before.op_type == "Conv" and before.output[0] == value.name and len(before.input) == 2
            if bare and self._readers[value.name] == 1 and shaped.size == shaped.shape[1]:
                # A convolution's bias, given as an addition right after it.
                before.input.append(self._constant(fixed[0], shaped.reshape(-1)))
                before.output[0] = name
            else:
                self._emit("Add", [value.name, self._constant(fixed[0], shaped)], name)
        self._values[name] = replace(value, name=name)

    _op_addv2 = _op_add

    def _op_leakyrelu(self, name: str, names: list[str], attr: Mapping[str, Any]) -> None:
        value = self._padded(self._values[names[0]])
        self._emit("LeakyRelu", [value.name], name, alpha=float(attr["alpha"]["f"]))
        self._values[name] = replace(value, name=name)

    def _op_sigmoid(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        value = self._padded(self._values[names[0]])
        self._values[name] = replace(value, name=self._emit("Sigmoid", [value.name], name))

    def _op_concatv2(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        parts = [self._padded(self._values[key]) for key in names[:-1]]
        axes = parts[0].axes
        axis = axes[int(self._constants[names[-1]])]
        self._emit("Concat", [self._in_axes(part, axes) for part in parts], name, axis=axis)
        self._values[name] = _Value(name, axes)

    def _op_splitv(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        value = self._padded(self._values[names[0]])
        sizes = self._constants[names[1]].astype(np.int64)
        axis = value.axes[int(self._constants[names[2]])]
        outputs = [name if index == 0 else f"{name}:{index}" for index in range(len(sizes))]
        self._emit("Split", [value.name, self._constant(names[1], sizes)], name, outputs, axis=axis)
        self._values.update({output: replace(value, name=output) for output in outputs})

    def _op_reshape(self, name: str, names: list[str], _attr: Mapping[str, Any]) -> None:
        shape = self._constants[names[1]].astype(np.int64)
        self._emit("Reshape", [self._plain(self._values[names[0]]), self._constant(names[1], shape)], name)
        self._values[name] = _Value(name, tuple(range(len(shape))))

    def _op_resizebilinear(self, name: str, names: list[str], attr: Mapping[str, Any]) -> None:
        if attr.get("align_corners", {}).get("b") or not attr.get("half_pixel_centers", {}).get("b"):
            raise ValueError("ResizeBilinear other than with half-pixel centres is not supported")
        value = self._values[names[0]]
        size = self._constants[names[1]]
        tensor = self._in_axes(value, _NCHW)
        # The sizes of the first two axes are the input's own: Resize wants all four, batch 1 and channels as they come.
        shape = self._emit("Shape", [tensor], name + "/shape")
        start, end = (self._constant(f"resize/{n}", np.array([n], np.int64)) for n in (0, 2))
        head = self._emit("Slice", [shape, start, end], name + "/head")
        tail = self._constant(name + "/size", size.astype(np.int64))
        sizes = self._emit("Concat", [head, tail], name + "/sizes", axis=0)
        self._emit("Resize", [tensor, "", "", sizes], name, mode="linear", coordinate_transformation_mode="half_pixel")
        self._values[name] = _Value(name, _NCHW)
