"""A recogniser's events as the verbs want them: commands only, plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kitt_text.grammar import SlotValue
from kitt_text.lexicon import Lexicon
from kitt_voice.heard import Heard
from kitt_voice.judge import PHONES_SHARE
from kitt_voice.recogniser import Recogniser
from kitt_voice.scoring import classify

Array = np.ndarray[Any, Any]


class CommandsOnly:
    """A recogniser for evaluation: commands come out, partial transcripts and activity do not."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser

    def reset(self) -> None:
        """Begin anew, as if just switched on."""
        self.recogniser.reset()

    def push(self, samples: Array) -> list[Heard]:
        """Commands that int16 samples complete."""
        return commands(self.recogniser.push(samples))

    def flush(self) -> list[Heard]:
        """Commands that the end of the audio completes."""
        return commands(self.recogniser.flush())


class ByWords:
    """Which of given words a clip is (`kitt_voice.evaluation_run.Classify`).

    Exact scores of every pronunciation, and the verifier's posteriors where it knows all the words.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._lexicons: dict[str, Lexicon] = {}

    def __call__(self, samples: Array, words: Sequence[str], language: str) -> str:
        """The word with the greatest score; the language "" counts as English. Raises KittError."""
        code = language or "en"
        if code not in self._lexicons:
            self._lexicons[code] = Lexicon.load(code)
        recording = self._recogniser.whole(samples)
        phrases = [(word, code) for word in words]
        scores = classify(recording.posteriors, phrases, self._lexicons)
        verified = self._recogniser.verified(recording, phrases)
        if verified is not None:
            scores = PHONES_SHARE * scores + verified
        return words[int(np.argmax(scores))]


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
