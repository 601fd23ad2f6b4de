"""The looks inside as one service: networks are opened when somebody looks first, and given back when nobody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import resources
from typing import Any

import numpy as np

from kitt_console.inside.figures import Section
from kitt_inference import zoo
from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]
_KEPT_S = 60.0


class Looks:
    """Sections of figures for a picture, a sound, a text. May be used from any thread; one look at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: the steady clock [s]."""
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Any, float]] = {}

    def picture(self, bgr: Array, model: str = "auto") -> list[Section]:
        """What a picture (H, W, 3), uint8, does in the detector. Raises KittError."""
        from kitt_console.inside import vision
        from kitt_inference.detection.inside import CnnInspector

        with self._lock:
            inspector = self._opened(f"detector {model}", lambda: CnnInspector(zoo.resolve(model)))
            return vision.sections(inspector.look(bgr))

    def sound(self, samples: Array) -> list[Section]:
        """What samples (n,) at 16 kHz do in the ears. Raises KittError."""
        from kitt_console.inside import hearing
        from kitt_voice.inside import EarInspector

        with self._lock:
            return hearing.sections(self._opened("ears", EarInspector).look(samples))

    def text(self, text: str, language: str = "") -> list[Section]:
        """What a text does in the completer. Raises KittError."""
        from kitt_console.inside import words
        from kitt_text.inside import TextInspector

        with self._lock:
            return words.sections(self._opened("words", TextInspector).look(text, language))

    def tidy(self) -> None:
        """Give back what nobody has used for a minute."""
        if self._open and self._lock.acquire(blocking=False):
            try:
                gone = self._clock() - _KEPT_S
                self._open = {name: entry for name, entry in self._open.items() if entry[1] > gone}
            finally:
                self._lock.release()

    def _opened(self, name: str, make: Callable[[], Any]) -> Any:
        thing = self._open[name][0] if name in self._open else make()
        self._open[name] = thing, self._clock()
        return thing


def style() -> str:
    """The style sheet of a report.

    Raises:
        KittError: the package is not whole.
    """
    file = resources.files("kitt_console") / "page" / "inside.css"
    if not file.is_file():
        raise KittError("the console's page/inside.css is missing", "install the package anew")
    return file.read_text("utf-8")
