"""Which words of a text may be mended at all, and how a mended word takes the place of the old one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kitt_text.correction_dictionary import LONGEST

MAX_CHARS = 100_000
"""Longer texts are cut off: their rest stays as it is."""
_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NO_PROSE = re.compile(r"[\d@#_/\\<>{}=+*|~^$%&`\[\]]|::|www\.|\w\.\w|\w:\w|\w\(")
"""Numbers, addresses, paths, code."""
_ENDS = re.compile(r"[.!?…:»\"”)\]]")
_ELISION = re.compile(r"(?:[ldjmtsncLDJMTSNC]|(?:[jJ]us|[lL]ors|[pP]uis|[qQ]uoi)?[qQ]u)['’]")
_GENITIVE = re.compile(r"['’][sS]$")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœ'’]+")
_WHOLE_FR = ("aujourd'hui", "quelqu'un", "d'abord", "d'accord", "c'est", "n'est", "qu'est", "jusqu'ici", "jusqu'alors")


@dataclass(frozen=True)
class Word:
    """A word in its text.

    Attributes:
        text: as it is written, `begin` to `end` in the text.
        lower: in lower case, with a plain apostrophe: as the dictionary has it.
        starts: it begins a sentence, so that its capital says nothing.
        alone: why it is to be left alone, "" where it may be mended.
    """

    text: str
    begin: int
    end: int
    starts: bool
    alone: str = ""

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")


def words_of(text: str, language: str) -> Iterator[Word]:
    """The words of a text, in order; elided articles of French and the English genitive are no part of them."""
    starts = True
    for chunk in _CHUNK.finditer(text, 0, min(len(text), MAX_CHARS)):
        body = chunk.group().strip("“”\"'‘’«»().,;:!?…¿¡—–-")
        alone = "no prose" if _NO_PROSE.search(body) else ""
        starts = starts or chunk.group()[0] in '«"“¿¡(['
        for match in _WORD.finditer(text, chunk.start(), chunk.end()):
            begin, end = _core(text, match.start(), match.end(), language)
            if end > begin:
                word = text[begin:end]
                yield Word(word, begin, end, starts, alone or _alone(word, starts))
            starts = False
        tail = chunk.group()[-2:]
        starts = starts or bool(_ENDS.search(tail)) or chunk.group() in ("-", "–", "—", "•")


def _core(text: str, begin: int, end: int, language: str) -> tuple[int, int]:
    word = text[begin:end].lower().replace("’", "'")
    if "'" not in word:
        return begin, end
    if language == "fr" and word not in _WHOLE_FR:
        while (match := _ELISION.match(text, begin, end)) is not None:
            begin = match.end()
    elif language == "en" and _GENITIVE.search(text[begin:end]):
        end -= 2
    return begin, end


def _alone(word: str, starts: bool) -> str:
    """Why a word is left alone, from its looks."""
    if len(word) < 2 or len(word) > LONGEST:
        return "a letter" if len(word) < 2 else "too long for a word"
    if not _LATIN.fullmatch(word):
        return "another script"
    if not word[1:].islower():
        return "capitals" if word.isupper() else "mixed case"
    return "a name" if word[0].isupper() and not starts else ""


def in_case_of(written: str, word: str) -> str:
    """`word` with the capitals and the apostrophe of what was written: «Teh», «the» to «The»."""
    if "’" in written:
        word = word.replace("'", "’")
    if len(written) > 1 and written.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if written[:1].isupper() else word
