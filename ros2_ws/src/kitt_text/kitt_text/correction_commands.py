"""Near misses of commands: «folow me», «trun left», «follow my», where the whole text becomes a command."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kitt_text import numbers
from kitt_text.correction_dictionary import SHORT, Dictionary
from kitt_text.correction_words import Word
from kitt_text.grammar import Grammar, Understanding
from kitt_text.lexicon import Lexicon, Phones
from kitt_text.words import plain, tokens

MOST_WORDS = 10
"""A longer text is no command with a slip, but a sentence."""
MOST_TRIES = 200
MOST_EDITS = 3
COMMON_ZIPF = 3.5
"""Words as frequent as this are right, unless another in their place makes a command."""
COMMON = 2.0
"""A common word costs as many edits; with `MOST_EDITS` no two of them are changed."""


@dataclass(frozen=True)
class Repair:
    """A text's words with some set right: (position, the right word), and how sure that is."""

    words: tuple[tuple[int, str], ...]
    confidence: float
    command: str


class CommandWords:
    """The words of the command grammar in one language, and texts that are nearly commands."""

    def __init__(self, grammar: Grammar, known: Dictionary) -> None:
        from symspellpy import SymSpell

        self._grammar, self._known = grammar, known
        data = grammar.data.languages[known.language]
        phrases = [word for phrase in (*data.phrases, *data.fillers) for word in phrase if word[0] != "{"]
        values = (
            [w for phrase in data.objects for w in phrase] + list(data.units) + list(numbers.VALUES[known.language])
        )
        self._fixed = (frozenset(phrases) | data.said_stops) - frozenset(values)
        self.words = self._fixed | frozenset(values)
        self._near: Any = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        for word in self.words:
            if len(word) > 1:
                self._near.create_dictionary_entry(word, 1)
        lexicon = Lexicon.load(known.language)
        self._lexicon = lexicon
        self._sounds: dict[Phones, list[str]] = {}
        for word in sorted(self._fixed):
            if len(word) > 1 and word in lexicon:
                for phones in lexicon.pronounce(word):
                    self._sounds.setdefault(phones, []).append(word)

    def repair(self, text: str, words: list[Word]) -> Repair | None:
        """How a text becomes a command, or None: it is too far from one, or near to several."""
        if not 0 < len(words) <= MOST_WORDS:
            return None
        options: list[list[tuple[float, str]]] = []
        for word in words:
            others = list(self._options(word, len(words)))
            if not others and plain(word.text) not in self.words:
                return None  # a word of no command
            options.append([(0.0, ""), *others])
        tries: list[tuple[float, tuple[tuple[int, str], ...]]] = []
        for chosen in itertools.islice(itertools.product(*options), 20 * MOST_TRIES):
            cost = sum(one for one, _ in chosen)
            if 0.0 < cost <= MOST_EDITS:
                tries.append((cost, tuple((at, word) for at, (_, word) in enumerate(chosen) if word)))
        tries.sort(key=lambda one: one[0])
        found: dict[tuple[object, ...], Repair] = {}
        least = 0.0
        for cost, changes in tries[:MOST_TRIES]:
            if found and cost > least:
                break
            meant = self.command(self._changed(text, words, changes))
            if meant is not None:
                least = cost
                what = (meant.command, *((slot.name, slot.label or slot.value) for slot in meant.slots))
                found.setdefault(what, Repair(changes, round(0.95 ** (1.0 + 2.0 * cost), 3), meant.command))
        return next(iter(found.values())) if len(found) == 1 else None

    def _options(self, word: Word, count: int) -> Iterator[tuple[float, str]]:
        """Words of the commands that a word may be a slip of, with the number of edits; common words count double."""
        from symspellpy import Verbosity

        written = word.lower
        common = written in self.words or self._known.zipf.get(written, 0.0) >= COMMON_ZIPF
        if word.alone not in ("", "capitals", "a name") or (common and count < 2):
            return
        if written in self._lexicon:
            for phones in self._lexicon.pronounce(written):
                yield from ((COMMON if common else 1.0, other) for other in self._sounds.get(phones, ()))
        for item in self._near.lookup(written, Verbosity.ALL, 2 if len(written) > SHORT else 1):
            # a common word is never taken for another thing: «follow the hose» is no horse
            near = item.distance == 1 and item.term in self._fixed and item.term[0] == written[0]
            if item.term != written and (near or not common):
                yield item.distance * (COMMON if common else 1.0), item.term

    def command(self, text: str) -> Understanding | None:
        """What a text commands as a whole; «stop» and words like it are understood anywhere, but that is not it."""
        language = self._known.language
        meant = self._grammar.understand(text, language)
        if not meant.command or meant.language != language:
            return None
        data = self._grammar.data.languages[language]
        said = tokens(text)
        if meant.command == "stop" and tuple(said) not in data.phrases and tuple(data.strip(said)) not in data.phrases:
            return None
        return meant

    def _changed(self, text: str, words: list[Word], changes: tuple[tuple[int, str], ...]) -> str:
        for at, new in reversed(changes):
            text = text[: words[at].begin] + new + text[words[at].end :]
        return text

    def spelt(self, word: str) -> str:
        """A word of the grammar, which knows no accents, as it is written: «arrete» is «arrête»."""
        others = self._known.accents.get(word, [])
        zipf = self._known.zipf
        return max((word, *others), key=lambda one: zipf.get(one, 0.0))
