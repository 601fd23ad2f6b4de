"""Distances, angles, times and numbers as people say and type them."""

from __future__ import annotations

import random
from functools import cache

from kitt_text import spelling
from kitt_text.loading import LanguageData
from kitt_text.templates import Phrase

_RESTS = {"distance": (1.0, 100), "duration": (60.0, 60)}


@cache
def _spelt(language: str, top: int) -> tuple[Phrase, ...]:
    return (*spelling.below_hundred(language), *spelling.hundreds(language, top))


@cache
def _fives(language: str, below: int) -> tuple[Phrase, ...]:
    return tuple(spelling.fives(language, below))


@cache
def _decimals(language: str) -> tuple[Phrase, ...]:
    return tuple(spelling.decimals(language))


def quantity(slot: str, language: str, data: LanguageData, dice: random.Random) -> str:
    """A quantity, or a bare number, in words or in digits."""
    top = 360 if slot == "angle" else 200
    if slot == "number":
        words = dice.choice(_spelt(language, top))
        bare = dice.random() < 0.4 or words in {(a,) for a in spelling.articles(language)}
        return str(dice.randint(2, 60)) if bare else " ".join(words)
    units = [word for word, unit in data.units.items() if unit.dimension == slot]
    said = sorted(set(units) & data.said_units)
    unit = dice.choice(said if dice.random() < 0.85 else [word for word in units if len(word) > 2])
    kind = dice.random()
    if kind < 0.35:
        typed = dice.choice(units)
        if slot == "angle" and dice.random() < 0.3:
            typed = "°"
        mark = "." if language == "en" else ","
        number = (
            str(dice.randint(1, top)) if dice.random() < 0.7 else f"{dice.randint(0, 20)}{mark}{dice.randint(1, 9)}"
        )
        return f"{number}{dice.choice(['', ' ']) if len(typed) < 4 else ' '}{typed}"
    if kind < 0.45:
        return " ".join((*dice.choice(spelling.halves_before(language)), unit))
    if kind < 0.55:
        return " ".join((spelling.articles(language)[0], unit, *dice.choice(((), *spelling.halves_after(language)))))
    words = dice.choice(_spelt(language, top if slot == "angle" else 100))
    if kind < 0.65:
        words = (*words, dice.choice(spelling.points(language)), *dice.choice(_decimals(language)))
    elif kind < 0.7:
        words = (*words, *dice.choice(spelling.halves_after(language)))
    spoken = [*words, unit]
    factor, below = _RESTS.get(slot, (0.0, 0))
    if kind > 0.85 and data.units[unit].factor == factor:
        spoken += dice.choice(_fives(language, below))
    return " ".join(spoken)
