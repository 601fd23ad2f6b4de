"""What a text does in the completer, as figures."""

from __future__ import annotations

import numpy as np

from kitt_console.inside import draw
from kitt_console.inside.figures import Figure, Section, Table
from kitt_console.inside.hearing import gate_figures
from kitt_inference.lstm_walk import Gates
from kitt_text.inside import TextLook

_CELLS = 96
_MOST_WORDS = 12


def sections(look: TextLook) -> list[Section]:
    """The text, what was expected of it, and the state."""
    proposals = [(row.text[-48:], f"{row.score:.3f}", row.command.replace("_", " ")) for row in look.proposals]
    last = look.next_words[-1] if look.next_words else ("", ())
    most = max([probability for _, probability in last[1]] + [0.05])
    parts: list[Figure | Table] = [
        Figure(
            "next", "The next word.", f"After «{last[0].strip()[-60:]}»: the likeliest words.",
            ", ".join(f"{word} {probability:.3f}" for word, probability in last[1]) or "nothing likely",
            draw.bars(last[1] or [("nothing likely", 0.0)], "the likeliest next words", most), "svg",
        ),
        Table("What the completer proposes.", look.reason or "Whole commands among them.",
              ("text", "probability", "command"), proposals or [("none", "", "")]),
    ]  # fmt: skip
    return [
        Section(
            f"What comes next: {look.model}",
            "The same kind of network as in the ears, over pieces of words instead of sound: its state is all that it "
            f"knows of the text before. Gates and memory follow the formulas to {look.deviation:.0e}.",
            parts,
        ),
        Section("As the sentence grows", "The state changes with every piece, and with it what is expected.",
                [_surprise(look), _pieces(look), _growing(look)]),
        Section("Gates and memory", "A column is a piece, a row one of the cells that change most.",
                gate_figures(_few(look), "text")),
    ]  # fmt: skip


def _surprise(look: TextLook) -> Figure:
    values = np.array([step.surprise for step in look.steps], np.float32)
    marks = [(float(at), step.piece.replace("▁", "")) for at, step in enumerate(look.steps)]
    return Figure(
        "surprise", "How surprising was each piece?", "In bits: one bit for one of two, ten for one of a thousand.",
        "line chart of the surprise of each piece",
        draw.chart([("surprise [bit]", values)], "surprise of each piece", "piece", high=max(12.0, float(values.max())),
                   marks=marks), "svg", True,
    )  # fmt: skip


def _pieces(look: TextLook) -> Table:
    rows = [
        (step.piece, f"{step.surprise:.1f}", ", ".join(f"{piece} {p:.2f}" for piece, p in step.expected))
        for step in look.steps
    ]
    return Table("Piece by piece.", "What stood there, and what was expected in its place.",
                 ("piece", "bits", "expected"), rows)  # fmt: skip


def _growing(look: TextLook) -> Table:
    rows = [
        (f"…{text.strip()[-40:]}" if len(text) > 40 else text.strip(), ", ".join(f"{w} {p:.2f}" for w, p in words))
        for text, words in look.next_words[-_MOST_WORDS:]
    ]
    return Table("The next word, after each word.", "", ("text so far", "next words"), rows)


def _few(look: TextLook) -> Gates:
    chosen = np.argsort(-np.ptp(look.gates.c, axis=0), kind="stable")[:_CELLS]
    return Gates(*(getattr(look.gates, name)[:, chosen] for name in "ifogch"))
