"""Ordinary sentences from the text corpora in the cache: names in them, and how often words are written small."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import numpy as np

from kitt_inference.download import cache_root
from kitt_learning.text.understanding_names import names
from kitt_text.tagging import COMMON, LANGUAGES, Token, places_of, split
from kitt_text.words import MAX_CHARS, MAX_TOKENS, plain

Int8s = np.ndarray[Any, np.dtype[np.int8]]


def prose(language: str, part: str, count: int, seed: int = 1) -> list[str]:
    """Lines of the text corpora in the cache, where they are; none where they are not."""
    path = cache_root() / "text" / f"{language}_{part}.txt"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    lines = [line for line in lines if len(line) < MAX_CHARS // 2 and 3 <= len(line.split()) <= MAX_TOKENS // 2]
    return lines if len(lines) <= count else random.Random(seed).sample(lines, count)


def commonness() -> Int8s:
    """The table of `tagging.COMMON`: for words that the training texts of any language write small, 1 to 7 with the
    logarithm of how often."""
    counts: Counter[str] = Counter()
    for code in LANGUAGES:
        path = cache_root() / "text" / f"{code}_train.txt"
        with path.open(encoding="utf-8") if path.is_file() else nullcontext(()) as lines:
            for line in lines:
                counts.update(word for word in re.findall(r"[^\W\d_]+", line) if word.islower())
    plainly: Counter[str] = Counter()
    for word, count in counts.items():
        plainly[plain(word)] += count
    table = np.zeros(COMMON, np.int8)
    for word, count in plainly.items():
        for place in places_of(word):
            table[place] = max(table[place], min(int(math.log2(count)), 7) if count > 1 else 0)
    return table


_BEFORE_NAMES = {
    **dict.fromkeys(("in", "near", "from", "at", "dans", "vers", "depuis", "hacia", "desde", "en"), "place"),
    **dict.fromkeys(("with", "and", "by", "avec", "et", "par", "chez", "con", "y", "said", "dit", "dijo"), "person"),
}
Place = tuple[int, int, str]
"""First word, the word behind the last, slot."""


def named(lines: Sequence[str], language: str) -> list[tuple[str, tuple[Place, ...]]]:
    """The lines with names of people and towns, and where these stand.

    Known names (those that are also written small are words), and what is written large behind «in» or «with». The
    first word is written large anyway: it is a name only where all words with it that are written large are known.
    """
    listed = names(language)
    kinds = {plain(n): "person" for n in (*listed["last"], *listed["first"]) if len(n) > 3}
    kinds |= {plain(n): "place" for n in listed["town"] if len(n) > 3 and " " not in n}
    words = [split(line) for line in lines]
    small = Counter(word.plain for row in words for word in row if word.text.islower())
    found = []
    for line, row in zip(lines, words, strict=True):
        places: list[Place] = []
        at = 0
        while at < len(row):
            end = at
            while end < len(row) and row[end].text[:1].isupper() and row[end].text.isalpha():
                end += 1
            said = {kinds.get(word.plain, "") if small[word.plain] < 3 else "" for word in row[at:end]}
            if at:
                said = said - {""} or {_BEFORE_NAMES.get(row[at - 1].plain, "")} - {""}
            if 0 < end - at <= 3 and len(said) == 1 and "" not in said:
                places.append((at, end, max(said)))
            at = max(end, at + 1) if at else 1 if not places else end
        if places:
            found.append((line, tuple(places)))
    return found


@lru_cache(maxsize=60_000)
def words_of(line: str) -> list[Token]:
    """`split`, remembered."""
    return split(line)


def as_spoken(text: str) -> str:
    """As a recogniser writes: lower case, no accents, no punctuation."""
    return " ".join(token.plain for token in split(text))
