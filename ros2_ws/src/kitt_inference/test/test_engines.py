"""Keys, cache and background builds, and what is told without a GPU."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading

import numpy as np
import pytest

from kitt_inference.backends import tensorrt as backend
from kitt_inference.engines import cuda, library
from kitt_inference.engines.background import BackgroundBuild
from kitt_inference.engines.cache import EngineCache
from kitt_inference.engines.key import BuildOptions, EngineKey
from kitt_inference.errors import KittError

KEY = EngineKey("a" * 64, "tensorrt", "10.16.0", "Orin", "8.7", "fp16", {"x": (1, 3)}, BuildOptions())
ABOUT = {"model": "m", "reference_sha256": "r" * 64, "report": {}, "speed": {"engine_ms": 2.0, "reference_ms": 9.0}}


@pytest.mark.parametrize(
    "change",
    [
        {"onnx_sha256": "b" * 64},
        {"library": "tensorrt_rtx_bindings"},
        {"version": "10.16.1"},
        {"gpu": "Thor"},
        {"capability": "11.0"},
        {"precision": "int8"},
        {"shapes": {"x": (2, 3)}},
        {"shapes": {"y": (1, 3)}},
        {"options": BuildOptions(workspace_mib=2048)},
        {"options": BuildOptions(optimization_level=5)},
    ],
)
def test_the_key_changes_with_each_part(change):
    assert dataclasses.replace(KEY, **change).digest != KEY.digest
    assert dataclasses.replace(KEY).digest == KEY.digest


def test_every_field_of_the_key_is_tried_above():
    assert {field.name for field in dataclasses.fields(EngineKey)} == {
        "onnx_sha256", "library", "version", "gpu", "capability", "precision", "shapes", "options",
    }  # fmt: skip


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / "engines")


def test_what_is_stored_is_found_and_read(cache):
    entry = cache.store(KEY, b"plan", ABOUT)
    assert cache.find(KEY) == entry
    assert cache.read(entry) == b"plan"
    assert cache.entries() == [entry]
    assert cache.strangers() == []
    assert cache.find(dataclasses.replace(KEY, gpu="Thor")) is None
    cache.remove(entry)
    assert cache.entries() == []
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"pla", "truncated: 3 bytes instead of 4"), (b"", "truncated"), (b"plan ", "truncated"), (b"PLAN", "sha256")],
)
def test_damaged_plans_are_never_given(cache, data, words):
    entry = cache.store(KEY, b"plan", ABOUT)
    cache.plan_file(entry.digest).write_bytes(data)
    assert words in cache.fault(entry)
    with pytest.raises(KittError, match=words) as caught:
        cache.read(entry)
    assert "kitt engine build m" in caught.value.remedy
    cache.plan_file(entry.digest).unlink()
    assert cache.fault(entry) == "its plan is missing"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": "x"}', "null"])
def test_records_that_cannot_be_read_count_as_none(cache, text):
    entry = cache.store(KEY, b"plan", ABOUT)
    (cache.folder / f"{entry.digest}.json").write_text(text)
    assert cache.find(KEY) is None
    assert cache.entries() == []
    assert len(cache.strangers()) == 2


def test_a_record_under_another_name_or_of_another_key_is_foreign(cache):
    entry = cache.store(KEY, b"plan", ABOUT)
    record = cache.folder / f"{entry.digest}.json"
    record.with_name("f" * 32 + ".json").write_text(record.read_text())
    assert [found.digest for found in cache.entries()] == [entry.digest]
    changed = json.loads(record.read_text())
    changed["key"]["gpu"] = "Thor"
    record.write_text(json.dumps(changed))
    assert cache.find(KEY) is None


def test_a_refused_engine_leaves_a_record_and_no_plan(cache):
    cache.store(KEY, b"plan", ABOUT)
    entry = cache.store(KEY, b"plan", {**ABOUT, "refused": "recall 0.5, at least 0.98"})
    assert cache.fault(entry) == "refused: recall 0.5, at least 0.98"
    assert not cache.plan_file(entry.digest).exists()


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KittError, match="cannot be written") as caught:
        EngineCache(tmp_path / "file" / "engines").store(KEY, b"plan", ABOUT)
    assert "KITT_CACHE" in caught.value.remedy


def test_the_fastest_engine_of_this_machine_is_taken(cache):
    here = {"library": "tensorrt", "version": "10.16.0", "gpu": "Orin", "capability": "8.7"}

    def store(precision, ms, **change):
        key = dataclasses.replace(KEY, precision=precision, **change)
        return cache.store(key, precision.encode(), {**ABOUT, "speed": {"engine_ms": ms, "reference_ms": 9.0}})

    half, eight, other = store("fp16", 2.0), store("int8", 1.0), store("fp16", 0.1, gpu="Thor")
    store("fp32", 20.0)
    assert other.digest not in {half.digest, eight.digest}
    good, faults = backend.candidates(cache, "r" * 64, here)
    assert [entry.digest for entry in good] == [eight.digest, half.digest]
    assert faults == ["fp32: slower than the CPU (20 ms, 9 ms)"]
    cache.plan_file(eight.digest).write_bytes(b"")
    good, faults = backend.candidates(cache, "r" * 64, here)
    assert [entry.digest for entry in good] == [half.digest]
    assert any("truncated" in fault for fault in faults)
    assert backend.candidates(cache, "s" * 64, here) == ([], [])


WORKER = "import json, sys\nprint('a library says hello')\nfor line in {lines}: print(json.dumps(line), flush=True)\n"


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([{"what": "building", "part": 0.5}, {"done": "abc"}], ""),
        ([{"what": "comparing", "part": 0.5}, {"error": "refused: recall 0.5"}], "refused: recall 0.5"),
        ([{"what": "building", "part": 0.5}], "ended without a word"),
    ],
)
def test_a_background_build_says_how_it_ended(tmp_path, lines, error):
    script = tmp_path / "worker.py"
    script.write_text(WORKER.format(lines=lines))
    said, ended = [], threading.Event()
    build = BackgroundBuild(lambda why: (said.append(why), ended.set()), [sys.executable, str(script)])
    build.start("m", "fp16")
    assert build.state.running
    assert ended.wait(30)
    assert error in said[0]
    assert bool(said[0]) == bool(error)
    assert (build.state.running, build.state.message) == (False, said[0])


def test_a_background_build_can_be_stopped(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text('import time\nprint(\'{"what": "building", "part": 0.25}\', flush=True)\ntime.sleep(60)')
    said = []
    build = BackgroundBuild(said.append, [sys.executable, str(script)])
    build.start("m", "fp16")
    while build.state.part != 0.25:
        assert build.state.running
    assert build.state.message == "fp16 engine: building"
    build.stop()
    assert (build.state.running, said) == (False, [])


def test_no_gpu_ends_in_the_fallback_with_one_clear_line(monkeypatch, tmp_path):
    from inference_helpers import write_constant_model

    from kitt_inference.session import open_session

    monkeypatch.setattr(library, "installed", lambda: "tensorrt")
    monkeypatch.setattr(cuda, "LIBRARY", "libcuda-that-is-not-here.so.1")
    cuda.driver.cache_clear()
    assert backend.missing() == "no NVIDIA GPU: its driver is not here"
    session = open_session(write_constant_model(tmp_path / "m.onnx", {"out": np.ones((1, 2))}))
    assert session.backend == "onnxruntime"
    assert "passed over tensorrt: no NVIDIA GPU: its driver is not here;" in session.reason
    with pytest.raises(KittError, match="backend «tensorrt» cannot run here: no NVIDIA GPU") as caught:
        open_session(tmp_path / "m.onnx", "tensorrt")
    assert caught.value.remedy == cuda.REMEDY
    served = open_session(tmp_path / "m.onnx", "tensorrt", failover=True)
    assert served.complaint == "tensorrt: no NVIDIA GPU: its driver is not here; onnxruntime serves instead"
    cuda.driver.cache_clear()
