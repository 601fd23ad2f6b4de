"""The acoustic model's file, with a small network of random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.phones import PHONES
from kitt_voice.acoustic import AcousticModel

onnx = pytest.importorskip("onnx")
HIDDEN = 8


def write_model(
    path: Path, phones: int = len(PHONES), features: int = 80, inputs: tuple[str, ...] = ("h", "c")
) -> Path:
    """h' = tanh(h + features W), c' = c + 1; log_probs and speech from h'."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    weights = {
        "w": random.normal(size=(features, HIDDEN)), "v": random.normal(size=(HIDDEN, phones)),
        "u": random.normal(size=(HIDDEN, 1)), "one": np.ones((1, 1, HIDDEN)),
    }  # fmt: skip
    h, c = inputs
    nodes = [
        helper.make_node("MatMul", ["features", "w"], ["x"]), helper.make_node("Add", ["x", h], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["h_out"]), helper.make_node("Add", [c, "one"], ["c_out"]),
        helper.make_node("Squeeze", ["h_out"], ["flat"]), helper.make_node("Unsqueeze", ["flat", "axis"], ["row"]),
        helper.make_node("MatMul", ["row", "v"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=1),
        helper.make_node("MatMul", ["row", "u"], ["logit"]), helper.make_node("Sigmoid", ["logit"], ["speech"]),
    ]  # fmt: skip

    def value(name: str, *shape: int) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    state = (1, 1, HIDDEN)
    graph = helper.make_graph(
        nodes, "step", [value("features", 1, features), value(h, *state), value(c, *state)],
        [value("log_probs", 1, phones), value("speech", 1, 1), value("h_out", *state), value("c_out", *state)],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()]
        + [numpy_helper.from_array(np.array([0]), "axis")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "ears.onnx")


def test_a_step_gives_posteriors_and_keeps_its_state(file):
    model = AcousticModel.load(file)
    steps = np.random.default_rng(1).normal(size=(20, 80)).astype(np.float32)
    posteriors, speech = model.run(steps)
    assert posteriors.shape == (20, len(PHONES)) and speech.shape == (20,)
    assert np.exp(posteriors).sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)
    assert ((speech > 0) & (speech < 1)).all()
    again, _ = model.run(steps)
    assert not np.allclose(again[0], posteriors[0])
    model.reset()
    assert np.array_equal(model.run(steps)[0], posteriors)
    assert model.run(steps[:0])[0].shape == (0, len(PHONES))


def test_features_that_are_no_numbers_are_a_blank_and_do_not_stay(file):
    model = AcousticModel.load(file)
    posterior, speech = model.step(np.full(80, np.nan, np.float32))
    assert posterior.argmax() == 0 and speech == 0.0
    good = np.ones(80, np.float32)
    fresh = AcousticModel.load(file).step(good)
    assert np.array_equal(model.step(good)[0], fresh[0])


def test_files_that_are_no_acoustic_model_are_named(tmp_path, file):
    with pytest.raises(KittError, match=r"missing\.onnx"):
        AcousticModel.load(tmp_path / "missing.onnx")
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(file.read_bytes()[:500])
    with pytest.raises(KittError, match=r"damaged\.onnx"):
        AcousticModel.load(damaged)
    with pytest.raises(KittError, match="tells 12 phones apart"):
        AcousticModel.load(write_model(tmp_path / "phones.onnx", phones=12))
    with pytest.raises(KittError, match="takes features"):
        AcousticModel.load(write_model(tmp_path / "features.onnx", features=40))
    with pytest.raises(KittError, match="no acoustic model"):
        AcousticModel.load(write_model(tmp_path / "inputs.onnx", inputs=("hidden", "cell")))
