"""TensorRT: engines from the cache, built by `kitt engine build` or by the detector in the background, never here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kitt_inference.engines import cuda, library
from kitt_inference.errors import BackendError, KittError

if TYPE_CHECKING:
    from kitt_inference.engines.cache import EngineCache, Entry
    from kitt_inference.session import Session

NAME = "tensorrt"
PREFERENCE = 10


def missing() -> str:
    """Empty when TensorRT is installed and there is a GPU."""
    if not library.installed():
        return "TensorRT is not installed"
    return cuda.missing()


def remedy() -> str:
    """How to get the library."""
    return cuda.REMEDY if library.installed() else library.REMEDY


def open_model(path: Path, _threads: int) -> Session:
    """Load the fastest accepted engine of a float32 ONNX file. Raises BackendError when there is none for this GPU."""
    from kitt_inference.download import sha256_of
    from kitt_inference.engines.cache import EngineCache
    from kitt_inference.engines.session import TensorRtSession

    loaded, device, cache = library.load(), cuda.Device(), EngineCache()
    here = {"library": loaded.name, "version": loaded.version, "gpu": device.name, "capability": device.capability}
    entries, faults = candidates(cache, sha256_of(path), here)
    for entry in entries:
        try:
            return TensorRtSession(loaded, device, cache.read(entry), path, str(entry.key["precision"]))
        except KittError as error:
            faults.append(error.message)
    raise BackendError(
        f"no engine of {path.name} for {device.name}" + (f" ({'; '.join(faults)})" if faults else ""),
        "`kitt engine build` makes one",
    )


def candidates(cache: EngineCache, sha256: str, here: Mapping[str, str]) -> tuple[list[Entry], list[str]]:
    """Engines of a float32 file that fit this machine and are worth it, the fastest first, and what bars the others.

    An engine that was measured slower than ONNX Runtime on the CPU when it was built is left alone: small recurrent
    steps are.
    """
    mine = [entry for entry in cache.entries() if entry.reference_sha256 == sha256]
    good, faults = [], []
    for entry in mine:
        if any(entry.key.get(part) != value for part, value in here.items()):
            continue
        fault = cache.fault(entry)
        engine, reference = entry.speed.get("engine_ms", 0.0), entry.speed.get("reference_ms", 0.0)
        if not fault and reference and engine > reference:
            fault = f"slower than the CPU ({engine:.3g} ms, {reference:.3g} ms)"
        if fault:
            faults.append(f"{entry.key['precision']}: {fault}")
        else:
            good.append(entry)
    return sorted(good, key=lambda entry: entry.speed.get("engine_ms", float("inf"))), faults
