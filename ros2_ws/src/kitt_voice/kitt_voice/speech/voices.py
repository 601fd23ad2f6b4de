"""Which voice speaks a language: the best that this machine has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kitt_inference.errors import KittError
from kitt_voice.speech.base import Voice
from kitt_voice.speech.hibari import HibariVoice
from kitt_voice.speech.kokoro import Kokoro
from kitt_voice.speech.normalise import LANGUAGES
from kitt_voice.speech.programs import Espeak, Pico

ENGINES: dict[str, type[HibariVoice] | type[Kokoro] | type[Pico] | type[Espeak]] = {
    "hibari": HibariVoice, "kokoro": Kokoro, "pico": Pico, "espeak": Espeak,
}  # fmt: skip
AUTO = "auto"
CHOICES = (AUTO, *ENGINES)
# Pico comes last: its licence is clear, but Debian keeps it in non-free; it is taken where it is asked for
_AUTO = {"en": ("hibari", "espeak"), "fr": ("kokoro", "espeak"), "es": ("kokoro", "espeak")}


_Made = TypeVar("_Made")


def open_voice(name: str, language: str) -> Voice:
    """Load a voice; nothing is fetched.

    Args:
        name: one of `CHOICES`. auto: KITT's own, else espeak-ng.
        language: en, fr or es.

    Raises:
        KittError: no such voice, or the machine lacks what it needs; the remedy is that of the best one.
    """
    return _first(name, language, lambda engine: ENGINES[engine](language))


def name_of(name: str, language: str) -> str:
    """The name of the voice that `open_voice` would load, without loading it. Raises as it does."""
    return _first(name, language, lambda engine: ENGINES[engine].name_for(language))


def _first(name: str, language: str, make: Callable[[str], _Made]) -> _Made:
    if language not in LANGUAGES:
        raise KittError(f"there is no voice for «{language[:20]}»", f"take one of {', '.join(LANGUAGES)}")
    if name not in CHOICES:
        raise KittError(f"there is no voice «{name[:40]}»", f"take one of {', '.join(CHOICES)}")
    problems: list[KittError] = []
    for engine in _AUTO[language] if name == AUTO else (name,):
        try:
            return make(engine)
        except KittError as error:
            problems.append(error)
    raise KittError("; ".join(problem.message for problem in problems), problems[0].remedy)
