"""Words that a language has, how often they are said, and which of them a misspelling may have meant."""

from __future__ import annotations

import contextlib
import gc
import heapq
import math
import os
import pickle
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kitt_inference.download import cache_root
from kitt_inference.errors import KittError

LANGUAGES = ("en", "fr", "es")
LEAST_ZIPF = 1.3
"""Rarer words of wordfreq's lists are left out: mostly misspellings, and words of other languages."""
DISTANCE = 2
SHORT = 4
"""Words of so few letters are looked up at edit distance 1 only: at 2 nearly every short word is near them."""
LONGEST = 24
"""Longer words are no words of these languages, or compounds that nobody lists."""
SPLIT_ZIPF = 4.5
"""Both parts of a split word are as common as this at least."""
EDIT_COST, SOUNDS_COST, FIRST_GAIN = 2.0, 3.0, 1.0
"""For the rough order of candidates, in powers of ten of their frequency."""
_VERSION = 2
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouyhw]")
_REPEATED = re.compile(r"(.)\1+")
_SOUNDS = str.maketrans({"q": "k", "c": "k", "x": "k", "z": "s", "v": "b", "j": "g"})


def bare(word: str) -> str:
    """A word without accents, lower case."""
    if word.isascii():
        return word.lower()
    lower = word.lower().replace("œ", "oe").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))


def unmarked(word: str) -> str:
    """A word without accents and apostrophes."""
    return bare(word).replace("'", "")


def skeleton(word: str) -> str:
    """What is left of a word's sound without vowels and doubled letters: «garanty» and «guarantee» are grnt."""
    key = bare(word).replace("ph", "f").replace("x", "ks").translate(_SOUNDS)
    return _REPEATED.sub(r"\1", key[:1] + _VOWELS.sub("", key[1:]))


@dataclass
class Dictionary:
    """The words of a language; built once, kept in the user's cache, never changed while in use.

    Attributes:
        zipf: log10 of a word's frequency in 10^9 words (wordfreq's lists; Speer, «wordfreq», 2022).
        accents: words by their spelling without accents and apostrophes, where these differ.
        skeletons: words by what `skeleton` leaves of them.
        near: symspellpy's index (Garbe, «SymSpell», 2012).
    """

    language: str
    zipf: dict[str, float]
    accents: dict[str, list[str]] = field(default_factory=dict)
    skeletons: dict[str, list[str]] = field(default_factory=dict)
    near: Any = None

    @classmethod
    def build(cls, language: str, frequencies: Iterable[tuple[str, float]]) -> Dictionary:
        """From words and their share among all words."""
        from symspellpy import SymSpell

        found = cls(language, {}, near=SymSpell(max_dictionary_edit_distance=DISTANCE, prefix_length=7))
        for word, share in frequencies:
            zipf = math.log10(share) + 9.0
            if zipf < LEAST_ZIPF or len(word) > LONGEST or not _WORD.fullmatch(word):
                continue
            found.zipf[word] = zipf
            found.near.create_dictionary_entry(word, max(1, int(share * 1e11)))
            plain = unmarked(word)
            if plain != word:
                found.accents.setdefault(plain, []).append(word)
            if zipf >= 2.0 and len(word) > SHORT:
                found.skeletons.setdefault(skeleton(word), []).append(word)
        return found

    def candidates(self, word: str, most: int) -> list[str]:
        """Up to `most` words that `word` (lower case) may have been meant for, the likeliest first.

        `word` itself is never among them. The order is a rough one: frequency less what the edits cost.
        """
        found: dict[str, float] = {}
        for other in self.skeletons.get(skeleton(word), ()) if len(word) > SHORT else ():
            found[other] = self.zipf[other] - SOUNDS_COST
        for near, distance in self._lookup(word):
            found[near] = self.zipf[near] - EDIT_COST * distance + (FIRST_GAIN if near[0] == word[0] else 0.0)
        for other in self.accents.get(unmarked(word), ()):
            found[other] = self.zipf[other]
        for split in self._splits(word):
            found[split] = self.zipf_of(split) - EDIT_COST
        found.pop(word, None)
        return heapq.nlargest(most, found, key=found.__getitem__)

    def zipf_of(self, phrase: str) -> float:
        """The frequency of a word, 0 when it is unknown; of words with spaces as if each came by chance."""
        if " " not in phrase:
            return self.zipf.get(phrase, 0.0)
        values = [self.zipf.get(word, 0.0) for word in phrase.split(" ")]
        # pairs that belong together are some thousand times as frequent as chance would have it
        return max(0.0, sum(values) - 6.0 * (len(values) - 1))

    def _lookup(self, word: str) -> Iterator[tuple[str, int]]:
        from symspellpy import Verbosity

        distance = DISTANCE if len(word) > SHORT else 1
        for item in self.near.lookup(word, Verbosity.ALL, distance):
            yield item.term, item.distance

    def _splits(self, word: str) -> Iterator[str]:
        for at in range(1, len(word)):
            left, right = word[:at], word[at:]
            # «n ever»: single letters are words only where the language has them
            words = all(len(part) > 1 or part in _SINGLE[self.language] for part in (left, right))
            if words and min(self.zipf.get(left, 0.0), self.zipf.get(right, 0.0)) >= SPLIT_ZIPF:
                yield f"{left} {right}"


_SINGLE = {"en": "ai", "fr": "aày", "es": "aeoyu"}


def cached(language: str) -> Path:
    """The file in the user's cache that keeps the dictionary of a language once it was built.

    Raises:
        KittError: there is none for the language, or a library is missing.
    """
    if language not in LANGUAGES:
        raise KittError(f"there is no dictionary for «{language}»", f"there are {', '.join(LANGUAGES)}")
    try:
        name = f"{language}-{_VERSION}-{version('wordfreq')}-{version('symspellpy')}.pickle"
    except PackageNotFoundError as error:
        raise KittError(f"{error.name} is not installed", "run ./kitt setup") from error
    return cache_root() / "dictionary" / name


@lru_cache(maxsize=len(LANGUAGES))
def dictionary(language: str) -> Dictionary:
    """The dictionary of a language: from the user's cache, else built, which takes some seconds; raises as `cached`."""
    file = cached(language)
    found = _read(file)
    if found is None:
        import wordfreq

        found = Dictionary.build(language, wordfreq.get_frequency_dict(language, "large").items())
        with contextlib.suppress(OSError):  # a cache that cannot be written costs seconds, no more
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(pickle.dumps(found, protocol=5))
            part.replace(file)
    return found


def _read(file: Path) -> Dictionary | None:
    """What an earlier run left; None where there is nothing that can be read."""
    running = gc.isenabled()
    gc.disable()  # a million small objects: the collector would look at all of them again and again
    try:
        found = pickle.loads(file.read_bytes())
    except Exception:  # a broken pickle may raise anything
        return None
    finally:
        if running:
            gc.enable()
    return found if isinstance(found, Dictionary) else None
