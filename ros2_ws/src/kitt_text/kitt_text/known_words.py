"""The usual words of a language and how often they stand: they keep a model of pieces from inventing words."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

import numpy as np

from kitt_text.pieces import continues, fold, is_letters


class KnownWords:
    """About 30,000 words with their frequencies, from the wordfreq library (R. Speer)."""

    def __init__(self, language: str) -> None:
        import wordfreq

        listed = wordfreq.get_frequency_dict(language, "small")
        rows = sorted((fold(word), word, share) for word, share in listed.items() if is_letters(word))
        self._folded = [row[0] for row in rows]
        self._words = [row[1] for row in rows]
        self._shares = np.array([row[2] for row in rows], np.float64)
        self._known = frozenset(self._words)

    @classmethod
    @lru_cache(maxsize=4)
    def load(cls, language: str) -> KnownWords:
        """Those of «en», «fr» or «es», loaded once."""
        return cls(language)

    def __contains__(self, word: str) -> bool:
        """Whether a word is a usual one; of «l'eau» and «car's» both parts must be."""
        return word in self._known or all(
            part in self._known or len(part) < 2 for part in word.replace("-", "'").split("'")
        )

    def beginning(self, typed: str, count: int) -> dict[str, float]:
        """The most frequent words that begin as it was typed, with their share of all that do."""
        plain = fold(typed)
        low = bisect_left(self._folded, plain)
        high = bisect_left(self._folded, plain + "\U0010ffff")
        if low == high:
            return {}
        shares = self._shares[low:high]
        best = np.argsort(-shares)[:count] + low
        total = float(shares.sum())
        return {self._words[at]: float(self._shares[at]) / total for at in best if continues(typed, self._words[at])}
