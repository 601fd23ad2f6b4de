"""ONNX Runtime on an NVIDIA GPU, where a build of it for CUDA is installed (none from PyPI runs on a Jetson Orin)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from kitt_inference.errors import BackendError, KittError

if TYPE_CHECKING:
    from kitt_inference.session import Session

NAME = "onnxruntime-cuda"
PREFERENCE = 20


def missing() -> str:
    """Empty when ONNX Runtime has its CUDA library and there is a GPU."""
    from kitt_inference.engines import cuda

    found = importlib.util.find_spec("onnxruntime")
    if found is None or not found.origin:
        return "the Python package onnxruntime-gpu is not installed"
    if not list((Path(found.origin).parent / "capi").glob("libonnxruntime_providers_cuda*")):
        return "ONNX Runtime is here without CUDA"
    return cuda.missing()


def remedy() -> str:
    """How to get the library."""
    from kitt_inference.engines import cuda

    return f"`pip install onnxruntime-gpu` in place of onnxruntime; without a GPU {cuda.REMEDY}"


def open_model(path: Path, threads: int) -> Session:
    """Load an ONNX file onto the GPU. Raises BackendError when it cannot."""
    import onnxruntime

    from kitt_inference.backends.onnxruntime import OnnxRuntimeSession

    if hasattr(onnxruntime, "preload_dlls"):  # finds CUDA's libraries where pip has put them
        onnxruntime.preload_dlls()
    try:
        session = OnnxRuntimeSession(path, threads, NAME, ["CUDAExecutionProvider"])
    except KittError as error:
        raise BackendError(error.message, error.remedy) from error
    # Without its CUDA libraries ONNX Runtime takes the CPU instead and only logs it.
    if "CUDAExecutionProvider" not in session.providers:
        session.close()
        raise BackendError("ONNX Runtime could not use the GPU: it lacks CUDA or cuDNN libraries")
    return session
