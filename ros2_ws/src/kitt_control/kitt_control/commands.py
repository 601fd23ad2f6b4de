"""A command as it arrives, and whether it may be obeyed at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.parameters import ControllerParameters
from kitt_text.grammar import SlotValue, Understanding

ACKNOWLEDGED = frozenset({"yes", "no", "learn_routine", "routine_done", "forget_routine"})
"""Taken in silence: answers without a question, and what others than the controller obey."""
AHEAD = 0.1  # [s] a command may be stamped ahead of our clock, as the gate's future_tolerance has it
HARMLESS = frozenset(
    {"what_do_you_see", "how_many", "where_is", "how_are_you", "who_are_you", "hello", "help", *ACKNOWLEDGED}
)
"""Commands that are only answered: a network may find them in words that the grammar does not know."""


@dataclass(frozen=True)
class Command:
    """A VoiceCommand without ROS: `begin` and `end` are ROS times [s] of its words; no language where none is known."""

    name: str
    slots: tuple[SlotValue, ...] = ()
    text: str = ""
    language: str = "en"
    confidence: float = 1.0
    source: str = "text"
    begin: float = 0.0
    end: float = 0.0

    @classmethod
    def of(cls, understood: Understanding, source: str, begin: float, end: float) -> Command:
        """What was made of a text. Only the grammar's own words move the car, never what a network made of others."""
        u = understood
        name = u.command if u.exact or u.command in HARMLESS else ""
        return cls(name, u.slots, u.text, u.language, u.confidence, source, begin, end)

    def slot(self, name: str) -> SlotValue | None:
        """The first slot of that name."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def value(self, name: str) -> float | None:
        """The value of a slot, None where it was not said."""
        found = self.slot(name)
        return None if found is None else found.value

    @property
    def label(self) -> str:
        """The class that was named, "" for none."""
        found = self.slot("object")
        return "" if found is None else found.label


def refusal(command: Command, now_ros: float, p: ControllerParameters) -> str:
    """The key of the phrase that refuses a command, "" to obey it.

    A stop is always obeyed: it cannot be too old, too uncertain or too far in the future to stand still for.
    """
    if command.name == "stop":
        return ""
    age = now_ros - command.end
    if not (math.isfinite(age) and -AHEAD <= age <= p.command_max_age and command.begin <= command.end):
        return "refused_old"
    if command.source == "speech" and not command.begin > 0.0:  # heard, but when?
        return "refused_old"
    if not command.name:
        return "refused_unknown"
    if not command.confidence >= p.min_confidence:  # also NaN
        return "refused_unsure"
    return next((key for key in (_refused_slot(slot, p) for slot in command.slots) if key), "")


def _refused_slot(slot: SlotValue, p: ControllerParameters) -> str:
    if slot.name == "object":
        return "" if slot.label else "refused_unknown"
    limits = {"distance": p.max_distance, "angle": p.max_angle, "duration": p.max_duration}
    fits = 0.0 < slot.value <= limits[slot.name] if slot.name in limits else True
    return "" if fits and (slot.name != "number" or math.isfinite(slot.value)) else "refused_value"
