"""What every source of sound does, and the settings they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SoundOptions:
    """Wishes; a source takes those that concern it. 0 means: as it is."""

    rate: int = 0  # sampling rate asked of a device [Hz]
    channels: int = 0  # channels asked of a device
    channel: int = -1  # which of them is heard; -1: their average
    pace: float = 1.0  # how fast a file plays, 1: real time, 0: as fast as it is taken
    loop: bool = False  # a file begins again at its end


@dataclass(frozen=True)
class Block:
    """samples: (n,) int16, mono, 16 kHz; captured_s: time.monotonic() of the first; clipped: how many hit the limit."""

    samples: Array
    captured_s: float
    clipped: int = 0


class SoundSource(ABC):
    """A source of sound. One thread uses it; `open` and `close` may alternate.

    Attributes:
        name: what a person calls it, for messages.
        live: a device, whose silence means something.
        overruns: how often samples were lost, since the start.
        warning: a fault that did not stop it, or empty.
        format: rate and channels that it captures, in words; empty while it is closed.
    """

    name: str
    live: bool = False
    overruns: int = 0
    warning: str = ""
    format: str = ""

    @abstractmethod
    def open(self) -> None:
        """Raises KittError when the source cannot be opened (now): naming it, and what to do."""

    @abstractmethod
    def read(self) -> Block | None:
        """Wait for the next block; None at the end. Raises KittError when the source is lost."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device. Never raises."""
