"""What is said to the car in the demo, and when. The sounds were made by tools/demo_lines.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "lines"
SILENCE_S = 0.25
"""Silence before and after the words in each recording [s]."""
LAST_S = 4.0
"""A line «at the end» is said so long before it [s]."""


@dataclass(frozen=True)
class Line:
    """One line: `spoken` as a voice says it, `text` as it is typed where it was not understood, `command` its meaning.

    `at_s` [s] from the run's start; negative: from its end.
    """

    name: str
    spoken: str
    text: str
    command: str
    at_s: float

    @property
    def file(self) -> Path:
        """The recording."""
        return FOLDER / f"{self.name}.flac"


LINES = (
    Line("start_driving", "Start driving.", "start driving", "go", 0.0),
    Line("what_do_you_see", "What do you see?", "what do you see", "what_do_you_see", 8.0),
    Line("stop", "Stop!", "stop", "stop", -LAST_S),
)


def times(duration_s: float) -> list[tuple[float, Line]]:
    """Lines with the time [s] at which they are said; in a short run those that come too late for it are left out."""
    due = [(line.at_s if line.at_s >= 0.0 else duration_s + line.at_s, line) for line in LINES]
    return [(at_s, line) for at_s, line in due if at_s == 0.0 or 6.0 <= at_s <= duration_s - LAST_S]
