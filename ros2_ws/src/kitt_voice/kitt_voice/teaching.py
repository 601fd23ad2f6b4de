"""Whether a taught phrase can be told from the others: the phrases that sound most like it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar
from kitt_voice.graph import Pronouncing
from kitt_voice.scoring import Phones, pronunciations

TOO_NEAR = 0.34
"""Of two phrases that differ in less than this part of their phones, one will be taken for the other."""
_VARIANTS = 4  # pronunciations looked at of each other phrase


@dataclass(frozen=True)
class Neighbour:
    """Another phrase and how far it is: edits from one string of phones to the other, as a part of the longer one."""

    phrase: str
    command: str
    distance: float

    @property
    def collides(self) -> bool:
        """Whether the two will be taken for each other."""
        return self.distance < TOO_NEAR


def nearest(
    phrase: str, said: Sequence[Phones], grammar: Grammar, language: str, lexicon: Pronouncing, count: int = 3
) -> list[Neighbour]:
    """The phrases of the grammar that sound most like a phrase, nearest first; those with slots are left out.

    Args:
        phrase: the phrase itself, which is left out too.
        said: its pronunciations.
    """
    found = []
    for other, command in grammar.phrases(language):
        if other == phrase or "{" in other:
            continue
        try:
            strings = pronunciations(other, lexicon, _VARIANTS)
        except KittError:
            continue  # what cannot be said is not listened for
        distance = min(edit_distance(a, b) / max(len(a), len(b)) for a in said for b in strings)
        found.append(Neighbour(other, command, distance))
    return sorted(found, key=lambda neighbour: (neighbour.distance, neighbour.phrase))[:count]


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions from one string to the other (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
