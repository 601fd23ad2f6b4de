"""Figures written out in words, English, French and Spanish: one way of each, the one that is spoken.

`kitt_text.numbers` reads them back; a test holds that.
"""

from __future__ import annotations

LARGEST = 999_999_999
"""Greater whole numbers are read figure by figure."""
_ONES = {
    code: words.split()
    for code, words in {
        "en": (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        ),
        "fr": (
            "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
            "dix-huit dix-neuf"
        ),
        "es": (
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
            "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco "
            "veintiséis veintisiete veintiocho veintinueve"
        ),
    }.items()
}
_TENS = {
    code: words.split()
    for code, words in {
        "en": "twenty thirty forty fifty sixty seventy eighty ninety",
        "fr": "vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt",
        "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    }.items()
}
_HUNDREDS_ES = (
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
)
_POINT = {"en": "point", "fr": "virgule", "es": "coma"}
_MINUS = {"en": "minus", "fr": "moins", "es": "menos"}
_MILLION = {"en": ("million", "million"), "fr": ("million", "millions"), "es": ("millón", "millones")}


def whole(number: int, language: str, feminine: bool = False) -> str:
    """A whole number from 0 to `LARGEST`; `feminine`: «vingt et une», «doscientas una». Spanish 1 is «uno», «una»."""
    if number >= 1_000_000:
        count, rest = divmod(number, 1_000_000)
        unit = _MILLION[language][count > 1]
        head = _apocope(whole(count, language), language)
        return f"{head} {unit}" + (f" {whole(rest, language, feminine)}" if rest else "")
    if number >= 1000:
        count, rest = divmod(number, 1000)
        tail = f" {_below_thousand(rest, language, feminine)}" if rest else ""
        if language == "en":
            return f"{_below_thousand(count, language, False)} thousand{' and' * (0 < rest < 100)}{tail}"
        unit = "mille" if language == "fr" else "mil"
        if count == 1:
            return unit + tail
        # before «mille» and «mil» neither «vingts» nor «cents» nor «uno» stands
        before = _below_thousand(count, language, feminine and language == "es")
        before = before.removesuffix("s") if before.endswith(("vingts", "cents")) else before
        return f"{_apocope(before, language)} {unit}{tail}"
    return _below_thousand(number, language, feminine)


def _apocope(words: str, language: str) -> str:
    """Spanish: «veintiún mil», «treinta y un coches»."""
    if language == "es" and words.endswith("veintiuno"):
        return words.removesuffix("uno") + "ún"
    return words.removesuffix("o") if (language == "es" and words.endswith(" uno")) or words == "uno" else words


def counted(number: int, language: str, feminine: bool) -> str:
    """A number before a noun: «one car», «une voiture», «veintiún coches»."""
    return _apocope(whole(number, language, feminine), language)


def decimal(figures: str, language: str) -> str:
    """A number in figures, «-12.5» or «-12,5»: in words."""
    sign = f"{_MINUS[language]} " if figures[:1] in "-−" else ""
    integer, _, rest = figures.lstrip("-−").replace(",", ".").partition(".")
    number = int(integer or "0")
    head = spelt(integer, language) if number > LARGEST else whole(number, language)
    if not rest:
        return sign + head
    # French and Spanish read up to two decimals as a number, English always figure by figure
    together = language != "en" and len(rest) <= 2 and not rest.startswith("0")
    return f"{sign}{head} {_POINT[language]} {whole(int(rest), language) if together else spelt(rest, language)}"


def spelt(figures: str, language: str) -> str:
    """Each figure by itself."""
    return " ".join(_ONES[language][int(figure)] for figure in figures if figure.isdecimal())


def _below_thousand(number: int, language: str, feminine: bool) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest, language, feminine)
    tail = _below_hundred(rest, language, feminine) if rest else ""
    if language == "es":
        head = "cien" if number == 100 else _HUNDREDS_ES[hundreds - 1]
        head = head.removesuffix("os") + "as" if feminine and hundreds > 1 else head
        return f"{head} {tail}".strip()
    if language == "fr":
        head = "cent" if hundreds == 1 else f"{_ONES['fr'][hundreds]} cent{'s' * (not rest)}"
        return f"{head} {tail}".strip()
    return f"{_ONES['en'][hundreds]} hundred" + (f" and {tail}" if tail else "")


def _below_hundred(number: int, language: str, feminine: bool) -> str:
    ones = _ONES[language]
    if number < len(ones):
        words = ones[number]
    else:
        tens, unit = divmod(number, 10)
        ten = _TENS[language][tens - 2]
        if language == "en":
            words = f"{ten}-{ones[unit]}" if unit else ten
        elif language == "es":
            words = f"{ten} y {ones[unit]}" if unit else ten
        else:
            words = _french(number, tens, unit, ten)
    if feminine and words.endswith(("un", "uno")):
        return words.removesuffix("o") + ("a" if language == "es" else "e")
    return words


def _french(number: int, tens: int, unit: int, ten: str) -> str:
    """20 to 99, with «soixante-dix» and «quatre-vingt-dix»."""
    ones = _ONES["fr"]
    rest = unit + 10 if tens in (7, 9) else unit
    if not rest:
        return ten + "s" * (number == 80)
    if rest in (1, 11) and tens < 8:
        return f"{ten} et {ones[rest]}"
    return f"{ten}-{ones[rest]}"
