"""What the spelling network learns from: written words, each with candidates and the one that was meant.

Misspellings are codespell's and made ones; right words come from the corpora, those that are rare enough to be doubted.
Words whose hash puts them into dev or test (`misspelling.part_of`) are never trained on, neither wrong nor right.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.download import cache_root
from kitt_inference.errors import KittError
from kitt_learning.text.misspelling import collected, misspell, part_of
from kitt_text.correction_channel import FEATURES, encode
from kitt_text.correction_dictionary import LANGUAGES, LONGEST, Dictionary, dictionary
from kitt_text.correction_judge import CANDIDATES, KNOWN_ZIPF
from kitt_text.correction_words import words_of

LETTERS = LONGEST + 4

Progress = Callable[[str], None]
Group = tuple[Dictionary, str, list[str], int, bool]
"""Dictionary, written word, candidates (the first leaves it as it is), the number of the meant one, «unknown»."""


@dataclass
class Groups:
    """Encoded groups: letters (G, CANDIDATES + 1, LETTERS, 2) uint8, features (..., FEATURES), meant (G,)."""

    letters: np.ndarray[Any, Any]
    features: np.ndarray[Any, Any]
    meant: np.ndarray[Any, Any]


def corpus(language: str, part: str) -> Iterator[str]:
    """The sentences of a part («train», «dev», «test») of a language's corpus.

    Raises:
        KittError: the corpora have not been made.
    """
    file: Path = cache_root() / "text" / f"{language}_{part}.txt"
    if not file.is_file():
        raise KittError(f"{file} is missing", "`python -m kitt_learning.text.corpora` makes the corpora")
    with file.open(encoding="utf-8") as lines:
        yield from (line.strip() for line in lines if line.strip())


@lru_cache(maxsize=8)
def right_words(language: str, part: str = "train") -> Counter[str]:
    """The words of a corpus that may be mended at all, lower case, with their counts; misspellings left out."""
    wrong = {wrong for wrong, _ in collected()} if language == "en" else set()
    found: Counter[str] = Counter()
    for sentence in corpus(language, part):
        found.update(w.lower for w in words_of(sentence, language) if not w.alone and w.text.islower())
    return Counter({word: count for word, count in found.items() if word not in wrong and len(word) < LONGEST})


def group(known: Dictionary, written: str, meant: str, unknown: bool = False, teach: bool = True) -> Group | None:
    """A group for a written word, or None when what was meant is no word of the dictionary.

    teach: put the meant word among the candidates where the lookup misses it.
    """
    candidates = [written, *known.candidates(written, CANDIDATES)]
    if meant not in candidates:
        if not teach or known.zipf_of(meant) == 0.0:
            return None
        candidates = [*candidates[:CANDIDATES], meant]
    return known, written, candidates, candidates.index(meant), unknown


def wrong_groups(language: str, count: int, dice: random.Random, part: str = "train") -> Iterator[Group]:
    """Made misspellings of words drawn by the root of their frequency; all of codespell's of that part, too."""
    known = dictionary(language)
    if language == "en":
        for wrong, meant in collected():
            if len(wrong) < LONGEST and all(part_of(word) == part for word in meant):
                found = group(known, wrong, meant[0])
                if found is not None:
                    yield found
    words = [w for w, z in known.zipf.items() if z >= 2.0 and len(w) > 1 and part_of(w) == part]
    seen = right_words(language)
    words = [w for w in words if w in seen or known.zipf[w] >= 3.0]
    weights = [10.0 ** (0.4 * known.zipf[w]) for w in words]
    for word in dice.choices(words, weights, k=count):
        wrong = misspell(word, language, dice)
        # where the slip made another common word, nobody could see it without the sentence
        if wrong == word or len(wrong) < 2 or known.zipf.get(wrong, 0.0) > known.zipf[word] - 1.0:
            continue
        found = group(known, wrong, word)
        if found is not None:
            yield found
    common = [w for w, z in known.zipf.items() if z >= 4.5 and len(w) > 1 and w in seen]
    often = [10.0 ** (0.4 * known.zipf[w]) for w in common]
    for _ in range(count // 25):  # a space forgotten
        left, right = dice.choices(common, often, k=2)
        if known.zipf_of(left + right) == 0.0 and len(left + right) < LONGEST:
            found = group(known, left + right, f"{left} {right}")
            if found is not None:
                yield found


def right_groups(language: str, count: int, dice: random.Random, part: str = "train") -> Iterator[Group]:
    """Right words that are rare enough to be doubted, a quarter of them as if the dictionary lacked them."""
    known = dictionary(language)
    seen = right_words(language)
    words = [(w, n) for w, n in seen.items() if n > 1 and known.zipf.get(w, 0.0) < KNOWN_ZIPF and part_of(w) == part]
    weights = [n**0.5 for _, n in words]
    for word, _ in dice.choices(words, weights, k=count):
        found = group(known, word, word, unknown=dice.random() < 0.25)
        if found is not None:
            yield found


def encoded(groups: list[Group]) -> Groups:
    """Groups as arrays; rows beyond a group's candidates have no letters."""
    size = (len(groups), CANDIDATES + 1)
    letters = np.zeros((*size, LETTERS, 2), np.uint8)
    features = np.zeros((*size, FEATURES), np.float32)
    for at, (known, written, candidates, _, unknown) in enumerate(groups):
        some, more = encode(known, written, candidates, unknown)
        width = min(LETTERS, some.shape[1])
        letters[at, : len(candidates), :width] = some[:, :width]
        features[at, : len(candidates)] = more
    return Groups(letters, features, np.array([g[3] for g in groups], np.int64))


def training_groups(
    languages: tuple[str, ...] = LANGUAGES, wrong: int = 30_000, right: int = 20_000, seed: int = 0,
    part: str = "train", progress: Progress = lambda _line: None,
) -> Groups:  # fmt: skip
    """All groups to learn from: `wrong` made misspellings and `right` right words a language, codespell's besides."""
    dice = random.Random(seed)
    found: list[Group] = []
    for language in languages:
        for made in (wrong_groups(language, wrong, dice, part), right_groups(language, right, dice, part)):
            for one in made:
                found.append(one)
                if len(found) % 10_000 == 0:
                    progress(f"{len(found)} written words with candidates")
    return encoded(found)
