"""TensorRT itself on a machine without a GPU: what building gives and refuses, and the cache around it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from kitt_inference import precision
from kitt_inference.engines import build, library, make
from kitt_inference.engines.build import build_plan, open_inputs
from kitt_inference.engines.cache import EngineCache
from kitt_inference.errors import BackendError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        library.installed() != "tensorrt_rtx_bindings", reason="no TensorRT for RTX: ./kitt test installs it"
    ),
]


def small_lstm(path: Path) -> Path:
    """A step as the completer's: a token of an open batch, embedding, LSTM by hand, state in and out, LogSoftmax."""
    random, hidden, pieces = np.random.default_rng(0), 8, 20
    constants = {
        "table": random.normal(size=(pieces, hidden)),
        "w": random.normal(size=(2 * hidden, 4 * hidden)),
        "out": random.normal(size=(hidden, pieces)),
    }
    tensors = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    tensors += [
        numpy_helper.from_array(np.array([0]), "first"),
        numpy_helper.from_array(np.full(4, hidden), "parts"),
    ]
    lines = [
        ("Gather", ["table", "token"], ["x"], {}),
        ("Squeeze", ["h", "first"], ["h_flat"], {}),
        ("Squeeze", ["c", "first"], ["c_flat"], {}),
        ("Concat", ["x", "h_flat"], ["both"], {"axis": 1}),
        ("MatMul", ["both", "w"], ["gates"], {}),
        ("Split", ["gates", "parts"], ["i", "f", "g", "o"], {"axis": 1}),
        *(("Sigmoid", [gate], [f"{gate}_on"], {}) for gate in "ifo"),
        ("Tanh", ["g"], ["g_on"], {}),
        ("Mul", ["f_on", "c_flat"], ["kept"], {}),
        ("Mul", ["i_on", "g_on"], ["new"], {}),
        ("Add", ["kept", "new"], ["c_next"], {}),
        ("Tanh", ["c_next"], ["c_tanh"], {}),
        ("Mul", ["o_on", "c_tanh"], ["h_next"], {}),
        ("Unsqueeze", ["h_next", "first"], ["h_out"], {}),
        ("Unsqueeze", ["c_next", "first"], ["c_out"], {}),
        ("MatMul", ["h_next", "out"], ["logits"], {}),
        ("LogSoftmax", ["logits"], ["log_probs"], {"axis": -1}),
    ]
    state = {name: [1, "batch", hidden] for name in ("h", "c", "h_out", "c_out")}
    graph = helper.make_graph(
        [helper.make_node(kind, ins, outs, **attributes) for kind, ins, outs, attributes in lines],
        "step",
        [helper.make_tensor_value_info("token", TensorProto.INT64, ["batch"])]
        + [helper.make_tensor_value_info(name, TensorProto.FLOAT, state[name]) for name in ("h", "c")],
        [helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["batch", pieces])]
        + [helper.make_tensor_value_info(name, TensorProto.FLOAT, state[name]) for name in ("h_out", "c_out")],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("wanted", ["fp32", "fp16"])
def test_a_step_as_the_completers_is_built_for_one_shape(trt, wanted, tmp_path):
    file = small_lstm(tmp_path / "step.onnx")
    if wanted == "fp16":
        file = precision.export_fp16("step", file, tmp_path).file
    assert open_inputs(trt, file) == {"token": (1,), "h": (1, 1, 8), "c": (1, 1, 8)}
    assert build_plan(trt, file, shapes={"token": (4,), "h": (1, 4, 8), "c": (1, 4, 8)})
    with pytest.raises(BackendError, match="«token» has 1 dimensions"):
        build_plan(trt, file, shapes={"token": (4, 4)})


@pytest.mark.parametrize("data", [b"", b"hello", b"\x00" * 1000])
def test_what_is_no_model_is_refused_in_one_line(trt, data, tmp_path):
    (tmp_path / "x.onnx").write_bytes(data)
    with pytest.raises(BackendError) as caught:
        build_plan(trt, tmp_path / "x.onnx")
    assert "x.onnx" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_timings_are_kept_and_damaged_ones_do_no_harm(trt, tmp_path):
    file = tmp_path / "timing.cache"
    step = small_lstm(tmp_path / "step.onnx")
    build_plan(trt, step, timing_file=file)
    assert file.stat().st_size > 0
    file.write_bytes(b"rubbish")
    assert build_plan(trt, step, timing_file=file)


class Gpu:
    """What a key needs of a GPU."""

    name, capability = "Imaginary", "8.7"


@pytest.fixture
def pretended(trt, monkeypatch, tmp_path, mirrored):
    """A machine with a GPU on which ONNX Runtime plays the engine; counts the builds."""
    from kitt_inference.session import open_session

    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(make.cuda, "Device", Gpu)
    monkeypatch.setattr(make, "_open", lambda lib, gpu, plan, path, wanted: open_session(path, "onnxruntime", 1))
    builds = []

    def counted(*arguments, **named):
        builds.append(arguments)
        return build_plan(*arguments, **named)

    monkeypatch.setattr(build, "build_plan", counted)
    frames = make.Frames(tmp_path / "frames")
    frames.folder.mkdir()
    for picture in sorted((mirrored / "photo" / "images").glob("coco_*.jpg"))[:6]:
        (frames.folder / picture.name).symlink_to(picture)
    return builds, frames


def test_an_engine_is_built_once_and_again_when_truncated_or_foreign(pretended):
    builds, frames = pretended
    target = make.find_target("yolox_nano_416")
    entry = make.make_engine(target, "fp32", frames)
    assert (entry.report["recall"], entry.refused) == (1.0, "")
    assert make.make_engine(target, "fp32", frames) == entry
    assert len(builds) == 1
    cache = EngineCache()
    plan = cache.plan_file(entry.digest)
    whole = plan.read_bytes()
    for count, damaged in enumerate((whole[:1000], b"\x00" * len(whole), b""), 2):
        plan.write_bytes(damaged)
        again = make.make_engine(target, "fp32", frames)
        assert len(builds) == count
        assert cache.fault(again) == ""
    record = cache.folder / f"{entry.digest}.json"
    foreign = json.loads(record.read_text())
    foreign["key"]["capability"] = "9.0"
    record.write_text(json.dumps(foreign))
    make.make_engine(target, "fp32", frames)
    assert len(builds) == 5


def test_a_refused_engine_is_told_with_the_numbers_and_not_built_again(pretended, monkeypatch):
    builds, frames = pretended
    target = make.find_target("yolox_nano_416")
    misses = "recall 0.5, at least 0.98"
    monkeypatch.setattr(make, "judge", lambda *_: ({"recall": 0.5}, misses))
    for words in ("is refused: recall 0.5", "was refused before: recall 0.5"):
        with pytest.raises(make.KittError, match=words):
            make.make_engine(target, "fp32", frames)
    assert len(builds) == 1
    with pytest.raises(make.KittError, match="is refused"):
        make.make_engine(target, "fp32", frames, force=True)
    assert len(builds) == 2


def test_without_a_gpu_an_engine_cannot_be_loaded(trt, tmp_path):
    from kitt_inference.engines import cuda

    if not cuda.missing():
        pytest.skip("there is a GPU")
    log = library.make_log(trt)
    plan = build_plan(trt, small_lstm(tmp_path / "step.onnx"))
    assert trt.module.Runtime(log).deserialize_cuda_engine(plan) is None
    assert log.errors
