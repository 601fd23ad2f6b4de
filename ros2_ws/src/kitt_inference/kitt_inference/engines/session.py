"""A TensorRT engine as a `Session`: pinned memory, one copy in and one out, a CUDA graph, nothing allocated a frame."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.engines.cuda import Device
from kitt_inference.engines.library import Library, make_log
from kitt_inference.errors import BackendError
from kitt_inference.session import Array, NetworkSession, TensorSpec

_ALIGNMENT = 256  # bytes: what TensorRT asks of addresses


class TensorRtSession(NetworkSession):
    """`Session` over a TensorRT execution context.

    All inputs lie one behind the other in one piece of pinned memory and in one of the GPU's, outputs alike: a frame is
    one copy in, the network, one copy out, and these three are one CUDA graph where TensorRT permits it.

    The arrays that `run` gives are views of the pinned memory: the next `run` overwrites them.
    """

    def __init__(self, library: Library, device: Device, plan: bytes, path: Path, precision: str) -> None:
        """Load an engine.

        Args:
            plan: from `kitt_inference.engines.build`, for this GPU and TensorRT. path: the model, for messages.

        Raises:
            BackendError: TensorRT or the GPU refuses it.
        """
        super().__init__(path, "tensorrt")
        self.precision = precision
        self._memory: list[tuple[int, int]] = []
        self._graph = self._stream = 0
        self._device, self._log = device, make_log(library)
        device.enter()
        trt = library.module
        self._runtime: Any = trt.Runtime(self._log)
        self._engine: Any = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            why = self._last_error()
            remedy = library.other_gpu if "compute capability" in why else ""
            raise BackendError(f"TensorRT refuses the engine of {path.name} ({why})", remedy)
        self._context: Any = self._engine.create_execution_context()
        if self._context is None:
            raise BackendError(f"the engine of {path.name} finds no memory on the GPU ({self._last_error()})")
        try:
            self._stream = device.stream()
            names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
            modes = {name: self._engine.get_tensor_mode(name) for name in names}
            inputs = [n for n in names if modes[n] == trt.TensorIOMode.INPUT]
            self._settle(inputs)
            self._in = self._lay_out(inputs, trt)
            self._out = self._lay_out([n for n in names if n not in inputs], trt)
            self._inputs, self._outputs = self._in.specs, self._out.specs
            self._capture()
        except BackendError:
            self.close()
            raise

    @property
    def uses_graph(self) -> bool:
        """Whether a frame is one CUDA graph."""
        return bool(self._graph)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; see `Session.run`. The results hold until the next run."""
        self._check(feeds)
        for name, value in feeds.items():
            np.copyto(self._in.views[name], value)
        self._device.enter()  # the thread may be another one than that which loaded
        self.compute()
        return dict(self._out.views)

    def compute(self) -> None:
        """One frame with what lies in the input's memory: the bare loop that `run` is measured against."""
        if self._graph:
            self._device.launch(self._graph, self._stream)
        else:
            self._enqueue()
        self._device.wait(self._stream)

    def close(self) -> None:
        """Free the GPU's memory. What a lost GPU no longer takes back is left to the process's end."""
        if self._closed:
            return
        self._closed = True
        self._context = self._engine = None
        with contextlib.suppress(BackendError):
            self._device.enter()  # the thread may be another one than that which loaded, the garbage collector's too
        steps = [(self._device.drop_graph, self._graph), (self._device.drop_stream, self._stream)]
        for host, device in self._memory:
            steps += [(self._device.free_host, host), (self._device.free, device)]
        for give_back, handle in steps:
            with contextlib.suppress(BackendError):
                if handle:
                    give_back(handle)

    def __del__(self) -> None:
        """The GPU's memory is not Python's: a session that is replaced while it works goes with its last user."""
        if hasattr(self, "_closed"):
            self.close()

    def _settle(self, inputs: list[str]) -> None:
        """Give open inputs the one shape that the engine was built for; the outputs' shapes follow from it."""
        for name in inputs:
            if -1 in tuple(self._engine.get_tensor_shape(name)):
                self._context.set_input_shape(name, tuple(self._engine.get_tensor_profile_shape(name, 0)[1]))

    def _lay_out(self, names: list[str], trt: Any) -> _Block:
        """Memory for some tensors, whose addresses the context then knows."""
        specs, offsets, size = [], [], 0
        for name in names:
            shape = tuple(self._context.get_tensor_shape(name))
            if -1 in shape:
                raise BackendError(f"the engine of {self._path.name} leaves the shape of «{name}» open: {shape}")
            spec = TensorSpec(name, shape, np.dtype(trt.nptype(self._engine.get_tensor_dtype(name))))
            specs.append(spec)
            offsets.append(size)
            bytes_ = int(np.prod(shape)) * spec.dtype.itemsize
            size += -(-bytes_ // _ALIGNMENT) * _ALIGNMENT
        host, device = self._device.allocate_host(size), 0
        self._memory.append((host, 0))
        device = self._device.allocate(size)
        self._memory[-1] = (host, device)
        whole = (ctypes.c_uint8 * max(size, 1)).from_address(host)
        views = {}
        for spec, offset in zip(specs, offsets, strict=True):
            view: Array = np.frombuffer(memoryview(whole), spec.dtype, int(np.prod(spec.shape)), offset)
            views[spec.name] = view.reshape(spec.shape)
            self._context.set_tensor_address(spec.name, device + offset)
        return _Block(tuple(specs), views, host, device, size)

    def _enqueue(self) -> None:
        self._device.to_device(self._in.device, self._in.host, self._in.size, self._stream)
        if not self._context.execute_async_v3(self._stream):
            raise BackendError(f"the engine of {self._path.name} failed ({self._last_error()})")
        self._device.to_host(self._out.host, self._out.device, self._out.size, self._stream)

    def _capture(self) -> None:
        """Make a graph of a frame; where that cannot be done, frames are enqueued step by step.

        Once before without: TensorRT sets itself up on the first run, which must not be in a graph.
        """
        self._enqueue()
        self._device.wait(self._stream)
        self._device.begin_capture(self._stream)
        try:
            self._enqueue()
        except BackendError:
            with contextlib.suppress(BackendError):
                self._device.drop_graph(self._device.end_capture(self._stream))
            return
        with contextlib.suppress(BackendError):
            self._graph = self._device.end_capture(self._stream)

    def _last_error(self) -> str:
        return self._log.errors[-1][:200] if self._log.errors else "no reason given"


class _Block:
    """Tensors that lie together: their specs, views of the pinned memory, both addresses, and the size in bytes."""

    def __init__(
        self, specs: tuple[TensorSpec, ...], views: dict[str, Array], host: int, device: int, size: int
    ) -> None:
        self.specs, self.views = specs, views
        self.host, self.device, self.size = host, device, size
