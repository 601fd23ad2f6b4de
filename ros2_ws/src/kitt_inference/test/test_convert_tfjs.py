"""The TensorFlow.js converter on a small graph with every operation, against numpy."""

from __future__ import annotations

import base64
import json

import numpy as np
import onnxruntime
import pytest

from kitt_inference.convert_tfjs import convert
from kitt_inference.errors import KittError


def text(value):
    return {"s": base64.b64encode(value.encode()).decode()}


def integers(*values):
    return {"list": {"i": [str(value) for value in values]}}


WINDOW = {"padding": text("VALID"), "data_format": text("NHWC")}


class Graph:
    def __init__(self):
        self.nodes, self.weights, self.blob = [], [], b""

    def constant(self, name, value, half=False):
        value = np.asarray(value)
        entry = {"name": name, "shape": list(value.shape), "dtype": str(value.dtype)}
        if half:
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            value = value.astype(np.float16)
        self.weights.append(entry)
        self.blob += value.tobytes()
        self.nodes.append({"name": name, "op": "Const"})
        return name

    def node(self, op, name, *inputs, **attr):
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attr})
        return name

    def signature(self, outputs):
        def spec(shapes):
            return {f"{n}:0": {"tensorShape": {"dim": [{"size": str(d)} for d in s]}} for n, s in shapes.items()}

        return {"inputs": spec({"x": (1, 2, 6, 6)}), "outputs": spec(outputs)}

    def files(self, outputs):
        model = {
            "signature": self.signature(outputs),
            "modelTopology": {"node": self.nodes},
            "weightsManifest": [{"weights": self.weights}],
        }
        return json.dumps(model).encode(), self.blob


def small_graph():
    """Every operation once, between the transposes that onnx-tensorflow leaves."""
    rng = np.random.default_rng(3)
    graph = Graph()
    kernel = rng.normal(size=(3, 3, 2, 4)).astype(np.float16).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    graph.nodes.append({"name": "x", "op": "Placeholder"})
    graph.constant("pads", np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.int32))
    graph.constant("to_last", np.array([0, 2, 3, 1], np.int32))
    graph.constant("to_first", np.array([0, 3, 1, 2], np.int32))
    graph.constant("kernel", kernel, half=True)
    graph.constant("bias", bias)
    graph.node("Pad", "padded", "x", "pads")
    graph.node("Transpose", "last", "padded", "to_last")
    graph.node(
        "Conv2D", "conv", "last", "kernel", strides=integers(1, 1, 1, 1), dilations=integers(1, 1, 1, 1), **WINDOW
    )
    graph.node("Add", "biased", "conv", "bias")
    graph.node("Transpose", "first", "biased", "to_first")
    graph.node("LeakyRelu", "leaky", "first", alpha={"f": 0.1})
    graph.constant("lowest", np.float32(-3.4028235e38))
    graph.node("PadV2", "padded2", "leaky", "pads", "lowest")
    graph.node("Transpose", "last2", "padded2", "to_last")
    graph.node("MaxPool", "pooled", "last2", ksize=integers(1, 3, 3, 1), strides=integers(1, 2, 2, 1), **WINDOW)
    graph.constant("twice", np.array([6, 6], np.int32))
    graph.node("ResizeBilinear", "grown", "pooled", "twice", half_pixel_centers={"b": True}, align_corners={"b": False})
    graph.node("Transpose", "grown_first", "grown", "to_first")
    graph.node("AddV2", "sum", "grown_first", "leaky")
    graph.constant("halves", np.array([1, 3], np.int32))
    graph.constant("axis", np.array(1, np.int32))
    graph.node("SplitV", "parts", "sum", "halves", "axis", num_split={"i": "2"})
    graph.node("Sigmoid", "likely", "parts")
    graph.node("ConcatV2", "joined", "parts:1", "likely", "axis")
    graph.constant("shape", np.array([1, 4, 36], np.int64).astype(np.int32))
    graph.constant("none", np.zeros((0, 1), np.int32))
    graph.constant("three", np.array([3], np.int32))
    graph.constant("no", np.zeros(0, np.int32))
    graph.constant("zero", np.array(0, np.int32))
    graph.node("SparseToDense", "zeros", "none", "three", "no", "zero")
    graph.node("AddV2", "shape2", "shape", "zeros")
    graph.node("Reshape", "flat", "joined", "shape2")
    graph.constant("swap", np.array([0, 2, 1], np.int32))
    graph.node("Transpose", "result", "flat", "swap")
    graph.node("Identity", "out", "result")
    return graph, kernel, bias


def expected(x, kernel, bias):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    conv = np.zeros((1, 4, 6, 6))
    for row in range(6):
        for column in range(6):
            conv[0, :, row, column] = np.einsum("cij,ijco->o", padded[0, :, row : row + 3, column : column + 3], kernel)
    conv += bias[:, None, None]
    leaky = np.where(conv > 0, conv, 0.1 * conv)
    around = np.pad(leaky, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    pooled = np.stack([[around[0, :, i : i + 3, j : j + 3].max((1, 2)) for j in (0, 2, 4)] for i in (0, 2, 4)])
    pooled = pooled.transpose(2, 0, 1)
    place = np.clip((np.arange(6) + 0.5) / 2 - 0.5, 0, 2)
    low = np.minimum(place.astype(int), 1)
    part = place - low
    rows = pooled[:, low] * (1 - part)[:, None] + pooled[:, low + 1] * part[:, None]
    grown = rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part
    total = grown[None] + leaky
    joined = np.concatenate([total[:, 1:], 1 / (1 + np.exp(-total[:, :1]))], axis=1)
    return joined.reshape(1, 4, 36).transpose(0, 2, 1)


def test_same_as_numpy():
    graph, kernel, bias = small_graph()
    session = onnxruntime.InferenceSession(convert(*graph.files({"out": (1, 36, 4)})))
    x = np.random.default_rng(4).normal(size=(1, 2, 6, 6)).astype(np.float32)
    np.testing.assert_allclose(session.run(["out"], {"x": x})[0], expected(x, kernel, bias), atol=1e-5)


def test_same_bytes_and_no_needless_nodes():
    import onnx

    graph, _, _ = small_graph()
    files = graph.files({"out": (1, 36, 4)})
    data = convert(*files)
    assert convert(*files) == data
    kinds = [node.op_type for node in onnx.load_from_string(data).graph.node]
    assert kinds.count("Transpose") == 1  # only the one that the result needs
    assert "Pad" not in kinds
    assert kinds.count("Add") == 1  # the bias is the convolution's


def test_what_cannot_be_converted_is_refused():
    graph, _, _ = small_graph()
    good, blob = graph.files({"out": (1, 36, 4)})
    bad = [
        (b"{", blob, "JSON"),
        (b"{}", blob, "modelTopology"),
        (good, blob[:-2], "buffer"),
        (good, blob + b"xx", "bytes of weights"),
        (good.replace(b"MaxPool", b"AvgPool"), blob, "operation AvgPool is not supported"),
        (good.replace(text("VALID")["s"].encode(), text("SAME")["s"].encode()), blob, "padding SAME"),
        (good.replace(b'"leaky", "pads"', b'"missing", "pads"'), blob, "reads what no node gives"),
    ]
    for model, weights, words in bad:
        with pytest.raises(KittError, match=r"no TensorFlow\.js graph model") as caught:
            convert(model, weights)
        assert words in caught.value.message
