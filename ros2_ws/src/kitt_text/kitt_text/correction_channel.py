"""How likely a word was written as another: a small bidirectional LSTM over the letters of both, models/kitt_correct.

The noisy channel of spelling (Kernighan, Church, Gale, «A spelling correction program based on a noisy channel model»,
1990), with a network in place of the table of edits: it reads the candidate and what was written letter beside letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from kitt_inference.session import open_session
from kitt_text.correction_dictionary import LANGUAGES, Dictionary, bare

Array = np.ndarray[Any, Any]

ALPHABET = "abcdefghijklmnopqrstuvwxyzàáâäçèéêëìíîïñòóôöùúûüœæ' "
"""Letters from 2; 0 pads, 1 is a gap, the last number any other letter."""
GAP, OTHER = 1, len(ALPHABET) + 2
SYMBOLS = len(ALPHABET) + 3
_NUMBER = {letter: at + 2 for at, letter in enumerate(ALPHABET)}
FEATURES = 7 + len(LANGUAGES)

Pairs = list[tuple[str, str]]


def align(word: str, written: str) -> Pairs:
    """The letters of a word beside those that were written, "" for a gap: a cheapest alignment (Levenshtein's)."""
    begin = 0
    shortest = min(len(word), len(written))
    while begin < shortest and word[begin] == written[begin]:
        begin += 1
    end = 0
    while end < shortest - begin and word[-1 - end] == written[-1 - end]:
        end += 1
    same_end = word[len(word) - end :]
    middle = _align(word[begin : len(word) - end], written[begin : len(written) - end])
    return [(c, c) for c in word[:begin]] + middle + [(c, c) for c in same_end]


def _align(a: str, b: str) -> Pairs:
    if not a or not b:
        return [(c, "") for c in a] + [("", c) for c in b]
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        above, row = rows[-1], [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
        rows.append(row)
    pairs: Pairs = []
    i, j = len(a), len(b)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((a[i], b[j]))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            pairs.append((a[i], ""))
        else:
            j -= 1
            pairs.append(("", b[j]))
    return pairs[::-1]


def encode(known: Dictionary, written: str, candidates: Sequence[str], unknown: bool = False) -> tuple[Array, Array]:
    """What the network reads for a written word (lower case) and what it may have been meant for.

    Args:
        candidates: words or phrases, lower case; `written` among them stands for leaving it as it is.
        unknown: take `written` for a word that the dictionary lacks (training).

    Returns:
        letters: (candidates, longest alignment, 2) int64, the candidate's and the written letter; 0 pads.
        features: (candidates, FEATURES) float32.
    """
    rows = [align(word, written) for word in candidates]
    letters = np.zeros((len(rows), max(map(len, rows)), 2), np.int64)
    features = np.zeros((len(rows), FEATURES), np.float32)
    own = 0.0 if unknown else known.zipf_of(written)
    plain = bare(written)
    for at, (word, row) in enumerate(zip(candidates, rows, strict=True)):
        letters[at, : len(row)] = [(_number(c), _number(w)) for c, w in row]
        same = word == written
        zipf = own if same else known.zipf_of(word)
        features[at, :7] = (
            zipf / 4.0,
            same,
            zipf == 0.0,
            own / 4.0,
            sum(c != w for c, w in row) / 2.0,
            not same and bare(word) == plain,
            (" " in word) - (" " in written),
        )
    features[:, 7 + LANGUAGES.index(known.language)] = 1.0
    return letters, features


def _number(letter: str) -> int:
    return _NUMBER.get(letter, OTHER) if letter else GAP


class Channel:
    """The loaded network; may be used from any thread."""

    def __init__(self, path: Path) -> None:
        """`path`: the ONNX file; letters (N, L, 2) and features (N, FEATURES) to scores (N).

        Raises:
            KittError: the file is missing, or cannot be run.
        """
        self._session = open_session(path, threads=1)
        self._lock = Lock()

    def rate(self, known: Dictionary, written: str, candidates: Sequence[str]) -> Array:
        """Log probabilities (candidates,) that these were meant, their frequency counted in, no context."""
        letters, features = encode(known, written, candidates)
        with self._lock:
            scores: Array = self._session.run({"letters": letters, "features": features})["scores"]
        return scores - np.logaddexp.reduce(scores)
