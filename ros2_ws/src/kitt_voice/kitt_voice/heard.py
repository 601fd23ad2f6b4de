"""What the recogniser reports."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_text.grammar import SlotValue


@dataclass(frozen=True)
class Heard:
    """A command; times are seconds in the stream's sample time."""

    command: str
    slots: tuple[SlotValue, ...]
    text: str
    language: str
    confidence: float
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Partial:
    """What the utterance sounds like so far, or at its end (`final`); not a command yet."""

    text: str
    language: str
    final: bool
    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Activity:
    """Speech began or ended."""

    speech: bool
    at_s: float


Event = Heard | Partial | Activity
