"""Looking inside: extra outputs of a graph, the walk through an LSTM, a detector from its filters to the rivals."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference import zoo
from kitt_inference.backends.onnxruntime import NAME, OnnxRuntimeSession
from kitt_inference.detection import ObjectDetector
from kitt_inference.detection.inside import CnnInspector
from kitt_inference.errors import KittError
from kitt_inference.lstm_walk import lstm_layers, walk
from kitt_inference.session import open_session
from kitt_inference.taps import OpenGraph

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402


def saved(path, nodes, inputs, outputs, weights, **more):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()], **more,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def lstm_file(path, size=5, inputs=3, steps=7, bias=True, **attributes):
    draw = np.random.default_rng(1)
    weights = {"w": draw.normal(size=(1, 4 * size, inputs)).astype(np.float32),
               "r": draw.normal(size=(1, 4 * size, size)).astype(np.float32)}  # fmt: skip
    if bias:
        weights["b"] = draw.normal(size=(1, 8 * size)).astype(np.float32)
    node = helper.make_node(
        "LSTM", ["x", "w", "r", "b" if bias else ""], ["y", "h", "c"], hidden_size=size, **attributes
    )
    return saved(path, [node], [("x", [steps, 1, inputs])], [("h", [1, 1, size]), ("c", [1, 1, size])], weights)


@pytest.mark.parametrize("bias", [True, False])
def test_the_walk_is_what_onnx_runtime_does(tmp_path, bias):
    graph = OpenGraph(lstm_file(tmp_path / "a.onnx", bias=bias))
    x = np.random.default_rng(2).normal(size=(7, 3)).astype(np.float32)
    out = graph.session(["y"]).run({"x": x[:, None]})
    (layer,) = lstm_layers(graph)
    gates = walk(layer, x)
    np.testing.assert_allclose(gates.h, out["y"][:, 0, 0], atol=1e-5)
    np.testing.assert_allclose(gates.c[-1], out["c"][0, 0], atol=1e-5)
    before = np.concatenate((np.zeros((1, 5)), gates.c[:-1]))
    np.testing.assert_allclose(gates.c, gates.f * before + gates.i * gates.g, atol=1e-6)
    np.testing.assert_allclose(gates.h, gates.o * np.tanh(gates.c), atol=1e-6)
    again = walk(layer, x[4:], gates.h[3], gates.c[3])
    np.testing.assert_allclose(again.h, gates.h[4:], atol=1e-6)
    assert all(((values >= 0) & (values <= 1)).all() for values in (gates.i, gates.f, gates.o))


def test_an_odd_lstm_is_refused(tmp_path):
    clipped = lstm_file(tmp_path / "a.onnx", clip=3.0)
    with pytest.raises(KittError, match="odd LSTM"):
        lstm_layers(OpenGraph(clipped))


def test_what_is_no_network_is_named(tmp_path):
    for name, data in {"empty": b"", "noise": b"\x08\xff\xff" * 50, "text": b"hello"}.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(data)
        with pytest.raises(KittError, match=name):
            OpenGraph(path)
    with pytest.raises(KittError, match="No such file"):
        OpenGraph(tmp_path / "none.onnx")


def test_a_tensor_that_is_not_there_is_named(tmp_path):
    graph = OpenGraph(lstm_file(tmp_path / "a.onnx"))
    with pytest.raises(KittError, match="«z»"):
        graph.session(["z"])
    node = helper.make_node("Relu", ["x"], ["y"])
    other = OpenGraph(saved(tmp_path / "b.onnx", [node], [("x", [1])], [("y", [1])], {}))
    with pytest.raises(KittError, match="no LSTM"):
        lstm_layers(other)


def detector():
    try:
        return zoo.resolve("auto")
    except KittError as error:
        pytest.skip(str(error))


def test_a_look_changes_nothing_and_names_the_rivals():
    import cv2

    resolved = detector()
    picture = cv2.imread(str(zoo.models_dir() / "frames" / "03.jpg"))
    look = CnnInspector(resolved).look(picture)
    plain = ObjectDetector(resolved.card, open_session(resolved.file, "onnxruntime", 1)).detect(picture)
    best = look.contests[0]
    assert best.seen and best.classes[0][0] == plain.labels[0] == "stop sign"
    assert best.classes[0][1] == pytest.approx(float(plain.scores[0]), abs=1e-4)
    np.testing.assert_allclose(best.box, plain.boxes_xyxy[0], atol=0.1)
    for contest in look.contests:
        scores = [score for _, score in contest.classes]
        assert scores == sorted(scores, reverse=True) and contest.seen == (scores[0] >= look.threshold)
    assert not all(contest.seen for contest in look.contests), "some were nearly seen"


def test_the_first_maps_are_the_filters_laid_over_the_picture():
    import cv2

    look = CnnInspector(detector()).look(cv2.imread(str(zoo.models_dir() / "frames" / "00.jpg")))
    row, column = 50, 60
    k, stride = look.filters.shape[-1], look.stride
    pad = k // 2
    top, left = row * stride - pad, column * stride - pad
    window = look.entered[:, top : top + k, left : left + k]
    products = (look.filters * window).sum(axis=(1, 2, 3))
    offset = look.maps[:, row, column] - products  # the bias of each filter: the same everywhere
    other = look.entered[:, 100 - pad : 100 - pad + k, 200 - pad : 200 - pad + k]
    there = look.maps[:, 100 // stride, 200 // stride] - (look.filters * other).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(offset, there, atol=1e-2)
    if look.pool is not None and look.pool[0] == "MaxPool":
        kernel, step = look.pool[1:]
        part = look.before[:, 20 * step - kernel // 2 : 20 * step + kernel // 2 + 1,
                           30 * step - kernel // 2 : 30 * step + kernel // 2 + 1]  # fmt: skip
        np.testing.assert_allclose(look.pooled[:, 20, 30], part.max(axis=(1, 2)), atol=1e-6)
    areas = [stage.size for _, stage in look.stages]
    assert len(areas) >= 4 and areas == sorted(areas, reverse=True)


def test_what_is_no_picture_is_refused():
    inspector = CnnInspector(detector())
    for odd in (np.zeros((0, 0, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(KittError, match="picture"):
            inspector.look(odd)
    assert inspector.look(np.zeros((1, 1, 3), np.uint8)).picture.shape == (1, 1, 3)
    assert inspector.look(np.full((3, 3000, 3), 255, np.uint8)).contests is not None


def test_a_session_of_given_bytes_needs_no_file(tmp_path):
    path = lstm_file(tmp_path / "a.onnx")
    data = path.read_bytes()
    session = OnnxRuntimeSession(tmp_path / "gone.onnx", 1, NAME, ["CPUExecutionProvider"], data)
    assert [spec.name for spec in session.inputs] == ["x"]
