"""Opening ears for a verb: model, grammar and recogniser, and their events as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar, SlotValue
from kitt_voice.acoustic import AcousticModel
from kitt_voice.recogniser import Heard, Recogniser, Settings

Array = np.ndarray[Any, Any]


def open_model(name: str = "auto", int8: bool = False) -> AcousticModel:
    """The acoustic model of that name. Raises KittError when it is not there."""
    return AcousticModel.load(name, int8=int8)


def languages_of(text: str, grammar: Grammar) -> tuple[str, ...]:
    """«en,fr» as language codes of the grammar.

    Raises:
        KittError: none, or one that the grammar does not have.
    """
    codes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [code for code in codes if code not in grammar.languages]
    if unknown or not codes:
        what = f"the grammar has no language {unknown[0]}" if unknown else "no language is given"
        raise KittError(what, f"write some of {','.join(grammar.languages)}")
    return codes


def load_grammar(path: Path | None) -> Grammar:
    """The packaged grammar with the user's phrases, or with those of a file. Raises KittError."""
    return Grammar.load(str(path) if path else None)


class CommandsOnly:
    """A recogniser for evaluation: commands come out, partial transcripts and activity do not."""

    def __init__(self, model: AcousticModel, grammar: Grammar, languages: Sequence[str], settings: Settings) -> None:
        self.recogniser = Recogniser(model, grammar, tuple(languages), settings)

    def reset(self) -> None:
        """Begin anew, as if just switched on."""
        self.recogniser.reset()

    def push(self, samples: Array) -> list[Heard]:
        """Commands that int16 samples complete."""
        return commands(self.recogniser.push(samples))

    def flush(self) -> list[Heard]:
        """Commands that the end of the audio completes."""
        return commands(self.recogniser.flush())


def commands(events: Iterable[object]) -> list[Heard]:
    """The commands among a recogniser's events."""
    return [event for event in events if isinstance(event, Heard)]


def slot_values(slots: Iterable[SlotValue]) -> list[dict[str, Any]]:
    """Slots for JSON: SI values, null where the value is a word."""
    return [
        {
            "name": slot.name, "text": slot.text, "value": None if math.isnan(slot.value) else round(slot.value, 6),
            "unit": slot.unit, "label": slot.label,
        }
        for slot in slots
    ]  # fmt: skip


def heard_values(heard: Heard) -> dict[str, Any]:
    """A command for JSON; begin and end [s] in the stream."""
    return {
        "command": heard.command, "slots": slot_values(heard.slots), "text": heard.text, "language": heard.language,
        "confidence": round(float(heard.confidence), 4), "begin": round(heard.begin_s, 3), "end": round(heard.end_s, 3),
    }  # fmt: skip
