"""`kitt bench perception`: what of the bare network's speed is left in the car, and what other engines make of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.bench import over_ros, peers
from kitt_cli.bench.frames import load_frames
from kitt_cli.bench.statistics import Rate, machine, measure_rate, percentiles_ms
from kitt_inference import zoo
from kitt_inference.detection import ObjectDetector
from kitt_inference.detection.preprocess import preprocess
from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_perception.pipeline import TRACKING_PART

TARGET_RATIO = 0.85
_STAGES = ("wait", "decode", "preprocess", "inference", "postprocess", "publish", "total")


@dataclass(frozen=True)
class Plan:
    """What to measure: seconds [s] for each contestant in each of the rounds.

    Contestants take turns, so that a machine that gets busier or hotter meanwhile slows all of them; what counts is the
    median of the rounds' ratios.
    """

    seconds: float = 5.0
    rounds: int = 3
    images: Path | None = None
    model: str = "auto"
    backend: str = "auto"
    threads: int = 0


def bench_perception(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the whole comparison; `tell` gets a line before each part. Raises KittError without model or pictures."""
    about = machine()
    frames, origin = load_frames(plan.images)
    resolved = zoo.resolve(plan.model)
    session = open_session(resolved.file, plan.backend, plan.threads)
    # The node's settings: with the tracker's low threshold, suppression has more to do than in `kitt detect`.
    detector = ObjectDetector(resolved.card, session, score=TRACKING_PART * resolved.card.thresholds.score)
    entry = session.inputs[0]
    tensors = [preprocess(frame, resolved.card.input, entry.dtype)[0] for frame in frames[:8]]
    rates: dict[str, list[Rate]] = {}
    notes: dict[str, str] = {}
    timings: list[Any] = []
    dropped = 0

    def add(name: str, rate: Rate) -> None:
        rates.setdefault(name, []).append(rate)

    contestants = _peers(resolved.file, session, plan.threads, tensors[0], notes)
    notes["through_ros"] = over_ros.ros_missing()
    with tempfile.NamedTemporaryFile(suffix=".npy") as stored:
        np.save(stored, frames)
        stored.flush()
        for turn in range(plan.rounds):
            tell(f"round {turn + 1} of {plan.rounds}: the bare network")
            add("session", measure_rate(lambda i: session.run({entry.name: tensors[i % len(tensors)]}), plan.seconds))
            tell("the detector library")
            add("detector", measure_rate(lambda i: detector.detect(frames[i % len(frames)]), plan.seconds))
            if not notes["through_ros"]:
                tell("camera process to detector node")
                # As many pictures as the bare network takes: more could not raise the ratio, only burn the machine.
                camera_hz = rates["session"][-1].hz
                settings = {"model": plan.model, "backend": plan.backend, "threads": plan.threads}
                with over_ros.own_domain() as node:
                    heard = over_ros.detector_rate(node, stored.name, camera_hz, plan.seconds, settings)
                add("through_ros", heard.rate)
                dropped += heard.dropped
                timings += heard.timings
            for name, run in contestants.items():
                tell(name)
                add(name, measure_rate(_each(run, tensors), plan.seconds))
    ratios = _ratios(rates)
    median = {name: round(float(np.median(row)), 4) for name, row in ratios.items()}
    return {
        "machine": about,
        "model": {"name": resolved.card.name, "sha256": resolved.card.sha256, "backend": session.backend},
        "threads": plan.threads,
        "pictures": origin,
        "rates": {name: sum(row[1:], row[0]).as_json() for name, row in rates.items()},
        "ratio_to_session": median,
        "ratio_of_each_round": ratios,
        "target": {"through_ros": TARGET_RATIO, "met": median.get("through_ros", 0.0) >= TARGET_RATIO},
        "latency": {stage: percentiles_ms([getattr(t, stage) for t in timings]) for stage in _STAGES}
        if timings
        else {},
        "images_dropped_on_purpose": dropped,
        "notes": {name: note for name, note in notes.items() if note},
    }


def _ratios(rates: dict[str, list[Rate]]) -> dict[str, list[float]]:
    """Rates as parts of the bare network's rate of the same round."""
    bare = rates["session"]
    return {
        name: [round(rate.hz / base.hz, 4) for rate, base in zip(row, bare, strict=True)]
        for name, row in rates.items()
        if name != "session"
    }


def _each(run: peers.Runner, tensors: list[Any]) -> Callable[[int], object]:
    return lambda index: run(tensors[index % len(tensors)])


def _peers(path: Path, session: Session, threads: int, tensor: Any, notes: dict[str, str]) -> dict[str, peers.Runner]:
    """The other engines that are here and compute the same; why not goes into notes."""
    import os

    found = {}
    outputs = [output.name for output in session.outputs]
    reference = list(session.run({session.inputs[0].name: tensor}).values())
    for name, make in peers.PEERS.items():
        try:
            run = make(path, outputs, threads or len(os.sched_getaffinity(0)))
            notes[name] = peers.disagreement(reference, run(tensor))
        except peers.NotInstalledError as missing:
            notes[name] = str(missing)
        except Exception as error:
            # An engine that cannot run this network is a result of the comparison, not its end.
            notes[name] = f"cannot run this model: {type(error).__name__}: {str(error).splitlines()[0][:200]}"
        if not notes[name]:
            found[name] = run
    return found


def bench_transport(count: int, rate: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Pictures of 640x480x3 between two processes: how many are lost, and how old they are on arrival."""
    missing = over_ros.ros_missing()
    if missing:
        raise KittError(f"the transport cannot be measured: {missing}", "")
    about = machine()
    frames, _ = load_frames(None)
    with tempfile.NamedTemporaryFile(suffix=".npy") as stored:
        np.save(stored, frames)
        stored.flush()
        tell(f"{count} pictures at {rate:g} Hz")
        with over_ros.own_domain() as node:
            result = over_ros.images_lost(stored.name, rate, count, node)
    ages = result.pop("ages_s")
    return {"machine": about, "shape": list(frames.shape[1:]), "rate_hz": rate, **result, "age": percentiles_ms(ages)}
