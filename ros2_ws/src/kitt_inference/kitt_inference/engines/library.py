"""TensorRT itself: `tensorrt` as JetPack brings it, or `tensorrt_rtx_bindings` from the wheel tensorrt-rtx."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from kitt_inference.errors import BackendError

MODULES = ("tensorrt", "tensorrt_rtx_bindings")
REMEDY = "on a Jetson `sudo apt-get install python3-libnvinfer`, elsewhere `pip install tensorrt-rtx`"


@dataclass(frozen=True)
class Library:
    """The module, which of `MODULES` it is, and its version."""

    module: Any
    name: str
    version: str

    @property
    def other_gpu(self) -> str:
        """What helps where it does not run on this GPU; TensorRT for RTX leaves out data centres' ones (9.0, 10.0)."""
        return "" if self.name == "tensorrt" else "this is TensorRT for RTX: install the other, `pip install tensorrt`"


def installed() -> str:
    """The module that would be imported, "" for none; imports nothing."""
    return next((name for name in MODULES if importlib.util.find_spec(name) is not None), "")


def load() -> Library:
    """Import it. Raises BackendError when there is none, or none that can be imported."""
    failures = []
    for name in MODULES:
        if importlib.util.find_spec(name) is None:
            continue
        try:
            module = importlib.import_module(name)
            module.Builder  # noqa: B018 - PyPI's empty shells of tensorrt have none
        except Exception as error:  # libraries that are missing show up as anything
            failures.append(f"{name}: {' '.join(str(error).split())[:120]}")
            continue
        return Library(module, name, str(module.__version__))
    if failures:
        raise BackendError(f"TensorRT cannot be loaded ({'; '.join(failures)})", REMEDY)
    raise BackendError("TensorRT is not installed", REMEDY)


def make_log(library: Library) -> Any:
    """A TensorRT logger that keeps errors in its list `errors` and prints nothing."""
    base = library.module.ILogger
    worst = (library.module.ILogger.Severity.ERROR, library.module.ILogger.Severity.INTERNAL_ERROR)

    class Log(base):  # type: ignore[valid-type, misc]
        def __init__(self) -> None:
            base.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in worst:
                self.errors.append(message)

    return Log()
