"""Says the demo's lines into the car's microphone and looks whether they were understood. Pure: times are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kitt_cli.demo.script import Line

PATIENCE_S = 3.0
"""A line that has not been understood so long [s] after its end is typed."""


@dataclass
class Said:
    """A line that was said at `at_s` [s], with what came of it: `after_s` from its end to the command [s]."""

    line: Line
    at_s: float
    ends_s: float
    confidence: float | None = None
    after_s: float | None = None
    typed: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still waited for."""
        return self.confidence is None and not self.typed


class Talk:
    """Speaks what is due, at its time; types what the car has not understood."""

    def __init__(
        self,
        schedule: Sequence[tuple[float, Line]],
        speak: Callable[[Line], float],
        type_line: Callable[[str], None],
    ) -> None:
        """`speak` plays a line into the microphone and gives the time its words take [s]."""
        self._due = sorted(schedule, key=lambda entry: entry[0])
        self._speak, self._type = speak, type_line
        self.said: list[Said] = []
        self.others: list[str] = []

    def tick(self, now_s: float) -> None:
        """Go on at `now_s` [s] since the run's start."""
        while self._due and self._due[0][0] <= now_s:
            _, line = self._due.pop(0)
            self.said.append(Said(line, now_s, now_s + self._speak(line)))
        for said in self.said:
            if said.open and now_s > said.ends_s + PATIENCE_S:
                said.typed = True
                self._type(said.line.text)

    def heard(self, command: str, text: str, confidence: float, now_s: float) -> None:
        """The recogniser has published a spoken command at `now_s` [s] since the run's start."""
        for said in self.said:
            if said.open and said.line.command == command:
                said.confidence, said.after_s = confidence, now_s - said.ends_s
                return
        self.others.append(text)

    def summary(self) -> dict[str, Any]:
        """For --json: each line, how many were understood, how many typed, what was heard that nobody said."""
        return {
            "said": len(self.said),
            "understood": sum(said.confidence is not None for said in self.said),
            "typed": sum(said.typed for said in self.said),
            "heard_though_not_said": self.others,
            "lines": [
                {
                    "at_s": round(said.at_s, 2), "text": said.line.text, "understood": said.confidence is not None,
                    "confidence": None if said.confidence is None else round(said.confidence, 3),
                    "after_s": None if said.after_s is None else round(said.after_s, 3), "typed": said.typed,
                }
                for said in self.said
            ],
        }  # fmt: skip
