"""Numbers and quantities in words, English, French and Spanish, to SI values.

Works on normalised tokens (see `words.tokens`): lower case, no accents, hyphens as spaces, digits apart from letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT = 1e6  # greater numbers are no distance, angle or time for a car

_EN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_FR = "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_ES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve"
)


def _table(small: str, **others: int) -> dict[str, int]:
    return {word: value for value, word in enumerate(small.split())} | others


VALUES: dict[str, dict[str, int]] = {
    "en": _table(_EN, twenty=20, thirty=30, forty=40, fifty=50, sixty=60, seventy=70, eighty=80, ninety=90,
                 hundred=100, thousand=1000),
    "fr": _table(_FR, une=1, vingt=20, vingts=20, trente=30, quarante=40, cinquante=50, soixante=60, septante=70,
                 huitante=80, octante=80, nonante=90, cent=100, cents=100, mille=1000),
    "es": _table(_ES, un=1, una=1, veintiun=21, veintiuna=21, treinta=30, cuarenta=40, cincuenta=50, sesenta=60,
                 setenta=70, ochenta=80, noventa=90, cien=100, ciento=100, doscientos=200, trescientos=300,
                 cuatrocientos=400, quinientos=500, seiscientos=600, setecientos=700, ochocientos=800,
                 novecientos=900, mil=1000),
}  # fmt: skip
JOINTS = {"en": "and", "fr": "et", "es": "y"}
POINTS = {"en": ("point",), "fr": ("virgule", "point"), "es": ("coma", "punto")}
ARTICLES = {"en": ("a", "an"), "fr": ("un", "une"), "es": ("un", "una")}
"""Words that mean 1 only before a unit."""
_HALF_AFTER = {
    "en": (("and", "a", "half"),),
    "fr": (("et", "demi"), ("et", "demie")),
    "es": (("y", "medio"), ("y", "media")),
}
_HALF_BEFORE = {
    "en": (("half", "a"), ("half", "an"), ("a", "half"), ("half",)),
    "fr": (("un", "demi"), ("une", "demi"), ("une", "demie"), ("demi",), ("demie",)),
    "es": (("medio",), ("media",)),
}
_DIGITS = re.compile(r"\d{1,12}([.,]\d{1,6})?\Z")


@dataclass(frozen=True)
class Unit:
    """A unit of a dimension (distance, angle, duration): `factor` times the SI unit `symbol`."""

    dimension: str
    factor: float
    symbol: str


@dataclass(frozen=True)
class Quantity:
    """A number, with its unit or None, that spans `length` tokens; `value` is in SI units."""

    value: float
    unit: Unit | None
    length: int


def _starts(tokens: Sequence[str], at: int, options: tuple[tuple[str, ...], ...]) -> int:
    """Length of the option that stands at `at`, 0 for none."""
    return next((len(o) for o in options if tuple(tokens[at : at + len(o)]) == o), 0)


def _adds(current: int, value: int, language: str) -> bool:
    """Whether `value` may follow `current` within one number: twenty-five, soixante-dix, but not five twenty."""
    if current % 100 == 0:
        return value < 100
    if language == "fr" and current % 100 in (60, 80) and 10 <= value <= 16:
        return True
    tens = current % 100
    if value >= 10 or value == 0 or tens % 10:
        return False
    return tens >= 20 or (language == "fr" and tens == 10 and value >= 7)


def _whole(tokens: Sequence[str], start: int, language: str) -> tuple[int, int] | None:
    """A whole number in words at `start`: (value, tokens used)."""
    values, joint = VALUES[language], JOINTS[language]
    total = current = 0
    at, seen = start, False
    while at < len(tokens):
        step = 1
        value = values.get(tokens[at])
        if value is None and seen and tokens[at] == joint and at + 1 < len(tokens):
            value, step = values.get(tokens[at + 1]), 2
            if value is not None and value >= 100:
                break
        if value is None:
            break
        if value == 1000:
            if total:
                break
            total, current = max(current, 1) * 1000, 0
        elif value == 100 and current < 10:
            current = max(current, 1) * 100
        elif value == 20 and language == "fr" and current % 100 == 4:
            current += 76  # quatre-vingts
        elif not seen or _adds(current, value, language) or (current == 0 and total):
            current += value
        else:
            break
        at, seen = at + step, True
    return (total + current, at - start) if seen else None


def number(tokens: Sequence[str], start: int, language: str) -> tuple[float, int] | None:
    """The number at `start` as (value, tokens used), or None: digits, words, decimals, «and a half»."""
    if start >= len(tokens):
        return None
    if _DIGITS.match(tokens[start]):
        value, length = float(tokens[start].replace(",", ".")), 1
    else:
        whole = _whole(tokens, start, language)
        if whole is None:
            return None
        value, length = float(whole[0]), whole[1]
        at = start + length
        if at < len(tokens) and tokens[at] in POINTS[language]:
            digits, used = _decimals(tokens, at + 1, language)
            if used:
                value, length = float(f"{whole[0]}.{digits}"), length + 1 + used
    half = _starts(tokens, start + length, _HALF_AFTER[language])
    value, length = value + (0.5 if half else 0.0), length + half
    return (value, length) if value <= LIMIT else None


def _decimals(tokens: Sequence[str], start: int, language: str) -> tuple[str, int]:
    """What stands behind the decimal point: «five», «two five», «vingt cinq»."""
    digits, at = "", start
    while at < len(tokens) and len(digits) < 6:
        whole = _whole(tokens, at, language)
        if whole is None:
            break
        digits, at = digits + str(whole[0]), at + whole[1]
    return digits, at - start


def quantity(tokens: Sequence[str], start: int, language: str, units: dict[str, Unit]) -> Quantity | None:
    """The quantity (number and unit) or bare number at `start`, or None.

    Takes «deux mètres cinquante» (2.5 m), «un metro y medio», «half a meter», «a minute thirty»,
    «two meters and ten centimeters». A bare article is no number.
    """
    found = _with_unit(tokens, start, language, units)
    if found is None:
        bare = number(tokens, start, language)
        if bare is None or (bare[1] == 1 and tokens[start] in ARTICLES[language]):
            return None
        return Quantity(bare[0], None, bare[1])
    return _extended(tokens, start, language, units, found)


def _extended(tokens: Sequence[str], start: int, language: str, units: dict[str, Unit], found: Quantity) -> Quantity:
    """`found` and what adds to it behind its unit: a half, a smaller unit, or a bare number in hundredths."""
    unit = found.unit
    if unit is None:
        return found
    at = start + found.length
    half = _starts(tokens, at, _HALF_AFTER[language])
    if half:
        return Quantity(found.value + 0.5 * unit.factor, unit, found.length + half)
    skip = 1 if at < len(tokens) and tokens[at] == JOINTS[language] else 0
    more = _with_unit(tokens, at + skip, language, units)
    if more is not None and more.unit is not None:
        smaller = more.unit.dimension == unit.dimension and more.unit.factor < unit.factor
        return Quantity(found.value + more.value, unit, found.length + skip + more.length) if smaller else found
    sub = {("distance", 1.0): 0.01, ("duration", 60.0): 1.0}.get((unit.dimension, unit.factor))
    rest = number(tokens, at, language)
    if sub is not None and rest is not None and rest[0] * sub < unit.factor and rest[0] == int(rest[0]):
        return Quantity(found.value + rest[0] * sub, unit, found.length + rest[1])
    return found


def _with_unit(tokens: Sequence[str], start: int, language: str, units: dict[str, Unit]) -> Quantity | None:
    half = _starts(tokens, start, _HALF_BEFORE[language])
    candidates = [(0.5, half)] if half else []
    spoken = number(tokens, start, language)
    if spoken is not None:
        candidates.append(spoken)
    if start < len(tokens) and tokens[start] in ARTICLES[language]:
        candidates.append((1.0, 1))
    for value, length in candidates:
        unit = units.get(tokens[start + length]) if start + length < len(tokens) else None
        if unit is not None:
            return Quantity(value * unit.factor, unit, length + 1)
    return None
