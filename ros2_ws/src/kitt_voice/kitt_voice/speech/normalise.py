"""Any text as sentences that a voice can say: numbers, units and abbreviations written out, the rest left away."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from kitt_inference.errors import KittError
from kitt_text import numerals

LANGUAGES = ("en", "fr", "es")
MOST_CHARS = 600
"""Longer texts are cut here: about 45 s of speech."""
_LONGEST_WORD = 40
_PIECE = re.compile(r".+?(?:[.!?…]+(?=\s|$)|[:;](?=\s)|,(?=\s)|$)", re.DOTALL)
_LONG_PIECE = 180
_SHORT_PIECE = 24  # a clause below it is not said by itself: its melody would be wrong

# symbol: singular, plural, feminine; a number and a symbol belong together
_UNITS: dict[str, dict[str, tuple[str, str, bool]]] = {
    "en": {
        "km/h": ("kilometer an hour", "kilometers an hour", False), "m/s": ("meter a second", "meters a second", False),
        "km": ("kilometer", "kilometers", False), "cm": ("centimeter", "centimeters", False),
        "mm": ("millimeter", "millimeters", False), "m": ("meter", "meters", False), "kg": ("kilo", "kilos", False),
        "min": ("minute", "minutes", False), "ms": ("millisecond", "milliseconds", False),
        "s": ("second", "seconds", False), "h": ("hour", "hours", False), "%": ("percent", "percent", False),
        "°C": ("degree", "degrees", False), "°": ("degree", "degrees", False), "V": ("volt", "volts", False),
        "Hz": ("hertz", "hertz", False),
    },
    "fr": {
        "km/h": ("kilomètre à l'heure", "kilomètres à l'heure", False),
        "m/s": ("mètre par seconde", "mètres par seconde", False), "km": ("kilomètre", "kilomètres", False),
        "cm": ("centimètre", "centimètres", False), "mm": ("millimètre", "millimètres", False),
        "m": ("mètre", "mètres", False), "kg": ("kilo", "kilos", False), "min": ("minute", "minutes", True),
        "ms": ("milliseconde", "millisecondes", True), "s": ("seconde", "secondes", True),
        "h": ("heure", "heures", True), "%": ("pour cent", "pour cent", False), "°C": ("degré", "degrés", False),
        "°": ("degré", "degrés", False), "V": ("volt", "volts", False), "Hz": ("hertz", "hertz", False),
    },
    "es": {
        "km/h": ("kilómetro por hora", "kilómetros por hora", False),
        "m/s": ("metro por segundo", "metros por segundo", False), "km": ("kilómetro", "kilómetros", False),
        "cm": ("centímetro", "centímetros", False), "mm": ("milímetro", "milímetros", False),
        "m": ("metro", "metros", False), "kg": ("kilo", "kilos", False), "min": ("minuto", "minutos", False),
        "ms": ("milisegundo", "milisegundos", False), "s": ("segundo", "segundos", False),
        "h": ("hora", "horas", True), "%": ("por ciento", "por ciento", False), "°C": ("grado", "grados", False),
        "°": ("grado", "grados", False), "V": ("voltio", "voltios", False), "Hz": ("hercio", "hercios", False),
    },
}  # fmt: skip
_ABBREVIATIONS = {
    "en": {"e.g.": "for example", "i.e.": "that is", "etc.": "and so on", "Mr.": "Mister", "Dr.": "Doctor",
           "approx.": "about", "no.": "number", "St.": "Street", "&": "and", "+": "plus", "=": "equals"},
    "fr": {"p. ex.": "par exemple", "etc.": "et cetera", "M.": "monsieur", "Mme": "madame", "Dr": "docteur",
           "env.": "environ", "n°": "numéro", "N°": "numéro", "&": "et", "+": "plus", "=": "égale"},
    "es": {"p. ej.": "por ejemplo", "etc.": "etcétera", "Sr.": "señor", "Sra.": "señora", "Dr.": "doctor",
           "aprox.": "aproximadamente", "n.º": "número", "&": "y", "+": "más", "=": "igual a"},
}  # fmt: skip
_ONLY_BEFORE = {"no.": r"(?= ?\d)", "M.": r"(?= [A-Z])", "St.": r"(?!\w)"}
_LETTERS = {
    code: words.split()
    for code, words in {
        "fr": "a bé cé dé e effe gé hache i ji ka elle emme enne o pé ku erre esse té u vé doublevé ixe igrec zède",
        "es": ("a be ce de e efe ge hache i jota ka ele eme ene o pe cu erre ese te u uve uvedoble equis igriega zeta"),
    }.items()
}
_NAMES = frozenset({"KITT", "STOP", "OK"})
_NUMBER = r"(?<![\w.,])[-−]?\d{1,3}(?:[\u00a0\u202f' ]\d{3})+(?!\d)|(?<![\w.,])[-−]?\d+(?:[.,]\d+)?"
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3])(?::| ?h ?)([0-5]\d)(?![\d:])")
_HOUR = {"en": "", "fr": "heures", "es": ""}


@dataclass(frozen=True)
class Speakable:
    """`pieces`: what to say, in this order; `reason`: why it is nothing or less than was asked, else ""."""

    pieces: tuple[str, ...]
    reason: str = ""


def speakable(text: str, language: str) -> Speakable:
    """A text as pieces of a sentence or a clause. Takes bounded time for any text.

    Raises:
        KittError: the language is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise KittError(f"there is no voice for «{language[:20]}»", f"take one of {', '.join(LANGUAGES)}")
    cut = len(text) > MOST_CHARS
    if cut:
        text = text[:MOST_CHARS]
        text = text[: max(text.rfind(" "), 0) or MOST_CHARS]
    kept = _clean(text)
    plain = " ".join(word for word in _written_out(kept, language).split() if len(word) <= _LONGEST_WORD)
    pieces = tuple(piece for piece in _pieces(plain) if any(c.isalpha() for c in piece))
    if not pieces:
        reason = "the text is empty" if not text.strip() else "there is nothing in the text that a voice could say"
        return Speakable((), reason)
    if cut:
        return Speakable(pieces, f"the text was cut after {MOST_CHARS} characters")
    left = sum(c.isalnum() for c in text) > sum(c.isalnum() for c in kept)
    return Speakable(pieces, "letters of another script are left out" if left else "")


def _clean(text: str) -> str:
    """Latin letters, figures and the signs that mean something; all else is a space."""
    kept = []
    for c in unicodedata.normalize("NFC", text).replace("’", "'").replace("½", ",5").replace("º", "°"):
        latin = c.isalpha() and unicodedata.name(c, "").startswith("LATIN")
        kept.append(c if latin or (c.isascii() and c.isprintable()) or c in "°−…" else " ")
    return re.sub(r"[«»\"*_~`|<>{}\[\]\\^#()]|--+", " ", "".join(kept))


def _written_out(text: str, language: str) -> str:
    for short, long in _ABBREVIATIONS[language].items():
        edge = r"(?<!\w)" if short[0].isalpha() else ""
        after = _ONLY_BEFORE.get(short) or (r"(?!\w)" if short[-1].isalpha() else "")
        text = re.sub(edge + re.escape(short) + after, f" {long} ", text)
    text = _CLOCK.sub(lambda m: _clock(int(m[1]), int(m[2]), language), text)
    units = "|".join(re.escape(unit) for unit in sorted(_UNITS[language], key=len, reverse=True))
    text = re.sub(
        rf"({_NUMBER})(?: ?({units})(?![\w/]))?(?!st|nd|rd|th)", lambda m: f" {_quantity(m[1], m[2], language)} ", text
    )
    text = re.sub(r"\d+(?!\d|(?:st|nd|rd|th)\b)", lambda m: f" {numerals.decimal(m[0][:20], language)} ", text)
    text = re.sub(r"\b[A-Z]{2,5}\b", lambda m: _acronym(m[0], language), text)
    text = re.sub(r"(?<=\w)-(?=\d)|(?<=\s)-+(?=\s)|[°%$@/]", " ", text)
    return re.sub(r"\s+([.,;:!?…])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _quantity(figures: str, unit: str | None, language: str) -> str:
    figures = re.sub(r"[\u00a0\u202f' ]", "", figures)[:20]
    if re.fullmatch(r"[-−]?\d{1,3},\d{3}", figures) and language == "en":
        figures = figures.replace(",", "")  # English parts thousands by commas
    if unit is None:
        return numerals.decimal(figures, language)
    one, many, feminine = _UNITS[language][unit]
    value = float(figures.replace(",", ".").replace("−", "-"))
    # French takes the plural from 2 on, English and Spanish for all but 1
    singular = abs(value) < 2 if language == "fr" else abs(value) == 1
    whole = abs(value) <= numerals.LARGEST and value == int(value) and value >= 0
    number = numerals.counted(int(value), language, feminine) if whole else numerals.decimal(figures, language)
    return f"{number} {one if singular else many}"


def _clock(hour: int, minute: int, language: str) -> str:
    said = numerals.whole(hour, language, feminine=language != "en")
    rest = numerals.whole(minute, language) if minute else {"en": "o'clock", "fr": "", "es": "en punto"}[language]
    name = _HOUR[language].removesuffix("s") if hour < 2 else _HOUR[language]
    return " ".join(part for part in (said, name, rest) if part)


def _acronym(word: str, language: str) -> str:
    """«GPS» letter by letter; what has a vowel in its midst is read as a word."""
    if language == "en" or word in _NAMES or re.search("[A-Z][AEIOUY][A-Z]", word):
        return word
    return " ".join(_LETTERS[language][ord(letter) - ord("A")] for letter in word)


def _pieces(text: str) -> list[str]:
    """Sentences, and clauses where they are long enough: the first is said while the next is made."""
    pieces: list[str] = []
    for part in (short for match in _PIECE.finditer(text) for short in _shortened(match.group().strip())):
        joins = pieces and pieces[-1][-1] == "," and (len(pieces[-1]) < _SHORT_PIECE or len(part) < _SHORT_PIECE)
        if joins:
            pieces[-1] += f" {part}"
        elif part:
            pieces.append(part)
    return pieces


def _shortened(part: str) -> list[str]:
    """A clause without an end is broken at a word."""
    parts = []
    while len(part) > _LONG_PIECE:
        at = part.rfind(" ", 0, _LONG_PIECE)
        at = at if at > 0 else _LONG_PIECE
        parts.append(part[:at])
        part = part[at:].strip()
    return [*parts, part]
