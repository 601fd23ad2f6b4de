"""What the page «Look inside» looks at: the picture on screen, and the last seconds of sound while it is asked for."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import numpy as np

from kitt_console.car import Samples
from kitt_core.node import KittNode

_ASKED_S = 5.0  # after the last question the sound is given up
_KEPT_S = 6.0
_RATE = 16000


class Senses:
    """Belongs to the node's thread, but for `newest_picture` and `newest_sound`."""

    def __init__(self, node: KittNode) -> None:
        self._node = node
        self._jpeg: bytes | None = None
        self._model = "auto"
        self._chunks: deque[Samples] = deque(maxlen=round(_KEPT_S * 50))
        self._ears: Any = None
        self._picture_at = self._sound_at = float("-inf")

    @property
    def looking(self) -> bool:
        """Whether somebody asked for a picture lately."""
        return time.monotonic() - self._picture_at < _ASKED_S

    def picture(self, jpeg: bytes) -> None:
        """The picture that goes to the pages."""
        self._jpeg = jpeg

    def model(self, message: Any) -> None:
        """kitt_interfaces/ModelStatus of the detector."""
        self._model = str(message.model) or "auto"

    def tick(self) -> None:
        """Listen while somebody asks."""
        asked = time.monotonic() - self._sound_at < _ASKED_S
        if asked and self._ears is None:
            self._ears = self._node.listen("/audio", self._hear)
        elif not asked and self._ears is not None:
            self._node.ignore(self._ears)
            self._ears = None
            self._chunks.clear()

    def newest_picture(self) -> tuple[bytes, str] | None:
        """See `kitt_console.car.Car`; from any thread."""
        self._picture_at = time.monotonic()
        return None if self._jpeg is None else (self._jpeg, self._model)

    def newest_sound(self) -> Samples | None:
        """See `kitt_console.car.Car`; from any thread."""
        self._sound_at = time.monotonic()
        chunks = list(self._chunks)
        return np.concatenate(chunks) if chunks else None

    def _hear(self, message: Any) -> None:
        if message.sample_rate == _RATE:
            self._chunks.append(np.array(message.samples, np.int16))
