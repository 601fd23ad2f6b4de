"""Sessions: good models run, bad ones are refused in one line."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest
from inference_helpers import write_constant_model

from kitt_inference import backends
from kitt_inference.errors import BackendError, KittError
from kitt_inference.session import open_session


@pytest.fixture
def model(tmp_path):
    return write_constant_model(tmp_path / "m.onnx", {"out": np.arange(6).reshape(1, 2, 3)}, (1, 3, 8, 9))


def test_specs_and_run(model):
    session = open_session(model, threads=1)
    assert [(t.name, t.shape, t.dtype) for t in session.inputs] == [("image", (1, 3, 8, 9), np.dtype(np.float32))]
    assert [(t.name, t.shape) for t in session.outputs] == [("out", (1, 2, 3))]
    outputs = session.run({"image": np.ones((1, 3, 8, 9), np.float32)})
    np.testing.assert_array_equal(outputs["out"], np.arange(6).reshape(1, 2, 3))


def test_auto_says_what_it_took_and_why(model):
    session = open_session(model)
    assert session.backend == "onnxruntime"
    assert session.reason.startswith("auto took onnxruntime: ")
    assert open_session(model, "onnxruntime").reason == "onnxruntime was asked for"


@pytest.mark.parametrize(
    "feeds", [{}, {"image": np.ones((1, 3, 9, 9), np.float32)}, {"image": np.ones((1, 3, 8, 9))}, {"other": np.ones(1)}]
)
def test_wrong_feeds_are_refused(model, feeds):
    with pytest.raises(KittError, match="could not be run"):
        open_session(model).run(feeds)


def test_closed_session_is_refused(model):
    session = open_session(model)
    session.close()
    with pytest.raises(KittError, match="is closed"):
        session.run({"image": np.ones((1, 3, 8, 9), np.float32)})


def test_missing_and_corrupt_files(model, tmp_path):
    with pytest.raises(KittError, match=r"no model file at .*gone\.onnx") as missing:
        open_session(tmp_path / "gone.onnx")
    assert "kitt models" in missing.value.remedy
    for name, data in {"empty": b"", "text": b"hello", "cut": model.read_bytes()[:60]}.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(data)
        with pytest.raises(KittError, match=f"{name}.onnx is no ONNX model") as damaged:
            open_session(path)
        assert "\n" not in str(damaged.value)


def test_unknown_backend_lists_what_there_is(model):
    with pytest.raises(KittError, match=r"no backend «abacus» in this build, it has: tensorrt, .*onnxruntime"):
        open_session(model, "abacus")
    with pytest.raises(KittError, match="threads is -1"):
        open_session(model, threads=-1)


@pytest.fixture
def bare(monkeypatch):
    """A machine on which ONNX Runtime is the only backend."""
    for name, module in backends.known().items():
        monkeypatch.setattr(module, "missing", lambda name=name: "" if name == "onnxruntime" else "is not here")


def test_backend_without_its_library(model, monkeypatch, bare):
    from kitt_inference.backends import onnxruntime

    monkeypatch.setattr(onnxruntime, "missing", lambda: "its library is not installed")
    assert backends.available() == []
    with pytest.raises(
        KittError, match="backend «onnxruntime» cannot run here: its library is not installed"
    ) as caught:
        open_session(model, "onnxruntime")
    assert "pip install" in caught.value.remedy
    with pytest.raises(KittError, match="no inference backend runs here"):
        open_session(model)


ABACUS = """
from kitt_inference.errors import BackendError
NAME, PREFERENCE = "abacus", 1
faults, opened, closed = [], [], []
def missing(): return ""
def remedy(): return ""
class S:
    backend, inputs, outputs = NAME, (), ()
    def run(self, feeds):
        if faults: raise BackendError(faults.pop())
        return {"out": "counted"}
    def close(self): closed.append(1)
def open_model(path, threads):
    if opened == ["refuse"]: raise BackendError("the beads stick")
    return S()
"""


@pytest.fixture
def abacus(tmp_path, monkeypatch, bare):
    """One more backend, which fails on demand."""
    (tmp_path / "abacus.py").write_text(ABACUS)
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    yield importlib.import_module("kitt_inference.backends.abacus")
    del sys.modules["kitt_inference.backends.abacus"]
    del backends.abacus


def test_a_backend_is_one_more_file(model, abacus):
    assert backends.available() == ["abacus", "onnxruntime"]
    reason = open_session(model).reason
    assert reason.startswith("auto took abacus: the best that works (passed over tensorrt: is not here;")


FEED = {"image": np.ones((1, 3, 8, 9), np.float32)}


def test_a_backend_that_fails_hands_over_the_same_input(model, abacus):
    session = open_session(model)
    assert session.run(FEED) == {"out": "counted"}
    abacus.faults.append("out of memory")
    np.testing.assert_array_equal(session.run(FEED)["out"], np.arange(6).reshape(1, 2, 3))
    assert session.backend == "onnxruntime"
    assert session.complaint == "abacus failed (out of memory); onnxruntime has taken over"
    assert "abacus failed: out of memory" in session.reason
    assert abacus.closed == [1]
    # A wrong feed is the caller's fault and no reason to change.
    with pytest.raises(KittError, match="could not be run"):
        session.run({"image": np.ones(1, np.float32)})
    assert session.backend == "onnxruntime"


def test_a_backend_that_refuses_the_model_is_passed_over(model, abacus):
    abacus.opened.append("refuse")
    session = open_session(model)
    assert session.backend == "onnxruntime"
    assert "abacus: the beads stick" in session.reason
    assert session.complaint == ""
    with pytest.raises(KittError, match="the beads stick"):
        open_session(model, "abacus")


def test_a_named_backend_fails_over_only_when_allowed(model, abacus):
    abacus.faults.append("lost")
    with pytest.raises(BackendError, match="lost"):
        open_session(model, "abacus").run(FEED)
    abacus.faults.append("lost")
    session = open_session(model, "abacus", failover=True)
    assert session.reason == "abacus was asked for"
    assert "out" in session.run(FEED)
    assert session.backend == "onnxruntime"


@pytest.mark.parametrize("name", ["tensorrt", "onnxruntime-cuda", "openvino", "torch"])
def test_a_named_backend_that_is_not_here_is_served_by_another_in_one_line(model, bare, name):
    session = open_session(model, name, failover=True)
    assert session.backend == "onnxruntime"
    assert session.complaint == f"{name}: is not here; onnxruntime serves instead"
    assert "out" in session.run(FEED)
    with pytest.raises(KittError, match="no backend «abacus»"):
        open_session(model, "abacus", failover=True)


def test_when_the_last_backend_fails_its_fault_is_told(model, abacus, monkeypatch):
    from kitt_inference.backends import onnxruntime

    session = open_session(model)
    abacus.faults.append("lost")

    def fail(self, feeds):
        raise BackendError("nor here")

    monkeypatch.setattr(onnxruntime.OnnxRuntimeSession, "run", fail)
    with pytest.raises(BackendError, match="nor here"):
        session.run(FEED)


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_other_backends_compute_the_same(name, mirrored):
    if gap := backends.known()[name].missing():
        pytest.skip(gap)
    from kitt_inference import zoo

    file = zoo.fetch(zoo.find("yolox_nano_416"))
    feed = {"images": np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)}
    reference, other = open_session(file, "onnxruntime", 1), open_session(file, name, 1)
    assert [spec.shape for spec in other.outputs] == [spec.shape for spec in reference.outputs]
    np.testing.assert_allclose(other.run(feed)["output"], reference.run(feed)["output"], atol=2e-3)
    with pytest.raises(KittError, match="could not be run: «images» is"):
        other.run({"images": feed["images"][:, :, :100]})
    other.close()
    with pytest.raises(KittError, match="is closed"):
        other.run(feed)
