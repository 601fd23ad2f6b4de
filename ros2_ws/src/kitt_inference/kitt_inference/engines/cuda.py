"""What KITT needs of CUDA's driver API, by ctypes: memory, streams, graphs. Every driver brings the library.

Names and meanings as in NVIDIA's CUDA Driver API reference. Not thread-safe: a `Device` is for one thread at a time.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from kitt_inference.errors import BackendError

LIBRARY = "libcuda.so.1"
REMEDY = "--backend auto computes with what is here; `kitt engine build --dry-run` needs no GPU"
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR
_CAPTURE_THREAD_LOCAL = 1
_STREAM_NON_BLOCKING = 1
_OUT_OF_MEMORY = 2
_LOST = {46, 214, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719}  # no context survives these


class CudaError(BackendError):
    """A call of the driver failed; code is its CUresult."""

    def __init__(self, call: str, code: int, text: str) -> None:
        kind = "the GPU is out of memory" if code == _OUT_OF_MEMORY else "the GPU is lost" if code in _LOST else "CUDA"
        super().__init__(f"{kind}: {call} gave {code} ({text})")
        self.code = code


@functools.lru_cache(maxsize=1)
def driver() -> Any:
    """The driver's library. Raises BackendError when there is none."""
    try:
        return ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise BackendError("no NVIDIA GPU: its driver is not here", REMEDY) from error


def missing() -> str:
    """Empty when there is a GPU, otherwise why not."""
    try:
        Device.describe(driver())
    except BackendError as error:
        return error.message
    return ""


class Device:
    """The first GPU with its primary context, which torch and ONNX Runtime share."""

    def __init__(self, library: Any = None) -> None:
        """Open it. Raises BackendError when there is none; library: the driver's (tests give another)."""
        self._library = library or driver()
        self.name, self.capability = self.describe(self._library)
        device, self._context = ctypes.c_int(), ctypes.c_void_p()
        self._call("cuDeviceGet", ctypes.byref(device), 0)
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), device)
        self.enter()

    @staticmethod
    def describe(library: Any) -> tuple[str, str]:
        """Name and compute capability («8.7») of the first GPU, without a context. Raises BackendError."""
        count, device = ctypes.c_int(), ctypes.c_int()
        _check(library, "cuInit", 0)
        _check(library, "cuDeviceGetCount", ctypes.byref(count))
        if not count.value:
            raise BackendError("no NVIDIA GPU", REMEDY)
        _check(library, "cuDeviceGet", ctypes.byref(device), 0)
        name = ctypes.create_string_buffer(128)
        _check(library, "cuDeviceGetName", name, 128, device)
        parts = []
        for attribute in (_MAJOR, _MINOR):
            value = ctypes.c_int()
            _check(library, "cuDeviceGetAttribute", ctypes.byref(value), attribute, device)
            parts.append(value.value)
        return name.value.decode(errors="replace"), f"{parts[0]}.{parts[1]}"

    def enter(self) -> None:
        """Make the context this thread's."""
        self._call("cuCtxSetCurrent", self._context)

    def allocate(self, size: int) -> int:
        """Device memory of size bytes; its address."""
        address = ctypes.c_uint64()
        self._call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(max(size, 1)))
        return address.value

    def allocate_host(self, size: int) -> int:
        """Pinned host memory of size bytes, which the GPU copies from and to by itself; its address."""
        address = ctypes.c_void_p()
        self._call("cuMemHostAlloc", ctypes.byref(address), ctypes.c_size_t(max(size, 1)), 0)
        return int(address.value or 0)

    def free(self, address: int) -> None:
        """Give device memory back."""
        self._call("cuMemFree_v2", ctypes.c_uint64(address))

    def free_host(self, address: int) -> None:
        """Give pinned memory back."""
        self._call("cuMemFreeHost", ctypes.c_void_p(address))

    def stream(self) -> int:
        """A new stream."""
        handle = ctypes.c_void_p()
        self._call("cuStreamCreate", ctypes.byref(handle), _STREAM_NON_BLOCKING)
        return int(handle.value or 0)

    def to_device(self, device: int, host: int, size: int, stream: int) -> None:
        """Copy size bytes from host to device, in the stream's order."""
        arguments = ctypes.c_uint64(device), ctypes.c_void_p(host), ctypes.c_size_t(size), ctypes.c_void_p(stream)
        self._call("cuMemcpyHtoDAsync_v2", *arguments)

    def to_host(self, host: int, device: int, size: int, stream: int) -> None:
        """Copy size bytes from device to host, in the stream's order."""
        arguments = ctypes.c_void_p(host), ctypes.c_uint64(device), ctypes.c_size_t(size), ctypes.c_void_p(stream)
        self._call("cuMemcpyDtoHAsync_v2", *arguments)

    def wait(self, stream: int) -> None:
        """Until the stream's work is done."""
        self._call("cuStreamSynchronize", ctypes.c_void_p(stream))

    def begin_capture(self, stream: int) -> None:
        """What is put into the stream from now on is noted instead of done."""
        self._call("cuStreamBeginCapture_v2", ctypes.c_void_p(stream), _CAPTURE_THREAD_LOCAL)

    def end_capture(self, stream: int) -> int:
        """The noted work as a graph that `launch` does at one stroke."""
        graph, runnable = ctypes.c_void_p(), ctypes.c_void_p()
        self._call("cuStreamEndCapture", ctypes.c_void_p(stream), ctypes.byref(graph))
        try:
            self._call("cuGraphInstantiateWithFlags", ctypes.byref(runnable), graph, ctypes.c_ulonglong(0))
        finally:
            self._call("cuGraphDestroy", graph)
        return int(runnable.value or 0)

    def launch(self, graph: int, stream: int) -> None:
        """Do a graph's work in the stream."""
        self._call("cuGraphLaunch", ctypes.c_void_p(graph), ctypes.c_void_p(stream))

    def drop_graph(self, graph: int) -> None:
        """Give a graph back."""
        self._call("cuGraphExecDestroy", ctypes.c_void_p(graph))

    def drop_stream(self, stream: int) -> None:
        """Give a stream back."""
        self._call("cuStreamDestroy_v2", ctypes.c_void_p(stream))

    def _call(self, name: str, *arguments: Any) -> None:
        _check(self._library, name, *arguments)


def _check(library: Any, name: str, *arguments: Any) -> None:
    try:
        code = getattr(library, name)(*arguments)
    except AttributeError as error:
        raise BackendError(f"this NVIDIA driver lacks {name}", "install a newer driver") from error
    if code:
        text = ctypes.c_char_p()
        library.cuGetErrorString(code, ctypes.byref(text))
        raise CudaError(name, code, (text.value or b"unknown").decode(errors="replace"))
