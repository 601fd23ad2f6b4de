"""Simulated typing with a list of proposals: how many keystrokes it saves, and how often the next word is in it."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kitt_text.pieces import normalised

RULE = (
    "every letter, sign and space is a key; after each key and at the start a list of three is shown; accepting one "
    "costs one key and types the space behind it, which goes away again before punctuation; the typist accepts the "
    "longest proposal that is right up to the end of a word and saves at least one key, as soon as it is shown; "
    "capitals do not count"
)

Complete = Callable[[str, int], Sequence[str]]
"""Text so far and how many: whole texts that continue it."""

_WORDS = {
    "fr": re.compile(r"[^\W_]+'|[^\W_]+(?:-[^\W_]+)*"),
    "en": re.compile(r"[^\W_]+(?:['-][^\W_]+)*"),
}


def spans(text: str, language: str) -> list[tuple[int, int]]:
    """Begin and end of each word of letters."""
    pattern = _WORDS.get(language, _WORDS["en"])
    return [match.span() for match in pattern.finditer(text) if not any(c.isdigit() for c in match.group())]


@dataclass
class Tally:
    """What was counted: words asked for, hits among the first one and three, keys, letters, seconds of each query."""

    words: int = 0
    top1: int = 0
    top3: int = 0
    keys: int = 0
    characters: int = 0
    seconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Rates; those of which nothing was counted are left out."""
        found: dict[str, float] = {}
        if self.words:
            found |= {"words": self.words, "top1": self.top1 / self.words, "top3": self.top3 / self.words}
        if self.characters:
            found |= {"characters": self.characters, "keystroke_savings": 1.0 - self.keys / self.characters}
        if self.seconds:
            ordered = sorted(self.seconds)
            found |= {"queries": len(ordered), "p50_ms": 1e3 * ordered[len(ordered) // 2]}
            found["p95_ms"] = 1e3 * ordered[int(0.95 * (len(ordered) - 1))]
        return found


class Typist:
    """Types texts with the help of one predictor."""

    def __init__(
        self, complete: Complete, language: str, count: int = 3, clock: Callable[[], float] = time.thread_time
    ) -> None:
        """`clock` [s] times the queries; the thread's own time is blind to who works in another process."""
        self.tally = Tally()
        self._complete, self._language, self._count, self._clock = complete, language, count, clock

    def recall(self, document: str, at: Sequence[tuple[int, int]]) -> None:
        """Ask for the words that stand at some places of a document, each with all the text before it."""
        for begin, end in at:
            wanted = normalised(document[begin:end])
            found = self._ask(document[:begin], 2 * self._count)
            words: list[str] = []
            for text in found:
                places = spans(text[begin:], self._language)
                word = normalised(text[begin:][slice(*places[0])]) if places else ""
                if word and word not in words:
                    words.append(word)
            self.tally.words += 1
            self.tally.top1 += wanted in words[:1]
            self.tally.top3 += wanted in words[: self._count]

    def type(self, before: str, text: str) -> None:
        """Type a text behind another one."""
        before = unicodedata.normalize("NFKC", before)
        whole, at = before + unicodedata.normalize("NFKC", text), len(before)
        folded = normalised(whole)
        if len(folded) != len(whole):  # a letter whose small form is two
            whole, at = folded, len(normalised(before))
        self.tally.characters += len(whole) - at
        while at < len(whole):
            best = self._best(whole, folded, at)
            self.tally.keys += 1
            if best > at + 1:
                at = best + (whole[best : best + 1] == " ")
            else:
                at += 1

    def _best(self, whole: str, folded: str, at: int) -> int:
        """How far the longest right proposal reaches."""
        best = at
        for text in self._ask(whole[:at], self._count):
            end = len(text)
            if end > len(whole) or normalised(text) != folded[:end]:
                continue
            ended = end == len(whole) or not whole[end].isalnum() or text[-1:] == "'"
            gained = end - at + (whole[end : end + 1] == " ")
            if ended and gained >= 2 and end > best:
                best = end
        return best

    def _ask(self, text: str, count: int) -> Sequence[str]:
        begin = self._clock()
        found = self._complete(text, count)
        self.tally.seconds.append(self._clock() - begin)
        return found
