"""Whole numbers in words, English, French and Spanish: the reverse of `kitt_text.numbers`."""

from __future__ import annotations

LARGEST = 999

_SMALL = {
    "en": (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ),
    "fr": (
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix#sept "
        "dix#huit dix#neuf"
    ),
    "es": (
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco "
        "veintiséis veintisiete veintiocho veintinueve"
    ),
}
_TENS = {
    "en": "_ _ twenty thirty forty fifty sixty seventy eighty ninety",
    "fr": "_ _ vingt trente quarante cinquante soixante soixante quatre#vingt quatre#vingt",
    "es": "_ _ veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_HUNDREDS_ES = (
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
)


def number_words(value: int, language: str, before_noun: bool = False, feminine: bool = False) -> str:
    """A number from 0 to `LARGEST` in words separated by spaces.

    Args:
        value: the number.
        language: "en", "fr" or "es".
        before_noun: Spanish «un metro», not «uno metro».
        feminine: French «une seconde».
    """
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{value} is not within 0 and {LARGEST}")
    words = {"en": _english, "fr": _french, "es": _spanish}[language](value).replace("#", " ")
    if language == "es" and before_noun and words.endswith("veintiuno"):
        return words[: -len("uno")] + "ún"
    if language == "es" and before_noun and words.endswith("uno"):
        return words[:-1]
    return words + "e" if language == "fr" and feminine and words.endswith("un") else words


def _english(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    said = [f"{_SMALL['en'].split()[hundreds]} hundred"] if hundreds else []
    if rest and hundreds:
        said.append("and")
    if rest >= 20:
        said.append(_TENS["en"].split()[rest // 10])
        rest %= 10
    if rest or not value:
        said.append(_SMALL["en"].split()[rest])
    return " ".join(said)


def _french(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    said = ["cent"] if hundreds else []
    if hundreds > 1:
        said = [_SMALL["fr"].split()[hundreds], "cent" if rest else "cents"]
    if rest >= 20:
        tens = rest // 10
        unit = rest % 10 + (10 if tens in (7, 9) else 0)
        said.append(_TENS["fr"].split()[tens] + ("s" if rest == 80 else ""))
        if unit in (1, 11) and tens < 8:
            said.append("et")
        rest = unit
    if rest or not value:
        said.append(_SMALL["fr"].split()[rest])
    return " ".join(said)


def _spanish(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    said = [] if not hundreds else ["cien" if value == 100 else _HUNDREDS_ES.split()[hundreds]]
    if rest >= 30:
        said.append(_TENS["es"].split()[rest // 10])
        rest %= 10
        said += ["y"] if rest else []
    if rest or not value:
        said.append(_SMALL["es"].split()[rest])
    return " ".join(said)
