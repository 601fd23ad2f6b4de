"""Where a scenario is played: the small interface between the runner and a simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kitt_sim.scenarios.record import Record


class Stage(Protocol):
    """A car in a world that can be spoken to and watched.

    Made for one scenario and seed; `record` grows while `advance` is called.
    """

    record: Record

    def advance(self, seconds: float) -> bool:
        """Goes on by about so much; False when it cannot go on."""
        ...

    def say(self, sound: Path) -> None:
        """Plays a recording into the microphone."""
        ...

    def type(self, text: str) -> None:
        """Types a line to the car."""
        ...

    def raise_event(self, name: str) -> None:
        """Makes something happen in the world."""
        ...

    def kill(self, node: str) -> None:
        """Kills a node.

        Raises:
            KittError: there are no nodes here, or none of that name.
        """
        ...

    def picture(self) -> NDArray[np.uint8] | None:
        """What the car's camera saw last: BGR (H, W, 3), None before its first picture."""
        ...
