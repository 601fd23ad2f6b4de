"""Looking around: one turn, in place or as a circle, that notes what is seen, or ends where the thing sought is."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from kitt_control.motion import Manoeuvre
from kitt_control.parameters import ControllerParameters
from kitt_control.world import Odom, TrackFrame

SURE = 3  # frames of one track


@dataclass
class Search:
    """`label` is the class sought, "" when it only looks around."""

    label: str
    turn: Manoeuvre
    _frames: Counter[tuple[str, str]] = field(default_factory=Counter)
    _stamp: float = -math.inf

    @classmethod
    def begin(cls, label: str, odom: Odom, now: float) -> Search:
        """A whole turn to the left."""
        return cls(label, Manoeuvre("turn", 1.0, 2.0 * math.pi, "rad", odom, now))

    def update(self, frame: TrackFrame, p: ControllerParameters) -> None:
        """Note a new frame; the same frame again changes nothing."""
        if frame.stamp == self._stamp:
            return
        self._stamp = frame.stamp
        self._frames.update((t.label, t.id) for t in frame.tracks if t.score >= p.target_min_score)

    @property
    def seen(self) -> Counter[str]:
        """How many of each class have been seen for certain."""
        return Counter(label for (label, _), frames in self._frames.items() if frames >= SURE)

    @property
    def found(self) -> bool:
        """True when what was sought has been seen."""
        return bool(self.label) and self.seen[self.label] > 0
