"""TensorRT for RTX parses and builds, on a CPU, every network in every precision; what it cannot, it names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from kitt_inference import precision, zoo
from kitt_inference.engines import library
from kitt_inference.engines.build import build_plan, open_inputs
from kitt_inference.errors import BackendError
from kitt_inference.session import open_session

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        library.installed() != "tensorrt_rtx_bindings", reason="no TensorRT for RTX: ./kitt test installs it"
    ),
]
MODELS = Path(__file__).resolve().parents[4] / "models"
LANGUAGES = ("en", "es", "fr")
WORDS = {"grams": (1, 8, 28), "shapes": (1, 8), "places": (1, 8, 2)}


def in_float(source: Path, path: Path) -> Path:
    """One of our dynamically quantised files with float32 weights: MatMul for MatMulInteger, nothing quantised."""
    model = onnx.load(source)
    graph = model.graph
    for tensor in graph.initializer:
        if tensor.data_type in (TensorProto.INT8, TensorProto.UINT8):
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    floats, kept = {}, []
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            floats[node.output[0]] = node.input[0]
            graph.initializer.append(numpy_helper.from_array(np.array(1, np.float32), node.output[1]))
            continue
        if node.op_type == "MatMulInteger":
            inputs, output = list(node.input[:2]), node.output[0]
            node.CopyFrom(onnx.helper.make_node("MatMul", [floats[inputs[0]], inputs[1]], [output]))
        kept.append(node)
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in kept]
    del graph.node[:]
    graph.node.extend(kept)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path


def in_precision(file: Path, wanted: str, folder: Path) -> Path:
    return precision.export_fp16(file.stem, file, folder).file if wanted == "fp16" else file


@pytest.mark.parametrize("wanted", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("name", ["nanodet_g_416", "picodet_s_416", "yolox_nano_416"])
def test_every_detector_is_built_in_every_precision(trt, name, wanted, mirrored, tmp_path):
    card = zoo.find(name)
    if not (mirrored / "models" / card.file).is_file() and zoo.verify(card) != "verified":
        pytest.skip(f"{name} is not here: `kitt models fetch {name}`")
    file = zoo.fetch(card)
    if wanted == "fp16":
        file = precision.export_fp16(name, file, tmp_path).file
    elif wanted == "int8":
        frames = sorted((mirrored / "photo" / "images").glob("*.jpg"))[:16]
        file = precision.export_int8(card, file, frames, folder=tmp_path).file
    steps: list[float] = []
    plan = build_plan(trt, file, tell=lambda _what, part: steps.append(part))
    assert len(plan) > 100_000
    assert steps[0] == 0.0
    assert steps[-1] == 1.0
    assert len(steps) > 3


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
@pytest.mark.parametrize("name", ["nanodet_g_416", "picodet_s_416", "yolox_nano_416"])
def test_every_detector_is_built_with_its_preprocessing(trt, name, wanted, mirrored, tmp_path):
    card = zoo.find(name)
    if not (mirrored / "models" / card.file).is_file() and zoo.verify(card) != "verified":
        pytest.skip(f"{name} is not here: `kitt models fetch {name}`")
    made = precision.export_pixels(card, zoo.fetch(card), tmp_path)
    assert len(build_plan(trt, in_precision(made.file, wanted, tmp_path))) > 100_000


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
def test_the_recognisers_step_is_built(trt, wanted, tmp_path):
    file = in_precision(MODELS / "kitt_ears/kitt_ears.onnx", wanted, tmp_path)
    assert len(build_plan(trt, file)) > 100_000
    assert open_inputs(trt, file) == {}


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_completers_step_is_built(trt, language, wanted, tmp_path):
    shipped = MODELS / f"kitt_lm_{language}/kitt_lm_{language}_int8.onnx"
    step = in_float(shipped, tmp_path / "step.onnx")
    hidden = open_session(step, "onnxruntime", 1).inputs[1].shape[2]
    feeds = {"token": np.array([5, 9]), **{name: np.zeros((1, 2, hidden), np.float32) for name in ("h", "c")}}
    ours, theirs = (open_session(file, "onnxruntime", 1).run(feeds)["log_probs"] for file in (step, shipped))
    assert np.abs(np.exp(ours) - np.exp(theirs)).max() < 0.02  # the float step is the one that ships
    shapes = {name: value.shape for name, value in feeds.items()}
    assert len(build_plan(trt, in_precision(step, wanted, tmp_path), shapes=shapes)) > 1_000_000


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
def test_the_correctors_network_is_built(trt, wanted, tmp_path):
    file = in_precision(MODELS / "kitt_correct/kitt_correct.onnx", wanted, tmp_path)
    shapes = {"letters": (16, 24, 2), "features": (16, 10)}
    assert set(open_inputs(trt, file)) == set(shapes)
    assert len(build_plan(trt, file, shapes=shapes)) > 500_000


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
def test_the_understandings_network_is_built(trt, wanted, tmp_path):
    file = in_float(MODELS / "kitt_understand/kitt_understand.onnx", tmp_path / "float.onnx")
    assert len(build_plan(trt, in_precision(file, wanted, tmp_path), shapes=WORDS)) > 100_000


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("kitt_ears/kitt_ears_int8.onnx", {"DynamicQuantizeLSTM", "DynamicQuantizeLinear", "MatMulInteger"}),
        ("kitt_g2p/kitt_g2p.onnx", {"DequantizeLinear"}),
        *((f"kitt_lm_{c}/kitt_lm_{c}_int8.onnx", {"DynamicQuantizeLinear", "MatMulInteger"}) for c in LANGUAGES),
    ],
)
def test_nodes_that_are_not_supported_are_named(trt, file, kinds):
    with pytest.raises(BackendError) as caught:
        build_plan(trt, MODELS / file)
    assert f"does not support nodes of {Path(file).name}: " in caught.value.message
    named = set(caught.value.remedy.removeprefix("export the model without ").split(", "))
    assert named == kinds
    assert all(kind in caught.value.message for kind in kinds)
    assert "«»" not in caught.value.message


def test_what_is_parsed_and_not_built_says_why(trt):
    with pytest.raises(BackendError, match=r"cannot build kitt_understand\.onnx \(.*Quantized constant"):
        build_plan(trt, MODELS / "kitt_understand/kitt_understand.onnx", shapes=WORDS)
