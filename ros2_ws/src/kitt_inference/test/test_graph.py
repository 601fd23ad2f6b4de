"""Rewritten graphs compute the same, and only what is a hard-swish is rewritten."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt_inference.graph import fuse_hard_swish, optimised


def hard_swish(three=3.0, six=6.0, *, swapped=False, shown=False):
    """x * clip(x + three, 0, six) / six as PaddlePaddle writes it; shown: the clipped value is an output as well."""
    constants = {"three": three, "zero": 0.0, "six": six}
    pair = ["clipped", "x"] if swapped else ["x", "clipped"]
    nodes = [
        helper.make_node("Add", ["three", "x"] if swapped else ["x", "three"], ["total"]),
        helper.make_node("Clip", ["total", "zero", "six"], ["clipped"]),
        helper.make_node("Mul", pair, ["product"]),
        helper.make_node("Div", ["product", "six"], ["y"]),
    ]
    outputs = ["y", "clipped"] if shown else ["y"]
    graph = helper.make_graph(
        nodes,
        "swish",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 50])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 50]) for name in outputs],
        [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)


def run(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.linspace(-8, 8, 50, dtype=np.float32)[None]})[0]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_hard_swish_becomes_two_nodes_and_gives_the_same(swapped):
    model = hard_swish(swapped=swapped)
    before = run(model)
    assert fuse_hard_swish(model) == 1
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node] == ["HardSigmoid", "Mul"]
    np.testing.assert_allclose(run(model), before, atol=1e-6)
    assert before.max() == pytest.approx(8)


@pytest.mark.parametrize("odd", [{"three": 2.0}, {"six": 5.0}, {"shown": True}])
def test_what_is_no_hard_swish_stays(odd):
    model = hard_swish(**odd)
    assert fuse_hard_swish(model) == 0
    assert len(model.graph.node) == 4


def test_files(tmp_path):
    (tmp_path / "a.onnx").write_bytes(hard_swish().SerializeToString())
    (tmp_path / "b.onnx").write_bytes(hard_swish(six=5.0).SerializeToString())
    (tmp_path / "c.onnx").write_bytes(b"Clip Div Mul Add and nothing else")
    assert fuse_hard_swish(onnx.load_from_string(optimised(tmp_path / "a.onnx"))) == 0
    assert optimised(tmp_path / "b.onnx") is None
    assert optimised(tmp_path / "c.onnx") is None


def test_the_zoos_picodet_has_87_and_finds_the_same(mirrored):
    from kitt_inference import zoo
    from kitt_inference.session import open_session

    file = zoo.fetch(zoo.find("picodet_s_416"))
    assert fuse_hard_swish(onnx.load(file)) == 87
    picture = np.random.default_rng(0).normal(size=(1, 3, 416, 416)).astype(np.float32)
    plain = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    ours = open_session(file, "onnxruntime", 1).run({"image": picture})
    for value, wanted in zip(ours.values(), plain.run(None, {"image": picture}), strict=True):
        np.testing.assert_allclose(value, wanted, atol=1e-4)
