"""Faults of the camera that a scenario may cause: a picture that stands still, a covered or dark lens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EVENTS = ("camera freezes", "camera is covered", "camera is dark", "camera works")


class CameraFault:
    """Spoils pictures from the event on, until «camera works»."""

    def __init__(self) -> None:
        self._event = EVENTS[-1]
        self._kept: NDArray[np.uint8] | None = None
        self._chance = np.random.default_rng(0)

    def take(self, event: str) -> bool:
        """Whether an event concerns the camera; if so it holds from the next picture on."""
        if event not in EVENTS:
            return False
        self._event, self._kept = event, None
        return True

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) as the faulty camera gives it."""
        if self._event == "camera freezes":
            self._kept = picture if self._kept is None else self._kept
            return self._kept
        if self._event == "camera is covered":  # something grey against the lens: light, no edges, the sensor's noise
            return np.asarray(self._chance.integers(116, 121, picture.shape), np.uint8)
        if self._event == "camera is dark":
            return picture // 40
        return picture
