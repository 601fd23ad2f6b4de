"""Sentences as the tagger takes them: words with their places, hashed letter n-grams and shapes; and tags to spans.

Unknown names are read by their letters and their neighbours: a word is the sum of the vectors of its n-grams
(Bojanowski and others, «Enriching word vectors with subword information», 2017), here hashed to a small table.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from kitt_text.words import MAX_CHARS, MAX_TOKENS, plain

SLOTS = ("direction", "distance", "angle", "duration", "object", "colour", "place", "person", "number")
TAGS = ("O", *(f"{kind}-{slot}" for slot in SLOTS for kind in "BI"))
"""BIO: outside, begin and inside of each slot."""
LANGUAGES = ("en", "fr", "es")
DIRECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "left": {"en": ("left",), "fr": ("gauche",), "es": ("izquierda",)},
    "right": {"en": ("right",), "fr": ("droite",), "es": ("derecha",)},
    "forward": {
        "en": ("forward", "forwards", "straight ahead", "straight on", "straight", "ahead"),
        "fr": ("tout droit", "avant", "devant"), "es": ("todo recto", "recto", "adelante", "delante"),
    },
    "back": {"en": ("back", "backward", "backwards"), "fr": ("arrière",), "es": ("marcha atrás", "atrás")},
}  # fmt: skip
"""Words of each direction, longer ones first."""
BUCKETS = 12_000
"""Rows of the table of n-grams; row 0 is nothing."""
GRAMS = 28
"""N-grams a word at most."""
COMMON = 1 << 18
"""Size of the table that tells how often a word is written small: names hardly are."""
SHAPES = ("lower", "capital", "upper", "number")
_TOKEN = re.compile(r"-?\d+(?:[.,]\d+)?|[^\W\d_]+|°")

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Token:
    """A word: as written, without accents and case, and where it stands in the (NFC) text."""

    text: str
    plain: str
    begin: int
    end: int


def nfc(text: str) -> str:
    """The part of a text that is looked at, in Unicode's form C: the places of tokens count in it."""
    return unicodedata.normalize("NFC", text[:MAX_CHARS])


def split(text: str) -> list[Token]:
    """The words of a text, the same as `words.tokens` makes them; letters of other scripts are words, too.

    Looks at the first `MAX_CHARS` characters only and gives `MAX_TOKENS` words at most.
    """
    found: list[Token] = []
    clean = nfc(text)
    for match in _TOKEN.finditer(clean):
        word, begin = match.group(), match.start()
        if word.startswith("-"):
            if not (begin and clean[begin - 1].isalnum()):
                found.append(Token("-", "minus", begin, begin + 1))
            word, begin = word[1:], begin + 1
        found.append(Token(word, plain(word).strip(), begin, match.end()))
    return found[:MAX_TOKENS]


def _hash(gram: str) -> int:
    return 1 + zlib.crc32(gram.encode()) % (BUCKETS - 1)


def grams_of(word: str) -> list[int]:
    """The numbers of a word's n-grams: the whole word, then those of three and two letters; digits are all alike."""
    marked = "<" + re.sub(r"\d", "0", word) + ">"
    pieces = [marked] + [marked[at : at + size] for size in (3, 2) for at in range(len(marked) - size + 1)]
    return [_hash(f"{len(piece)}{piece}" if piece is not marked else piece) for piece in pieces[:GRAMS]]


def shape_of(word: str) -> int:
    """The number of a word's shape in `SHAPES`."""
    if word[:1].isdigit():
        return 3
    return 0 if not word[:1].isupper() else 2 if len(word) > 1 and word.isupper() else 1


def places_of(word: str) -> list[int]:
    """Where a word stands in the table of `COMMON` entries: two places, the lesser value counts (Bloom 1970)."""
    return [zlib.crc32(f"{salt}{word}".encode()) % COMMON for salt in "01"]


def features(tokens: Sequence[Token]) -> tuple[Ints, Ints, Ints]:
    """What the network takes: n-grams (T, `GRAMS`), 0 where there are fewer, shapes (T,), places (T, 2)."""
    grams = np.zeros((len(tokens), GRAMS), np.int64)
    places = np.zeros((len(tokens), 2), np.int64)
    for at, token in enumerate(tokens):
        grams[at], places[at] = _numbers(token.plain)
    return grams, np.array([shape_of(token.text) for token in tokens], np.int64), places


@lru_cache(maxsize=8192)
def _numbers(word: str) -> tuple[Ints, Ints]:
    grams = np.zeros(GRAMS, np.int64)
    numbers = grams_of(word)
    grams[: len(numbers)] = numbers
    return grams, np.array(places_of(word), np.int64)


def _allowed() -> Floats:
    """(from, to): 0 where a tag may follow another, else -inf; the inside of a slot follows only the same slot."""
    table = np.zeros((len(TAGS), len(TAGS)))
    for to, name in enumerate(TAGS):
        if name.startswith("I-"):
            table[:, to] = [0.0 if tag[2:] == name[2:] else -np.inf for tag in TAGS]
    return table


_FOLLOWS = _allowed()


def best_tags(log_probs: Floats) -> list[int]:
    """The likeliest sequence of tags that is well formed (Viterbi); `log_probs` (T, tags)."""
    if not len(log_probs):
        return []
    first = np.array([-np.inf if tag.startswith("I-") else 0.0 for tag in TAGS])
    score, back = log_probs[0] + first, []
    for row in log_probs[1:]:
        total = score[:, None] + _FOLLOWS
        back.append(total.argmax(0))
        score = total.max(0) + row
    path = [int(score.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def spans(tags: Sequence[int]) -> Iterator[tuple[str, int, int]]:
    """The slots of a sequence of tags: (name, first word, word behind the last)."""
    at = 0
    while at < len(tags):
        name, begin = TAGS[tags[at]], at
        at += 1
        if name.startswith("B-"):
            while at < len(tags) and TAGS[tags[at]] == "I-" + name[2:]:
                at += 1
            yield name[2:], begin, at
