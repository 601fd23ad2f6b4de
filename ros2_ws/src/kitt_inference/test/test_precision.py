"""Exports in other precisions: what their files hold, that they compute nearly the same, and what is left in float."""

from __future__ import annotations

import json

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from inference_helpers import make_card
from onnx import TensorProto, helper, numpy_helper

from kitt_inference import precision, quantise, zoo
from kitt_inference.card import load_card
from kitt_inference.detection.preprocess import preprocess
from kitt_inference.errors import KittError
from kitt_inference.session import open_session


def network(path, hostile=False):
    """Three convolutions in a row on 64 x 64; hostile: one channel is a thousand times the others before the second."""
    random = np.random.default_rng(0)
    sizes = [3, 8, 8, 4]
    constants = {f"w{i}": random.normal(size=(sizes[i + 1], sizes[i], 3, 3)) / 5 for i in range(3)}
    constants |= {f"b{i}": random.normal(size=sizes[i + 1]) for i in range(3)}
    gain = np.ones((1, 8, 1, 1))
    if hostile:
        gain[0, 0] = 1000.0
    constants |= {"gain": gain, "back": 1 / gain}
    nodes = [helper.make_node("Conv", ["image", "w0", "b0"], ["x0"], name="c0", pads=[1] * 4)]
    nodes += [
        helper.make_node("Relu", ["x0"], ["r0"]),
        helper.make_node("Mul", ["r0", "gain"], ["g0"]),
        # undoes the gain, so that only one who quantises between loses anything
        helper.make_node("Mul", ["w1", "back"], ["w1_back"]),
        helper.make_node("Conv", ["g0", "w1_back", "b1"], ["x1"], name="c1", pads=[1] * 4),
        helper.make_node("Relu", ["x1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["out"], name="c2", pads=[1] * 4),
    ]
    constants["w1_back"] = constants["w1"] * constants["back"]
    nodes = [node for node in nodes if node.output[0] != "w1_back"]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 4, 64, 64])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def frames(tmp_path):
    random = np.random.default_rng(1)
    (tmp_path / "frames").mkdir()
    for number in range(16):
        small = random.integers(0, 256, (8, 8, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"frames/{number:02}.png"), cv2.resize(small, (64, 64)))
    return sorted((tmp_path / "frames").iterdir())


@pytest.fixture
def card(tmp_path):
    return make_card(tmp_path, "yolox", mean=(128.0,) * 3, std=(64.0,) * 3)


def run(file, frame, card):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": preprocess(cv2.imread(str(frame)), card.input)[0]})[0]


def test_float16_within_float32_outside(tmp_path, card, frames):
    file = network(tmp_path / "m.onnx")
    export = precision.export_fp16("small", file, tmp_path / "out")
    model = onnx.load(export.file)
    assert {v.type.tensor_type.elem_type for v in (*model.graph.input, *model.graph.output)} == {TensorProto.FLOAT}
    used = {node.input[1] for node in model.graph.node if node.op_type == "Conv"}
    assert {t.data_type for t in model.graph.initializer if t.name in used} == {TensorProto.FLOAT16}
    np.testing.assert_allclose(run(export.file, frames[0], card), run(file, frames[0], card), atol=0.02)
    assert precision.find_export("small", file, "fp16", tmp_path / "out") == export
    assert precision.find_export("small", file, "int8", tmp_path / "out") is None
    other = network(tmp_path / "other.onnx", hostile=True)
    assert precision.find_export("small", other, "fp16", tmp_path / "out") is None  # of another file
    export.file.write_bytes(export.file.read_bytes()[:-1])
    assert precision.find_export("small", file, "fp16", tmp_path / "out") is None  # damaged


@pytest.mark.parametrize(("engine", "kind"), [("tensorrt", TensorProto.INT8), ("onnxruntime", TensorProto.UINT8)])
def test_int8_for_each_engine(tmp_path, card, frames, engine, kind, monkeypatch):
    monkeypatch.setattr(precision._FindsAgain, "__call__", lambda *_: True)  # nothing is to be seen in noise
    file = network(tmp_path / "m.onnx")
    export = precision.export_int8(card, file, frames, engine=engine, folder=tmp_path)
    graph = onnx.load(export.file).graph
    values = {tensor.name: tensor for tensor in graph.initializer}
    quantised = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    assert quantised
    assert {values[node.input[2]].data_type for node in quantised} == {kind}
    if engine == "tensorrt":  # symmetric, and no bias in int32
        assert not any(numpy_helper.to_array(values[node.input[2]]).any() for node in quantised)
        assert TensorProto.INT32 not in {tensor.data_type for tensor in graph.initializer}
    wanted, found = run(file, frames[3], card), run(export.file, frames[3], card)
    assert 0 < np.abs(wanted - found).max() < 0.1 * np.ptp(wanted)
    assert "16 frames" in export.calibration
    assert "0 of 3 convolutions in float" in export.calibration


def test_what_does_not_bear_int8_stays_in_float(tmp_path, card, frames):
    file = network(tmp_path / "m.onnx", hostile=True)
    export = precision.export_int8(card, file, frames, folder=tmp_path)
    assert "2 of 3 convolutions in float" in export.calibration
    wanted, found = run(file, frames[3], card), run(export.file, frames[3], card)
    assert np.sqrt(np.mean((wanted - found) ** 2)) < precision._MOST_CHANGE * np.sqrt(np.mean(wanted**2)) * 1.5


@pytest.mark.parametrize("floats", [0, 1, 3])
def test_as_much_is_quantised_as_is_good(tmp_path, frames, card, floats):
    """The search ends at the last model that is good, here one with so many convolutions in float."""
    model = onnx.load(network(tmp_path / "m.onnx"))
    feeds = [{"image": tensor} for tensor in precision._tensors(card, frames, lambda *_: None, np.float32)]

    def is_good(data):
        nodes = onnx.load_model_from_string(data).graph.node
        int8 = {node.output[0] for node in nodes if node.op_type == "DequantizeLinear"}
        return sum(node.op_type == "Conv" and node.input[1] in int8 for node in nodes) <= 3 - floats

    data, kept, of = quantise.quantise(model, feeds, is_good, for_tensorrt=False)
    assert (kept >= floats, of, bool(data)) == (True, 3, kept < 3)
    assert not data or is_good(data)


def test_an_export_has_a_card_of_its_own(tmp_path, card, frames):
    (tmp_path / "card.md").write_text(
        "---\nname: small\nfile: small.onnx\nsha256: " + "ab" * 32 + "\nrank: 1\nsources: [{kind: url, url: x}]\n"
        "input: {size: [64, 64], mean: [1, 2, 3]}\nhead: {type: yolox, strides: [8]}\nlabels: [ant, bee]\n---\n"
    )
    whole = load_card(tmp_path / "card.md")
    export = precision.export_fp16("small", network(tmp_path / "m.onnx"), tmp_path / "out")
    made = load_card(precision.write_card(whole, export))
    assert (made.name, made.file) == ("small_fp16", "small_fp16.onnx")
    assert (made.input, made.head, made.labels, made.sources) == (whole.input, whole.head, whole.labels, ())
    assert zoo.resolve(str(export.file)).card == made
    export.file.write_bytes(b"another")
    with pytest.raises(KittError, match="its sha256 differs"):
        zoo.resolve(str(export.file))


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
def test_pixels_in_give_what_planes_in_give(tmp_path, frames, colour, wanted):
    (tmp_path / "card.md").write_text(
        f"---\nname: small\ninput: {{size: [64, 64], colour: {colour}, mean: [9, 8, 7], std: [40, 50, 60], scale: 2}}\n"
        "head: {type: yolox, strides: [8]}\nlabels: [ant]\n---\n"
    )
    card = load_card(tmp_path / "card.md")
    file = network(tmp_path / "small.onnx")
    made = zoo.resolve(str(precision.export_pixels(card, file, tmp_path / "out").file))
    if wanted == "fp16":
        export = precision.export_fp16(made.card.name, made.file, tmp_path / "out")
        precision.write_card(made.card, export)
        made = zoo.resolve(str(export.file))
    session = open_session(made.file, "onnxruntime", 1)
    assert [(t.name, t.shape, t.dtype) for t in session.inputs] == [("pixels", (1, 64, 64, 3), np.dtype(np.uint8))]
    picture = cv2.imread(str(frames[0]))
    pixels, placement = preprocess(picture, made.card.input, np.uint8)
    np.testing.assert_array_equal(pixels[0], picture)  # it has the input's size
    planes, same = preprocess(picture, card.input)
    assert placement == same
    wanted_out = open_session(file, "onnxruntime", 1).run({"image": planes})["out"]
    np.testing.assert_allclose(
        session.run({"pixels": pixels})["out"], wanted_out, atol=2e-2 if wanted == "fp16" else 1e-4
    )
    with pytest.raises(KittError, match="not made of float32 planes"):
        precision.export_pixels(made.card, made.file, tmp_path / "out")


def test_frames_without_things_are_refused_for_the_cpu(tmp_path, card, frames):
    from inference_helpers import write_constant_model

    file = write_constant_model(tmp_path / "m.onnx", {"out": np.zeros((1, 84, 8))})
    nothing = precision._FindsAgain(card, file, frames)
    assert not nothing(file.read_bytes())


def test_faults_are_told(tmp_path, card, frames):
    with pytest.raises(KittError, match="3 frames are too few") as caught:
        precision.export_int8(card, network(tmp_path / "m.onnx"), frames[:3], folder=tmp_path)
    assert "at least 16" in caught.value.remedy
    for data in (b"", b"hello", b"\x00" * 100):
        (tmp_path / "bad.onnx").write_bytes(data)
        with pytest.raises(KittError, match=r"bad\.onnx is no ONNX model"):
            precision.export_fp16("small", tmp_path / "bad.onnx", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(KittError, match="cannot be written"):
        precision.export_fp16("small", tmp_path / "m.onnx", tmp_path / "file" / "folder")
    assert precision.find_export("small", tmp_path / "m.onnx", "fp16", tmp_path) is None
    precision.export_file("small", "fp16", tmp_path).with_suffix(".json").write_text(json.dumps([1]))
    assert precision.find_export("small", tmp_path / "m.onnx", "fp16", tmp_path) is None
