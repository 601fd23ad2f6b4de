"""`kitt bench speech`: what a step of 20 ms costs, part by part, and the network beside its int8 and a numpy LSTM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.bench.statistics import Rate, machine, measure_rate
from kitt_cli.demo.script import LINES
from kitt_cli.speech import sound
from kitt_inference.errors import KittError
from kitt_inference.session import open_session
from kitt_voice.acoustic import FEATURES, AcousticModel
from kitt_voice.confidence import Calibration
from kitt_voice.evaluation_audio import background, to_int16
from kitt_voice.evaluation_run import CHUNK
from kitt_voice.events import EventDetector
from kitt_voice.features import SAMPLE_RATE, LogMel, stack
from kitt_voice.judge import Judge
from kitt_voice.models import find, verifier_of
from kitt_voice.opening import OpenEars, open_ears
from kitt_voice.settings import STEP_S
from kitt_voice.verifier import Verifier
from kitt_voice.vocabulary import compile_vocabulary

Array = np.ndarray[Any, Any]
TARGET_US, TARGET_PERCENT = 100.0, 5.0
SECOND = round(1 / STEP_S)
"""Steps that the verifier is given: it looks at whole utterances, once each."""


def bench_speech(
    seconds: float, rounds: int, model: str, audio: Path | None, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Run the comparison; contestants take turns, the median of the rounds' ratios counts.

    Args:
        seconds: time for each contestant in each round [s].
        audio: a recording to hear; None: the demo's spoken lines with pauses between.

    Raises:
        KittError: no model, or the recording cannot be read.
    """
    about = machine()
    ears = open_ears(model, int8=False)
    samples = _recording(audio)
    chunks = [samples[at : at + CHUNK] for at in range(0, len(samples) - CHUNK, CHUNK)]
    contestants, notes = _contestants(ears, chunks, model)
    rates: dict[str, list[Rate]] = {name: [] for name in contestants}
    for turn in range(rounds):
        tell(f"round {turn + 1} of {rounds}")
        for name, run in contestants.items():
            rates[name].append(measure_rate(run, seconds, warm_up=50))
    whole = rates["whole"]
    ratios = {
        name: [round(base.hz / rate.hz, 4) for rate, base in zip(row, whole, strict=True)]
        for name, row in rates.items()
    }
    times = {name: round(1e6 / float(np.median([rate.hz for rate in row])), 2) for name, row in rates.items()}
    percent = round(times["whole"] * 1e-6 / STEP_S * 100, 3)
    return {
        "machine": about,
        "model": {"name": ears.model.name, "sha256": ears.model.sha256},
        "audio": str(audio) if audio else "the demo's lines",
        "us_per_step": times,
        "steps": {name: sum(rate.count for rate in row) for name, row in rates.items()},
        "part_of_whole": {name: round(float(np.median(row)), 4) for name, row in ratios.items()},
        "part_of_whole_by_round": ratios,
        "network_to": {
            name: round(times["network"] / times[name], 3) for name in ("network_int8", "numpy_lstm") if name in times
        },
        "percent_of_a_core": percent,
        "target": {"us_per_step": TARGET_US, "percent_of_a_core": TARGET_PERCENT, "met": times["whole"] <= TARGET_US},
        "notes": notes,
    }


def _recording(path: Path | None) -> Array:
    """int16 samples: the given file, or the demo's lines, each with two seconds of its own background."""
    if path is not None:
        samples = sound.read_all(path, lambda _line: None)
        if len(samples) < SAMPLE_RATE:
            raise KittError(f"{path} is shorter than a second", "give a longer recording")
        return samples
    parts = []
    for line in LINES:
        said = sound.read_all(line.file, lambda _line: None)
        parts += [said, to_int16(background(said / 32768.0, 2 * SAMPLE_RATE, 0))]
    return np.concatenate(parts)


def _contestants(
    ears: OpenEars, chunks: list[Array], model: str
) -> tuple[dict[str, Callable[[int], object]], dict[str, str]]:
    """Name to one step of work; why one is missing."""
    count = len(chunks)
    mel = LogMel()
    steps = stack(LogMel().push(np.concatenate(chunks)))
    network = AcousticModel.load(ears.model.file)
    heard = [network.step(step) for step in steps]
    vocabulary = compile_vocabulary(ears.grammar, ears.languages)
    events = EventDetector(vocabulary, ears.settings, Judge(vocabulary.lexicons, Calibration()))
    contestants: dict[str, Callable[[int], object]] = {
        "whole": lambda i: ears.recogniser.push(chunks[i % count]),
        "features": lambda i: mel.push(chunks[i % count]),
        "network": lambda i: network.step(steps[i % len(steps)]),
        "decoder": _decoding(events, heard),
        "numpy_lstm": numpy_lstm(_state_shape(ears.model.file)),
    }
    file = verifier_of(ears.model)
    if file is not None:
        verifier = Verifier.load(file, len(network.top))
        second = [np.concatenate((step, network.top)) for step in steps[:SECOND]]
        contestants["verifier"] = lambda i: verifier.log_posteriors(second)
    notes = {}
    try:
        small = AcousticModel.load(find(model, int8=True).file)
        contestants["network_int8"] = lambda i: small.step(steps[i % len(steps)])
    except KittError as error:
        notes["network_int8"] = str(error)
    return contestants, notes


def _state_shape(file: Path) -> tuple[int, int, int]:
    """Layers, 1, and hidden units of the network in a file."""
    session = open_session(file, "onnxruntime", threads=1)
    layers, batch, hidden = next(spec.shape for spec in session.inputs if spec.name == "h")
    return int(layers), int(batch), int(hidden)


def _decoding(events: EventDetector, heard: list[tuple[Array, float]]) -> Callable[[int], object]:
    return lambda i: events.step(*heard[i % len(heard)])


def numpy_lstm(shape: tuple[int, int, int], inputs: int = FEATURES) -> Callable[[int], Array]:
    """One step of an LSTM of the same size in plain numpy (Hochreiter and Schmidhuber 1997), weights by seed.

    Args:
        shape: of the state, (layers, 1, hidden).
    """
    layers, _, hidden = shape
    random = np.random.default_rng(0)
    sizes = [inputs] + [hidden] * (layers - 1)
    weights = [random.standard_normal((4 * hidden, size + hidden), np.float32) * 0.1 for size in sizes]
    biases = [np.zeros(4 * hidden, np.float32) for _ in sizes]
    h = [np.zeros(hidden, np.float32) for _ in sizes]
    c = [np.zeros(hidden, np.float32) for _ in sizes]
    features = random.standard_normal(inputs).astype(np.float32)

    def step(_index: int) -> Array:
        x = features
        for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            gates = weight @ np.concatenate((x, h[layer])) + bias
            enter, forget, out = (1.0 / (1.0 + np.exp(-gates[k * hidden : (k + 1) * hidden])) for k in (0, 1, 3))
            c[layer] = forget * c[layer] + enter * np.tanh(gates[2 * hidden : 3 * hidden])
            x = h[layer] = out * np.tanh(c[layer])
        return x

    return step
