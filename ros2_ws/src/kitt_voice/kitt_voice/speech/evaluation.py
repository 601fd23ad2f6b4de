"""How well KITT's answers are understood, by recognisers of other makes, and how soon they are heard."""

from __future__ import annotations

import contextlib
import os
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text import numbers
from kitt_text.lexicon import Lexicon
from kitt_text.nouns import counted
from kitt_text.phrases import say
from kitt_text.words import tokens
from kitt_voice.resample import Resampler, to_int16
from kitt_voice.speech.base import RATE, Samples
from kitt_voice.speech.character import kitt
from kitt_voice.speech.normalise import LANGUAGES, speakable
from kitt_voice.speech.voices import ENGINES, open_voice
from kitt_voice.teaching import edit_distance

Hear = Callable[[Samples, str], str]
"""Int16 samples at 16 kHz and their language to a transcript."""
Progress = Callable[[str, int, int], None]

_NOUNS = {
    "en": {"car": ("car", "cars"), "person": ("person", "people"), "truck": ("truck", "trucks"),
           "bike": ("bicycle", "bicycles")},
    "fr": {"car": ("voiture", "voitures"), "person": ("personne", "personnes"), "truck": ("camion", "camions"),
           "bike": ("vélo", "vélos")},
    "es": {"car": ("coche", "coches"), "person": ("persona", "personas"), "truck": ("camión", "camiones"),
           "bike": ("bicicleta", "bicicletas")},
}  # fmt: skip
_SAME = {"kit": "kitt", "metre": "meter", "metres": "meters"}


def answers(language: str) -> list[str]:
    """Ten answers, as the controller composes them."""
    noun = _NOUNS[language]
    things = [counted(2, *noun["car"], language), counted(1, *noun["person"], language)]
    return [
        say("i_see", language, things=f" {say('and', language)} ".join(things)),
        say("where", language, target=noun["bike"][0], side=say("side_right", language), distance=5),
        say("emergency_released", language),
        say("refused_person", language),
        say("refused_obstacle", language),
        say("target_lost", language, target=noun["truck"][0]),
        say("blocked", language),
        say("well", language, state="waiting for person"),
        say("who", language),
        say("help", language),
    ]


def evaluate(
    recognisers: Mapping[str, Hear],
    languages: Sequence[str] = LANGUAGES,
    engines: Sequence[str] = ("auto", *ENGINES),
    texts: Mapping[str, Sequence[str]] | None = None,
    progress: Progress = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """Word error rates and speed of the voices, side by side.

    Args:
        recognisers: name to recogniser; one that raises KittError for a language is left out there.
        engines: of `voices.CHOICES`; those that the machine lacks are named with the reason.
        texts: language to what is said; else `answers`.

    Returns:
        {language: {engine: row}}; a row has `voice`, `sentences`, `words`, `wer` {recogniser: share}, `per` (the
        same of the phones that the words have: «levé» and «levée» sound alike), `misheard`,
        `real_time_factor` (synthesis time over duration), `cpu_factor` (the same in CPU time, whatever else runs) and
        `first_sound_ms` (median and greatest, text to samples, nothing cached), or `missing`.
    """
    report: dict[str, Any] = {}
    for language in languages:
        said = list((texts or {}).get(language) or answers(language))
        rows = report.setdefault(language, {})
        for engine in engines:
            try:
                rows[engine] = _row(engine, language, said, recognisers, progress)
            except KittError as error:
                rows[engine] = {"missing": str(error)}
    return report


def _row(
    engine: str, language: str, texts: list[str], recognisers: Mapping[str, Hear], progress: Progress
) -> dict[str, Any]:
    voice = open_voice(engine, language)
    kitt(voice.speak(speakable(texts[0], language).pieces[0], language))  # the first run loads and allocates
    errors: dict[str, int] = {}
    unlike: dict[str, list[int]] = {}
    misheard: list[dict[str, str]] = []
    spent_s = sounded_s = cpu_s = 0.0
    first_ms, words, sounds = [], 0, 0
    for done, text in enumerate(texts):
        progress(f"{language} {engine}", done, len(texts))
        parts: list[Samples] = []
        for piece in speakable(text, language).pieces:
            begin, cpu_before_s = time.perf_counter(), _cpu_s()
            parts.append(kitt(voice.speak(piece, language)))
            took_s = time.perf_counter() - begin
            cpu_s += _cpu_s() - cpu_before_s
            first_ms += [1e3 * took_s] if len(parts) == 1 else []
            spent_s += took_s
            sounded_s += len(parts[-1]) / RATE
        wanted = spoken_words(text, language)
        words += len(wanted)
        phones = _sounds(text, language)
        sounds += len(phones)
        samples = _sixteen_kilohertz(parts)
        for name, hear in recognisers.items():
            try:
                heard = hear(samples, language)
            except KittError:
                continue
            wrong = edit_distance(wanted, spoken_words(heard, language))
            errors[name] = errors.get(name, 0) + wrong
            unlike.setdefault(name, []).append(edit_distance(phones, _sounds(heard, language)))
            if wrong:
                misheard.append({"by": name, "said": text, "heard": heard})
    progress(f"{language} {engine}", len(texts), len(texts))
    return {
        "voice": voice.name,
        "sentences": len(texts),
        "words": words,
        "wer": {name: wrong / max(words, 1) for name, wrong in errors.items()},
        "per": {name: sum(wrong) / max(sounds, 1) for name, wrong in unlike.items()},
        "misheard": misheard,
        "real_time_factor": spent_s / max(sounded_s, 1e-9),
        "cpu_factor": cpu_s / max(sounded_s, 1e-9),
        "first_sound_ms": {"median": statistics.median(first_ms), "max": max(first_ms)},
    }


def _sounds(text: str, language: str) -> list[str]:
    """The phones of a text's words, as the lexicon says each by itself."""
    found: list[str] = []
    for word in re.findall(r"[^\W\d_]+", " ".join(speakable(text, language).pieces).lower()):
        with contextlib.suppress(KittError):
            found += Lexicon.load(language).pronounce(word)[0]
    return found


def _cpu_s() -> float:
    return sum(os.times()[:4])  # ours and that of the programs that have ended


def spoken_words(text: str, language: str) -> list[str]:
    """The words of a text as they are said, without accents: figures written out, spellings of one word as one."""
    plain = tokens(" ".join(speakable(text, language).pieces))
    words = [_SAME.get(word, word) for word in plain]
    # a recogniser writes «une» as a figure, and figures have no gender
    return ["un" if word in numbers.ARTICLES[language] and language != "en" else word for word in words]


def _sixteen_kilohertz(parts: list[Samples]) -> Samples:
    gap = np.zeros(RATE // 4, np.float32)
    joined = np.concatenate([gap, *(x for part in parts for x in (part, gap))])
    resampler = Resampler(RATE)
    return to_int16(np.concatenate((resampler.push(joined), resampler.flush())))
