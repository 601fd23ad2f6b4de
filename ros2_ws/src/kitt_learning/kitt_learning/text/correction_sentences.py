"""Held-out sentences with one held-out misspelling each: what correction is measured on, and fitted to (part «dev»)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kitt_learning.text.correction_data import corpus
from kitt_learning.text.misspelling import collected, misspell, part_of
from kitt_text.correction_dictionary import dictionary
from kitt_text.correction_words import Word, in_case_of, words_of

LEAST_WORDS, MOST_WORDS = 5, 16
NEUTRAL = "They wrote about {} in the second part of the report."


@dataclass(frozen=True)
class Case:
    """A sentence with a misspelling.

    Attributes:
        text: the sentence as written. begin, end: of the misspelling in it. right: what stood there.
        kind: «sentence», «several» (codespell names several words that it may stand for) or «neutral» (no sentence of
            the held-out text has the word).
    """

    language: str
    text: str
    begin: int
    end: int
    wrong: str
    right: str
    kind: str


def sentences(language: str, part: str, texts: Iterable[str] | None = None) -> list[str]:
    """The sentences of a part, or of `texts`, that are neither very short nor very long."""
    found = []
    for text in texts if texts is not None else corpus(language, part):
        if LEAST_WORDS <= len(text.split()) <= MOST_WORDS:
            found.append(text)
    return found


def cases(language: str, part: str, most: int, texts: Iterable[str] | None = None, seed: int = 0) -> list[Case]:
    """Up to `most` sentences with a misspelling of a word of that part; the same ones at each call."""
    dice = random.Random(seed)
    some = sentences(language, part, texts)
    dice.shuffle(some)
    made = _collected(some, part, dice) if language == "en" else _made(some, language, part, dice)
    found = list(made)
    dice.shuffle(found)
    return found[:most]


def _words(text: str, language: str) -> list[Word]:
    return [word for word in words_of(text, language) if not word.alone]


def _case(language: str, text: str, word: Word, wrong: str, kind: str) -> Case:
    new = in_case_of(word.text, wrong)
    changed = text[: word.begin] + new + text[word.end :]
    return Case(language, changed, word.begin, word.begin + len(new), new, word.text, kind)


def _collected(some: list[str], part: str, dice: random.Random) -> Iterator[Case]:
    """codespell's misspellings of the part, each where the right word stands in a sentence, else in a neutral one.

    Where a misspelling may stand for several words, one of all the places of these is drawn: the commoner word is meant
    more often.
    """
    pairs = [pair for pair in collected() if any(part_of(right) == part for right in pair[1])]
    wanted = {right for _, meant in pairs for right in meant}
    at: dict[str, list[tuple[str, Word]]] = defaultdict(list)
    for text in some:
        for word in _words(text, "en"):
            if word.lower in wanted:
                at[word.lower].append((text, word))
    known = dictionary("en")
    for wrong, meant in pairs:
        places = [len(at[right]) for right in meant]
        right = dice.choices(meant, places)[0] if sum(places) else meant[0]
        if part_of(right) != part:
            continue
        if at[right]:
            text, word = dice.choice(at[right])
            yield _case("en", text, word, wrong, "several" if len(meant) > 1 else "sentence")
        elif len(meant) == 1 and known.zipf_of(right) > 0.0:
            begin = NEUTRAL.index("{")
            yield _case("en", NEUTRAL, Word(right, begin, begin + 2, False), wrong, "neutral")


def _made(some: list[str], language: str, part: str, dice: random.Random) -> Iterator[Case]:
    """A made misspelling a sentence; one that makes another common word is left out, for nobody could see it."""
    known = dictionary(language)
    for text in some:
        words = [w for w in _words(text, language) if len(w.lower) > 2 and part_of(w.lower) == part]
        words = [w for w in words if known.zipf.get(w.lower, 0.0) >= 2.0]
        if not words:
            continue
        word = dice.choice(words)
        wrong = misspell(word.lower, language, dice)
        if wrong != word.lower and len(wrong) > 1 and known.zipf.get(wrong, 0.0) <= known.zipf[word.lower] - 1.0:
            yield _case(language, text, word, wrong, "sentence")
