"""From a model to an engine that may run: export, build, compare with the reference, keep or refuse."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference import parity, precision, zoo
from kitt_inference.card import DETECTION, ModelCard, Tolerance, front_matter
from kitt_inference.detection import ObjectDetector
from kitt_inference.download import Progress, no_progress, sha256_of
from kitt_inference.engines import build, cuda, library
from kitt_inference.engines.cache import EngineCache, Entry
from kitt_inference.engines.key import DEFAULT_OPTIONS, PRECISIONS, BuildOptions, EngineKey
from kitt_inference.errors import KittError
from kitt_inference.pictures import list_pictures, read_picture
from kitt_inference.session import Session, open_session

_SPEED_RUNS = 30
_FRAMES_AT_MOST = 64


@dataclass(frozen=True)
class Target:
    """A network to make engines of; card: None for one that is no detector."""

    name: str
    file: Path
    card: ModelCard | None


@dataclass(frozen=True)
class Frames:
    """Pictures to compare on: a folder, by default the stored ones, and COCO annotations of pictures in it."""

    folder: Path | None = None
    annotations: Path | None = None

    def pictures(self) -> list[Path]:
        """At most 64, evenly from the folder. Raises KittError when there is none."""
        files = list_pictures(self.folder or zoo.models_dir() / "frames")
        return files[:: -(-len(files) // _FRAMES_AT_MOST)]


def find_target(model: str, progress: Progress = no_progress) -> Target:
    """A detector as in `zoo.resolve`, or another network by the path of its ONNX file. Raises KittError."""
    path = Path(model)
    beside = [place for place in (path.with_suffix(".md"), path.parent / "card.md") if place.is_file()]
    if (
        path.suffix == ".onnx"
        and path.is_file()
        and beside
        and front_matter(beside[0]).get("task") not in (None, DETECTION)
    ):
        return Target(path.stem, path, None)
    resolved = zoo.resolve(model, progress)
    return Target(resolved.card.name, resolved.file, resolved.card)


def in_precision(target: Target, wanted: str) -> Path:
    """The file of a target in a precision; float16 is exported when it is not here.

    Raises:
        KittError: the precision is unknown, or int8 was not exported yet (it needs photographs to calibrate on).
    """
    if wanted not in PRECISIONS:
        raise KittError(f"there is no precision {wanted}", f"take one of: {', '.join(PRECISIONS)}")
    if wanted == "fp32":
        return target.file
    found = precision.find_export(target.name, target.file, wanted)
    if found is not None:
        return found.file
    if wanted == "fp16":
        return precision.export_fp16(target.name, target.file).file
    raise KittError(
        f"{target.name} is not here in {wanted}",
        f"`kitt export detector --model {target.name} --precision int8 --images FOLDER` makes it",
    )


def key_of(
    target: Target, source: Path, wanted: str, options: BuildOptions, lib: library.Library, gpu: Any
) -> EngineKey:
    """The key of an engine on this machine; gpu has `name` and `capability`."""
    shapes = build.open_inputs(lib, source)
    return EngineKey(
        sha256_of(source), lib.name, lib.version, gpu.name, gpu.capability, wanted, shapes, options
    )  # fmt: skip


def make_engine(
    target: Target,
    wanted: str,
    frames: Frames,
    *,
    options: BuildOptions = DEFAULT_OPTIONS,
    tell: build.Tell = build.tell_nobody,
    force: bool = False,
) -> Entry:
    """Build an engine, compare it, and keep it when it passes; one that is good already is given at once.

    Args:
        force: build even when there is a good one, or one that was refused.

    Raises:
        BackendError: no GPU, no TensorRT, or TensorRT cannot build it.
        KittError: the cache cannot be written, there are no frames, or the engine misses the card's tolerance.
    """
    lib, device, cache = library.load(), cuda.Device(), EngineCache()
    cache.check_writable()
    pictures = frames.pictures() if target.card is not None else []
    tell(f"preparing {target.name} in {wanted}", 0.0)
    source = in_precision(target, wanted)
    key = key_of(target, source, wanted, options, lib, device)
    known = cache.find(key)
    if known is not None and not force:
        fault = cache.fault(known)
        if not fault:
            return known
        if known.refused:
            raise KittError(
                f"the engine was refused before: {known.refused}", "`kitt engine build --force` tries again"
            )
    plan = build.build_plan(lib, source, options, key.shapes, tell, cache.timing_file)
    session = _open(lib, device, plan, target.file, wanted)
    try:
        tell("comparing", 0.0)
        report, refused = judge(target, session, pictures, frames.annotations, tell)
        speed = measure(target, session)
    finally:
        session.close()
    about = {
        "model": target.name,
        "reference_sha256": sha256_of(target.file),
        "report": report,
        "speed": speed,
        "refused": refused,
    }
    entry = cache.store(key, plan, about)
    if refused:
        raise KittError(f"the {wanted} engine of {target.name} is refused: {refused}", "the backend before goes on")
    return entry


def judge(
    target: Target,
    session: Session,
    pictures: Sequence[Path],
    annotations: Path | None = None,
    tell: build.Tell = build.tell_nobody,
) -> tuple[dict[str, Any], str]:
    """The parity gate: what was measured against ONNX Runtime in float32, and why the candidate fails ("" passes)."""
    reference = open_session(target.file, "onnxruntime", 1)
    try:
        if target.card is None:
            worst = step_difference(reference, session)
            limit = Tolerance().score
            refused = "" if worst <= limit else f"outputs differ by {worst:.3g}, at most {limit:g}"
            return {"steps": _STEPS, "difference": worst}, refused
        ours, theirs = ObjectDetector(target.card, reference), ObjectDetector(target.card, session)
        frames = (read_picture(picture) for picture in pictures)
        found = parity.compare(
            ours, theirs, frames, target.card.tolerance.iou, lambda done: tell("comparing", done / len(pictures))
        )
        if annotations is not None:
            before, after = _average_precisions((ours, theirs), annotations, pictures[0].parent)
            found = dataclasses.replace(found, ap_reference=before, ap=after)
        return found.as_json(), found.misses(target.card.tolerance)
    finally:
        reference.close()


def _average_precisions(detectors: Sequence[ObjectDetector], annotations: Path, images: Path) -> list[float]:
    from kitt_inference import evaluation

    points = []
    for detector in detectors:
        detector.score = evaluation.SCORE
        points.append(evaluation.evaluate(detector, annotations, images).ap)
    return points


_STEPS = 200


def step_difference(reference: Session, candidate: Session) -> float:
    """Greatest difference of any output over 200 steps with random inputs; «x_out» is carried over to the input «x»."""
    generator = np.random.default_rng(0)
    states: list[dict[str, Any]] = [{}, {}]
    worst = 0.0
    for _ in range(_STEPS):
        fresh = {}
        for spec in reference.inputs:
            shape = tuple(max(1, side) for side in spec.shape)
            is_integer = np.issubdtype(spec.dtype, np.integer)
            drawn = generator.integers(0, 2, shape) if is_integer else generator.normal(size=shape)
            fresh[spec.name] = drawn.astype(spec.dtype)
        results = []
        for index, session in enumerate((reference, candidate)):
            results.append({k: np.array(v) for k, v in session.run({**fresh, **states[index]}).items()})
            states[index] = {n[:-4]: v for n, v in results[-1].items() if n.endswith("_out") and n[:-4] in fresh}
        differences = [float(np.abs(results[0][name] - results[1][name]).max()) for name in results[0]]
        worst = max(worst, *(value if np.isfinite(value) else float("inf") for value in differences))
    return worst


def measure(target: Target, session: Session, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Median milliseconds of candidate and reference in turns; ONNX Runtime as the car runs it, one thread.

    clock: `time.thread_time` for a candidate that computes in this thread too: what else the machine does counts less.
    """
    reference = open_session(target.file, "onnxruntime", 1)
    shapes = {spec.name: tuple(max(1, side) for side in spec.shape) for spec in reference.inputs}
    feeds = {spec.name: np.zeros(shapes[spec.name], spec.dtype) for spec in reference.inputs}
    spent: dict[str, list[float]] = {"engine_ms": [], "reference_ms": []}
    try:
        for turn in range(_SPEED_RUNS):
            for name, contestant in (("engine_ms", session), ("reference_ms", reference)):
                begin = clock()
                contestant.run(feeds)
                if turn >= 3:  # the first ones warm up
                    spent[name].append((clock() - begin) * 1e3)
    finally:
        reference.close()
    return {name: round(float(np.median(values)), 4) for name, values in spent.items()}


def _open(lib: library.Library, device: Any, plan: bytes, path: Path, wanted: str) -> Session:
    from kitt_inference.engines.session import TensorRtSession

    return TensorRtSession(lib, device, plan, path, wanted)


def stale(cache: EngineCache, here: dict[str, str]) -> Iterator[tuple[Entry, str]]:
    """Entries that no longer serve, and why: damaged, refused, or of another TensorRT or GPU."""
    for entry in cache.entries():
        others = [f"{part} {entry.key.get(part)}" for part, value in here.items() if entry.key.get(part) != value]
        fault = cache.fault(entry) or (f"made for {', '.join(others)}" if others else "")
        if fault:
            yield entry, fault
