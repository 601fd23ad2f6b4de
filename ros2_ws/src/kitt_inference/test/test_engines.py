"""Keys, cache, background builds and the CUDA session, without TensorRT and without a GPU."""

from __future__ import annotations

import ctypes
import dataclasses
import json
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.backends import tensorrt as backend
from kitt_inference.engines import cuda, library
from kitt_inference.engines.background import BackgroundBuild
from kitt_inference.engines.cache import EngineCache
from kitt_inference.engines.cuda import CudaError, Device
from kitt_inference.engines.key import BuildOptions, EngineKey
from kitt_inference.engines.session import TensorRtSession
from kitt_inference.errors import BackendError, KittError

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


class Driver:
    """CUDA's driver with the host's memory for the GPU's; calls are noted, `fail` makes one give a code."""

    def __init__(self):
        self.calls, self.fail, self.memory, self.capturing, self.graph = [], {}, {}, False, []

    def __getattr__(self, name):
        if not name.startswith("cu"):
            raise AttributeError(name)

        def call(*arguments):
            self.calls.append(name)
            if self.fail.get(name):
                return self.fail[name]
            return getattr(self, "_" + name, lambda *_: 0)(*arguments) or 0

        return call

    def _put(self, pointer, value):
        pointer._obj.value = value

    def _cuDeviceGetCount(self, pointer):  # noqa: N802
        self._put(pointer, 1)

    def _cuDeviceGetName(self, text, size, device):  # noqa: N802
        text.value = b"Imaginary GPU"

    def _cuDeviceGetAttribute(self, pointer, attribute, device):  # noqa: N802
        self._put(pointer, {75: 8, 76: 7}[attribute])

    def _new(self, pointer, size):
        piece = ctypes.create_string_buffer(size.value)
        self.memory[ctypes.addressof(piece)] = piece
        self._put(pointer, ctypes.addressof(piece))

    _cuMemAlloc_v2 = _new  # noqa: N815

    def _cuMemHostAlloc(self, pointer, size, flags):  # noqa: N802
        self._new(pointer, size)

    def _cuMemFree_v2(self, address):  # noqa: N802
        del self.memory[address.value]

    _cuMemFreeHost = _cuMemFree_v2  # noqa: N815

    def _cuStreamCreate(self, pointer, flags):  # noqa: N802
        self._put(pointer, 77)

    def do(self, work):
        if self.capturing:
            self.graph.append(work)
        else:
            work()

    def _copy(self, to, source, size, stream):
        self.do(lambda: ctypes.memmove(to.value, source.value, size.value))

    _cuMemcpyHtoDAsync_v2 = _copy  # noqa: N815
    _cuMemcpyDtoHAsync_v2 = _copy  # noqa: N815

    def _cuStreamBeginCapture_v2(self, stream, mode):  # noqa: N802
        self.capturing, self.graph = True, []

    def _cuStreamEndCapture(self, stream, pointer):  # noqa: N802
        self.capturing = False
        self._put(pointer, 55)

    def _cuGraphInstantiateWithFlags(self, pointer, graph, flags):  # noqa: N802
        self._put(pointer, 66)

    def _cuGraphLaunch(self, graph, stream):  # noqa: N802
        for work in self.graph:
            work()

    def cuGetErrorString(self, code, pointer):  # noqa: N802
        self._put(pointer, b"told by the driver")


SHAPES = {"left": (1, 3), "right": (1, 3), "total": (1, 3)}


class Engine:
    """An «engine» that adds its two inputs."""

    num_io_tensors = 3

    def __init__(self, driver):
        self.driver, self.addresses, self.works = driver, {}, True

    def get_tensor_name(self, index):
        return list(SHAPES)[index]

    def get_tensor_mode(self, name):
        return "out" if name == "total" else "in"

    def get_tensor_shape(self, name):
        return SHAPES[name]

    def get_tensor_dtype(self, name):
        return np.float32

    def create_execution_context(self):
        return self

    def set_tensor_address(self, name, address):
        self.addresses[name] = address

    def execute_async_v3(self, stream):
        assert stream == 77
        self.driver.do(self.add)
        return self.works

    def add(self):
        left, right, total = ((ctypes.c_float * 3).from_address(self.addresses[name]) for name in SHAPES)
        for index in range(3):
            total[index] = left[index] + right[index]


@pytest.fixture
def machine():
    """Driver, engine, and how to open a session on them."""
    driver = Driver()
    engine = Engine(driver)
    severity = types.SimpleNamespace(ERROR=1, INTERNAL_ERROR=0)
    logger = type("ILogger", (), {"Severity": severity, "__init__": lambda self: None})
    trt = types.SimpleNamespace(
        ILogger=logger,
        Runtime=lambda log: types.SimpleNamespace(
            deserialize_cuda_engine=lambda plan: engine if plan == b"plan" else log.errors.append(plan.decode())
        ),
        TensorIOMode=types.SimpleNamespace(INPUT="in"),
        nptype=lambda dtype: dtype,
    )

    def open_session(plan=b"plan", name="tensorrt"):
        return TensorRtSession(library.Library(trt, name, "10"), Device(driver), plan, Path("m.onnx"), "fp16")

    return driver, engine, open_session


def feeds(value):
    return {"left": np.full((1, 3), value, np.float32), "right": np.array([[1, 2, 3]], np.float32)}


@pytest.mark.parametrize("graph", [True, False])
def test_the_session_copies_computes_and_copies_back(machine, graph):
    driver, _, open_session = machine
    if not graph:
        driver.fail["cuGraphInstantiateWithFlags"] = 801  # not supported
    session = open_session()
    assert session.uses_graph is graph
    assert [(s.name, s.shape) for s in session.inputs] == [("left", (1, 3)), ("right", (1, 3))]
    for value in (1, 10):
        np.testing.assert_array_equal(session.run(feeds(value))["total"], [[value + 1, value + 2, value + 3]])
    driver.calls.clear()
    session.run(feeds(5))
    copies = ["cuGraphLaunch"] if graph else ["cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2"]
    assert driver.calls == ["cuCtxSetCurrent", *copies, "cuStreamSynchronize"]  # nothing is allocated
    with pytest.raises(KittError, match="could not be run: «left» is float64"):
        session.run({**feeds(1), "left": np.ones((1, 3))})
    driver.calls.clear()
    session.close()
    assert driver.calls[0] == "cuCtxSetCurrent"  # the thread that closes need not be the one that loaded
    assert driver.memory == {}
    with pytest.raises(KittError, match="is closed"):
        session.run(feeds(1))


def test_open_inputs_get_the_shape_the_engine_was_built_for_and_the_outputs_follow(machine):
    driver, engine, open_session = machine
    context, given = Engine(driver), {}
    context.set_input_shape = given.__setitem__
    context.get_tensor_shape = lambda name: given.get(name, SHAPES[name] if len(given) == 2 else (-1, 3))
    engine.get_tensor_shape = lambda name: (-1, 3)
    # TensorRT knows profiles of inputs only.
    engine.get_tensor_profile_shape = lambda name, profile: {"left": [(1, 3)] * 3, "right": [(1, 3)] * 3}[name]
    engine.create_execution_context = lambda: context
    session = open_session()
    assert given == {"left": (1, 3), "right": (1, 3)}
    np.testing.assert_array_equal(session.run(feeds(1))["total"], [[2, 3, 4]])
    session.close()


def test_a_refused_engine_and_too_little_memory(machine):
    driver, _, open_session = machine
    with pytest.raises(BackendError, match=r"refuses the engine of m.onnx \(another plan\)$"):
        open_session(b"another plan", "tensorrt_rtx_bindings")
    for name, remedy in (("tensorrt", ""), ("tensorrt_rtx_bindings", "this is TensorRT for RTX")):
        with pytest.raises(BackendError, match="refuses") as told:
            open_session(b"this GPU has compute capability 9.0", name)
        assert told.value.remedy.startswith(remedy) and bool(remedy) == bool(told.value.remedy)
    driver.fail["cuMemAlloc_v2"] = 2
    with pytest.raises(CudaError, match=r"out of memory: cuMemAlloc_v2 gave 2 \(told by the driver\)"):
        open_session()
    assert driver.memory == {}


def test_a_gpu_that_is_lost_is_a_backends_failure(machine):
    driver, engine, open_session = machine
    session = open_session()
    driver.fail["cuGraphLaunch"] = 719
    with pytest.raises(CudaError, match="the GPU is lost"):
        session.run(feeds(1))
    driver.fail["cuMemFreeHost"] = driver.fail["cuMemFree_v2"] = 719
    session.close()  # does not raise
    driver.fail.clear()
    engine.works = False
    with pytest.raises(BackendError, match=r"m\.onnx failed"):
        open_session()


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
