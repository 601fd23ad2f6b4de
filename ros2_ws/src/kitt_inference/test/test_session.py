"""Sessions: good models run, bad ones are refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from inference_helpers import write_constant_model

from kitt_inference import backends
from kitt_inference.errors import KittError
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
    with pytest.raises(KittError, match="no backend «abacus» in this build, it has: onnxruntime"):
        open_session(model, "abacus")
    with pytest.raises(KittError, match="threads is -1"):
        open_session(model, threads=-1)


def test_backend_without_its_library(model, monkeypatch):
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


def test_a_backend_is_one_more_file(model, tmp_path, monkeypatch):
    (tmp_path / "abacus.py").write_text(
        "NAME, PREFERENCE = 'abacus', 1\n"
        "def missing(): return ''\n"
        "def remedy(): return ''\n"
        "class S: backend = NAME\n"
        "def open_model(path, threads): return S()\n"
    )
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    assert backends.available() == ["abacus", "onnxruntime"]
    assert open_session(model).reason == "auto took abacus: first available"
