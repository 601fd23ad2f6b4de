"""A TensorRT session on a driver and an engine that stand in for the GPU's: copies, shapes, memory, what is told."""

from __future__ import annotations

import ctypes
import types
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.engines import library
from kitt_inference.engines.cuda import CudaError, Device
from kitt_inference.engines.session import TensorRtSession
from kitt_inference.errors import BackendError, KittError


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
