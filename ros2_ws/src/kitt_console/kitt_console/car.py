"""What the console needs of the car. The node gives it over ROS, tests without."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Samples = np.ndarray[Any, np.dtype[np.int16]]


class Car(Protocol):
    """May be called from the server's thread; nothing here waits but what is async."""

    def type_line(self, text: str, language: str) -> bool:
        """Send a typed line; False where nobody hears it."""

    def steer(self, speed: float, turn: float) -> None:
        """One wish of the stick [m/s, rad/s]."""

    def stop(self) -> None:
        """Ask for the emergency stop."""

    def stopped_since(self, begin: float) -> bool:
        """Whether the gate has said after `begin` [s, steady clock] that the emergency stop holds."""

    async def release(self) -> tuple[bool, str]:
        """Release the emergency stop; whether the gate did, and its words."""

    async def help_typing(self, text: str, language: str) -> dict[str, Any] | None:
        """Completions, correction and meaning of a line so far; None where nobody gives them.

        Keys: «completions» (list of text, suffix, score, command), «corrected» (the line, where it differs),
        «command», «confidence», «reason», «late» (some of it was not there in time: ask again).
        """

    def newest_picture(self) -> tuple[bytes, str] | None:
        """The JPEG now on screen and the detector's model, «auto» where it is not known; None: there is none yet.

        Asking keeps the camera's picture coming for a few seconds.
        """

    def newest_sound(self) -> Samples | None:
        """The last seconds of the microphone, at 16 kHz; None: nothing was heard yet.

        Asking keeps the sound coming for a few seconds.
        """
