"""`kitt bench engines`: one network on everything that runs it here, in turns, in one run."""

from __future__ import annotations

import contextlib
import functools
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.bench.statistics import machine, percentiles_ms
from kitt_inference import backends, zoo
from kitt_inference.card import InputSpec, ModelCard
from kitt_inference.detection.preprocess import preprocess
from kitt_inference.engines import cuda, library
from kitt_inference.engines.key import PRECISIONS
from kitt_inference.engines.make import Target, find_target
from kitt_inference.errors import BackendError, KittError
from kitt_inference.graph import optimised
from kitt_inference.precision import export_pixels, find_export
from kitt_inference.session import Array, Session, open_session

_WARM_UP = 5


@dataclass
class Contestant:
    """Something that computes one frame; spent: seconds of each, over all rounds."""

    name: str
    run: Callable[[], object]
    spent: list[float]


def bench_engines(model: str, seconds: float, rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Latency, throughput and ratio to ONNX Runtime on the CPU (one thread) of every backend and every engine here.

    The bare engine is TensorRT's loop without our feeding: what of it is left is told as a ratio.

    Args:
        seconds: for each contestant in each of the rounds, in which they take turns.

    Raises:
        KittError: the model cannot be had.
    """
    target, about = find_target(model), machine()
    notes: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        found = list(_contestants(target, notes, stack))
        for turn in range(rounds):
            for contestant in list(found):
                tell(f"round {turn + 1} of {rounds}: {contestant.name}")
                try:
                    _measure(contestant, seconds)
                except KittError as error:
                    notes[contestant.name] = error.message
                    found.remove(contestant)
    medians = {one.name: float(np.median(one.spent)) for one in found}
    base = medians["onnxruntime"]
    return {
        "machine": {**about, "gpu": _gpu()},
        "versions": _versions(),
        "model": {"name": target.name, "file": target.file.name},
        "engines": {
            one.name: {
                **percentiles_ms(one.spent),
                "hz": round(1 / float(np.mean(one.spent)), 1),
                "times_as_fast": round(base / medians[one.name], 3),
            }
            for one in found
        },
        "of_the_bare_engine": {
            name.removesuffix(" bare"): round(spent / medians[name.removesuffix(" bare")], 3)
            for name, spent in medians.items()
            if name.endswith(" bare")
        },
        "notes": notes,
    }


def _measure(contestant: Contestant, seconds: float) -> None:
    for _ in range(_WARM_UP):
        contestant.run()
    end = time.perf_counter() + seconds
    count = 0
    while count < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        contestant.run()
        contestant.spent.append(time.perf_counter() - begin)
        count += 1


def _contestants(target: Target, notes: dict[str, str], stack: contextlib.ExitStack) -> Iterator[Contestant]:
    """ONNX Runtime on the CPU first: the others are compared with it."""
    reference = open_session(target.file, "onnxruntime", 1)
    stack.callback(reference.close)
    generator = np.random.default_rng(0)
    feeds = {}
    for spec in reference.inputs:
        shape = tuple(max(1, side) for side in spec.shape)
        feeds[spec.name] = generator.uniform(0, 1, shape).astype(spec.dtype)

    def contestant(name: str, session: Session) -> Contestant:
        stack.callback(session.close)
        return Contestant(name, lambda: session.run(feeds), [])

    yield Contestant("onnxruntime", lambda: reference.run(feeds), [])
    plain = _as_it_is(target)
    if plain is not None:
        yield Contestant("onnxruntime, file as it is", lambda: plain.run(None, feeds), [])
    if target.card is not None:
        with _noted(notes, "onnxruntime from a picture"):
            yield from _from_a_picture(target.card, target.file, reference, stack)
    export = find_export(target.name, target.file, "int8_cpu")
    if export is not None:
        yield contestant("onnxruntime int8", open_session(export.file, "onnxruntime", 1))
    for name in ("onnxruntime-cuda", "openvino"):
        with _noted(notes, name):
            yield contestant(name, open_session(target.file, name, 1))
    for name, compiled in (("torch eager", False), ("torch.compile", True)):
        with _noted(notes, name):
            from kitt_inference.backends import torch

            backends.named("torch")
            if compiled and (absent := cuda.missing()):
                raise BackendError(f"left out: {absent}, and on a CPU it compiles for minutes")
            yield contestant(name, torch.TorchSession(target.file, 1, compiled=compiled))
    for precision in PRECISIONS:
        with _noted(notes, f"tensorrt {precision}"):
            session = _engine(target, precision)
            yield contestant(f"tensorrt {precision}", session)
            yield Contestant(f"tensorrt {precision} bare", session.compute, [])


def _as_it_is(target: Target) -> Any:
    """ONNX Runtime on the file without our rewriting, None where there is nothing to rewrite."""
    import onnxruntime

    if optimised(target.file) is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(target.file), options, providers=["CPUExecutionProvider"])


def _from_a_picture(card: ModelCard, file: Path, planes: Session, stack: contextlib.ExitStack) -> Iterator[Contestant]:
    """From a camera's picture to the outputs: normalised by us, and by the network, whose file is made for it."""
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    made = zoo.resolve(str(export_pixels(card, file, Path(stack.enter_context(tempfile.TemporaryDirectory()))).file))
    pixels = open_session(made.file, "onnxruntime", 1)
    stack.callback(pixels.close)
    for name, session, spec in (("planes", planes, card.input), ("pixels", pixels, made.card.input)):
        yield Contestant(
            f"onnxruntime from a picture, {name} in", functools.partial(_prepare_and_run, session, spec, picture), []
        )


def _prepare_and_run(session: Session, spec: InputSpec, picture: Array) -> object:
    entry = session.inputs[0]
    return session.run({entry.name: preprocess(picture, spec, entry.dtype)[0]})


@contextlib.contextmanager
def _noted(notes: dict[str, str], name: str) -> Iterator[None]:
    try:
        yield
    except KittError as error:
        notes[name] = error.message


def _engine(target: Target, precision: str) -> Any:
    """The engine of a precision, as the cache has it. Raises BackendError."""
    from kitt_inference.backends import tensorrt
    from kitt_inference.download import sha256_of
    from kitt_inference.engines.cache import EngineCache
    from kitt_inference.engines.session import TensorRtSession

    loaded, device, cache = library.load(), cuda.Device(), EngineCache()
    here = {"library": loaded.name, "version": loaded.version, "gpu": device.name, "capability": device.capability}
    good, faults = tensorrt.candidates(cache, sha256_of(target.file), here)
    for entry in good:
        if entry.key["precision"] == precision:
            return TensorRtSession(loaded, device, cache.read(entry), target.file, precision)
    raise BackendError("; ".join(faults) or f"no engine: `kitt engine build {target.name} --precision {precision}`")


def _gpu() -> str:
    return cuda.missing() or " ".join(cuda.Device.describe(cuda.driver()))


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("onnxruntime", "onnxruntime-gpu", "openvino", "torch"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    with contextlib.suppress(BackendError):  # asked of itself: its packages have many names
        loaded = library.load()
        found[loaded.name] = loaded.version
    return found
