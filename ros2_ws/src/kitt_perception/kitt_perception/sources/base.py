"""What every source of pictures does, and the settings they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class SourceOptions:
    """Wishes; a source that cannot fulfil one gives what it has. 0 means: as the source is."""

    width: int = 0  # [px]
    height: int = 0  # [px]
    fps: float = 0.0  # [Hz]
    loop: bool = True  # files and folders begin again at their end
    timeout_s: float = 3.0  # a live source that gives nothing for so long is lost


class Source(ABC):
    """A source of BGR pictures (H, W, 3), uint8. One thread uses it; `open` and `close` may alternate.

    Attributes:
        name: what a person calls it, for messages.
        period_s: time between frames that the reader must keep [s]; None where the source itself is the clock.
    """

    name: str
    period_s: float | None = None

    @abstractmethod
    def open(self) -> None:
        """Raises KittError when the source cannot be opened (now): naming it, and what to do."""

    @abstractmethod
    def grab(self) -> bool:
        """Wait for the next picture without decoding it. False at the end. Raises KittError when the source is lost."""

    @abstractmethod
    def retrieve(self) -> Image | None:
        """The picture grabbed last; None when it cannot be decoded."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device. Never raises."""
