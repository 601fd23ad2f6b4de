"""What a sound does in the ears, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from kitt_console.inside import draw
from kitt_console.inside.figures import Figure, Section
from kitt_inference.lstm_walk import Gates
from kitt_voice.inside import STEP_S, HearingLook

Array = np.ndarray[Any, Any]
_COMMANDS = 6
_FULL = 0.97
_NAMES = {
    "i": "input gate: how much is written", "f": "forget gate: how much is kept", "o": "output gate: how much is shown",
    "g": "candidate: what would be written", "c": "memory: c = f * c + i * g", "h": "output: h = o * tanh(c)",
}  # fmt: skip


def sections(look: HearingLook) -> list[Section]:
    """The way of the sound through the network."""
    top = len(look.layers)
    layers = [
        Section(
            f"LSTM layer {number} of {top}",
            "Time runs from left to right, a row is a cell. The cells are sorted by when their memory is greatest.",
            gate_figures(layer, f"layer{number}"),
        )
        for number, layer in enumerate(look.layers, 1)
    ]
    return [_heard(look), *layers, _one_cell(look)]


def _heard(look: HearingLook) -> Section:
    heard = (
        ", ".join(f"«{event.text}» ({event.command}, {event.confidence:.2f})" for event in look.heard) or "no command"
    )
    mel = look.mel.T[::-1]
    phones = [(float(step), name) for name, step in look.phones]
    best = np.argsort(-look.odds.max(axis=0), kind="stable")[:_COMMANDS]
    last = look.odds[-1]
    best = best[np.argsort(-last[best], kind="stable")]
    alt = f"the command that wins is {look.commands[int(last.argmax())]} with {float(last.max()):.2f}"
    return Section(
        f"What was heard: {heard}",
        f"{look.model}: a recurrent network hears. Every 20 ms it takes the newest sound and what it remembers. "
        f"The gates below are worked out in numpy from the file's weights; the greatest difference to what ONNX "
        f"Runtime gives is {look.deviation:.0e}.",
        [
            Figure(
                "mel", "Mel spectrogram.", f"{len(look.mel) / 100:.2f} s from {look.begin_s:.2f} s on; below the deep "
                "tones, above the high ones: 40 bands as an ear has them.",
                "mel spectrogram", draw.png(draw.enlarged(draw.heat(mel), 720, 240)), "png", True,
            ),
            Figure(
                "odds", "Posterior of each command over time.", "As if one of them were being said: the probability of "
                "each after every 20 ms. Dashed: the phones of the best path.", alt,
                draw.chart([(look.commands[k].replace("_", " "), look.odds[:, k]) for k in best], alt, "seconds",
                           STEP_S, marks=phones), "svg", True,
            ),
            Figure(
                "speech", "Does somebody speak?", "The network's other output; and how sure it is that no phone is "
                "spoken just now (the blank of CTC).", "probability of speech and of the blank over time",
                draw.chart([("speech", look.speech), ("blank", np.exp(look.log_probs[:, 0]))],
                           "probability of speech and of the blank over time", "seconds", STEP_S), "svg", True,
            ),
        ],
    )  # fmt: skip


def _one_cell(look: HearingLook) -> Section:
    layer = look.layers[-1]
    cell = int((np.ptp(layer.f, axis=0) * np.ptp(layer.h, axis=0)).argmax())
    lines = [(name, getattr(layer, name)[:, cell]) for name in ("i", "f", "o", "g")]
    memory = layer.c[:, cell]
    most = float(np.abs(memory).max()) or 1.0
    lines.append((f"c / {most:.1f}", memory / most))
    lines.append(("h", layer.h[:, cell]))
    phones = [(float(step), name) for name, step in look.phones]
    alt = "gates, memory and output of one cell over time"
    return Section(
        "One cell", f"Cell {cell} of the last layer, one that both forgets and speaks while this is said.",
        [
            Figure(
                "cell", "Its gates and its memory.", "Where i rises something is written; where f falls it is "
                "forgotten; o says when it is told.", alt,
                draw.chart(lines, alt, "seconds", STEP_S, -1.0, 1.0, phones), "svg", True,
            )
        ],
    )  # fmt: skip


def gate_figures(gates: Gates, prefix: str) -> list[Figure]:
    """A heat map for each of the gates, the memory and the output; steps across, cells down."""
    order = np.argsort(np.abs(gates.c).argmax(axis=0), kind="stable")
    figures = []
    for name, words in _NAMES.items():
        values = getattr(gates, name)[:, order].T
        most = float(np.quantile(np.abs(values), _FULL)) or 1.0  # a few cells count on and on
        bgr = draw.heat(values, 0.0, 1.0) if name in "ifo" else draw.signed(values, most)
        note = "Dark 0, bright 1." if name in "ifo" else f"Red above 0, blue below; full colour from {most:.2g} on."
        picture = draw.png(draw.enlarged(bgr, max(360, bgr.shape[1]), max(160, min(bgr.shape[0], 208))))
        figures.append(Figure(f"{prefix}-{name}", f"{name}, {words}.", note, f"heat map of {words}", picture, "png"))
    return figures
