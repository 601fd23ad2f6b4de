"""Completion bound to the grammar: whole commands and next words, chosen by the keystrokes that they may save."""

from __future__ import annotations

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count as counter

from kitt_text.command_graph import CommandGraph, Positions
from kitt_text.grammar import Grammar
from kitt_text.personal import TRUST
from kitt_text.pieces import continues, fold
from kitt_text.templates import Phrase
from kitt_text.words import MAX_CHARS, MAX_TOKENS, tokens
from kitt_text.written import Writing

VISITED = 80
"""Beginnings of sentences that are looked at, the likeliest first."""
WORDS = 12
"""Of a continuation."""
LEAST = 2e-3
"""Less likely continuations are not looked at beyond their first word."""
TASTE = 0.25
"""What the language model's opinion counts, as an exponent."""
SHOWN = 0.02
"""Less likely ones are not proposed."""
WHOLE = 1.5
"""A whole command is worth that much more than a beginning that saves as many keystrokes."""

Likelihood = Callable[[str, Sequence[str]], Sequence[float]]
"""Log-probabilities of some words, as they are written, as the next or the begun word of a text.

Only their proportions count.
"""


@dataclass(frozen=True)
class CommandProposal:
    """A continuation that the grammar takes: the words behind those that are whole, its probability.

    `command`: what the text then says; empty while it is only the beginning of a command.
    """

    words: Phrase
    text: str
    probability: float
    command: str


@dataclass(frozen=True)
class CommandProposals:
    """The proposals, best first, and how likely the grammar holds the text so far (0: it does not take it)."""

    proposals: tuple[CommandProposal, ...]
    mass: float


class CommandCompletion:
    """Completion of one language's commands; may be used from any thread."""

    def __init__(self, grammar: Grammar, language: str) -> None:
        self._grammar, self._language = grammar, language
        self._graph = CommandGraph(grammar, language)
        self._writing = Writing(grammar, language)

    def complete(
        self, text: str, count: int, likelihood: Likelihood | None = None, own: dict[str, int] | None = None
    ) -> CommandProposals:
        """Continue a text.

        Args:
            text: what was typed or heard.
            count: so many proposals at most.
            likelihood: what a language model says of next words; None: nothing.
            own: the operator's phrases and how often each was learnt.
        """
        words, typed = split(text)
        if len(text) > MAX_CHARS or len(words) > MAX_TOKENS:
            return CommandProposals((), 0.0)
        at = self._graph.after(self._graph.start(), words)
        ways = self._first(at, typed)
        if likelihood is not None:
            self._weigh(ways, words, text, likelihood)
        mass = sum(sum(there.values()) for there in ways.values())
        if not mass:
            return CommandProposals((), 0.0)
        begun, whole = self._ahead(ways, mass, words, typed, text, likelihood)
        if typed and typed in ways:
            whole.pop((typed,), None)  # it stands there already
            begun.pop((typed,), None)
        self._mix(begun, whole, words, typed, own or {})
        chosen = self._choose(begun, whole, words, typed, count)
        return CommandProposals(tuple(self._proposal(text, words, typed, item, begun) for item in chosen), mass)

    def mass(self, text: str) -> float:
        """The probability of a text as the beginning of a command."""
        words, typed = split(text)
        if len(text) > MAX_CHARS or len(words) > MAX_TOKENS:
            return 0.0
        ways = self._first(self._graph.after(self._graph.start(), words), typed)
        return sum(sum(there.values()) for there in ways.values())

    def _first(self, at: Positions, typed: str) -> dict[str, Positions]:
        """The words that may stand next and begin as it was typed, with where they lead."""
        found: dict[str, Positions] = defaultdict(lambda: defaultdict(float))
        for position, mass in at.items():
            for word, target, share in self._graph.steps(position)[0]:
                if word.startswith(typed):
                    found[word][target] += mass * share
        return found

    def _weigh(self, ways: dict[str, Positions], words: Phrase, text: str, likelihood: Likelihood) -> None:
        """Let a language model shift the weight among words, in place; the sum stays."""
        if len(ways) < 2:
            return
        scores = likelihood(text, [self._writing.word([*words, word], len(words)) for word in ways])
        best = max(scores)
        weights = [max(0.05, math.exp(TASTE * (score - best))) for score in scores]
        masses = [sum(there.values()) for there in ways.values()]
        scale = sum(masses) / sum(mass * weight for mass, weight in zip(masses, weights, strict=True))
        for there, weight in zip(ways.values(), weights, strict=True):
            for target in there:
                there[target] *= weight * scale

    def _ahead(
        self,
        ways: dict[str, Positions],
        mass: float,
        before: Phrase,
        typed: str,
        text: str,
        likelihood: Likelihood | None,
    ) -> tuple[dict[Phrase, float], dict[Phrase, float]]:
        """Beginnings of sentences and whole ones with their probabilities, the likeliest first."""
        order = counter()
        ways = dict(sorted(ways.items(), key=lambda item: -sum(item[1].values()))[:VISITED])
        queue: list[tuple[float, int, Phrase, Positions]]
        queue = [(-sum(there.values()) / mass, next(order), (word,), there) for word, there in ways.items()]
        heapq.heapify(queue)
        begun: dict[Phrase, float] = {}
        whole: dict[Phrase, float] = {}
        while queue and len(begun) < VISITED:
            negative, _, words, there = heapq.heappop(queue)
            begun[words] = -negative
            following, ends = self._following(there, LEAST * mass if len(words) < WORDS else math.inf)
            if ends:
                whole[words] = ends / mass
            if words == (typed,) and likelihood is not None:
                self._weigh(following, (*before, typed), text + " ", likelihood)
            for word, targets in following.items():
                heapq.heappush(queue, (-sum(targets.values()) / mass, next(order), (*words, word), targets))
        return begun, whole

    def _following(self, there: Positions, least: float) -> tuple[dict[str, Positions], float]:
        """What may follow with at least so much mass, and the mass of what ends."""
        following: dict[str, Positions] = defaultdict(lambda: defaultdict(float))
        ends = 0.0
        for position, weight in there.items():
            steps, end = self._graph.steps(position)
            ends += weight * end
            for word, target, share in steps:
                if weight * share < least:
                    break
                following[word][target] += weight * share
        return following, ends

    def _mix(
        self, begun: dict[Phrase, float], whole: dict[Phrase, float], words: Phrase, typed: str, own: dict[str, int]
    ) -> None:
        """The operator's own phrases among those of the grammar, in place."""
        fitting: dict[Phrase, int] = defaultdict(int)
        for phrase, times in own.items():
            said = tuple(tokens(phrase))
            rest = said[len(words) :]
            if said[: len(words)] == words and rest and rest[0].startswith(typed) and rest != (typed,):
                fitting[rest] += times
        fitting = {rest: n for rest, n in fitting.items() if self._understood((*words, *rest))}
        total = sum(fitting.values())
        if not total:
            return
        trust = TRUST * total / (total + 1.0)
        for table in (begun, whole):
            for key in table:
                table[key] *= 1.0 - trust
        for rest, times in fitting.items():
            share = trust * times / total
            whole[rest] = whole.get(rest, 0.0) + share
            for length in range(1, len(rest) + 1):
                if rest[:length] != (typed,):
                    begun[rest[:length]] = begun.get(rest[:length], 0.0) + share

    def _understood(self, words: Phrase) -> str:
        return self._grammar.understand(" ".join(words), self._language).command

    def _choose(
        self, begun: dict[Phrase, float], whole: dict[Phrase, float], words: Phrase, typed: str, count: int
    ) -> list[Phrase]:
        """Greedily those that together save the most: probability times letters that need not be typed.

        Where a beginning is chosen, what goes on from it saves only what lies behind it.
        """
        saved = {key: sum(map(len, key)) + len(key) - 1 - len(typed) for key in begun}
        likely = [key for key in begun if begun[key] >= SHOWN]
        ranked = sorted(likely or begun, key=lambda key: -begun[key] * saved[key])[:60]
        chosen: list[Phrase] = []
        while ranked and len(chosen) < count:
            best, most = None, 0.0
            for key in ranked:
                below = [k for k in chosen if k[: len(key)] == key]
                above = max((saved[k] for k in chosen if key[: len(k)] == k), default=0)
                gain = (begun[key] - sum(begun[k] for k in below)) * (saved[key] - above)
                gain *= WHOLE if whole.get(key) else 1.0
                if gain > most:
                    best, most = key, gain
            if best is None:
                break
            ranked.remove(best)
            chosen.append(best)
        # In the list, what is likely weighs more against what saves much.
        return sorted(chosen, key=lambda key: -begun[key] * (WHOLE if whole.get(key) else 1.0) * math.sqrt(saved[key]))

    def _proposal(
        self, text: str, words: Phrase, typed: str, key: Phrase, begun: dict[Phrase, float]
    ) -> CommandProposal:
        sentence = (*words, *key)
        first = self._writing.word(sentence, len(words))
        rest = self._writing.join(sentence, len(words) + 1)
        if typed:
            head = text[: len(text) - _typed_length(text)]
            begin = _typed_letters(text, first)
        else:
            head = text if not text or text[-1].isspace() or text[-1] in "'’-" else text + " "
            begin = first
        return CommandProposal(key, head + begin + rest, begun[key], self._understood(sentence))


def split(text: str) -> tuple[Phrase, str]:
    """The whole words of a text, and what was typed of the last one."""
    found = tokens(text)
    if found and text[-1:].isalpha():
        return tuple(found[:-1]), found[-1]
    return tuple(found), ""


def _typed_length(text: str) -> int:
    match = re.search(r"[^\W\d_]*\Z", text)
    return len(match.group()) if match else 0


def _typed_letters(text: str, word: str) -> str:
    """`word` with the letters that were typed, but for accents that they lack."""
    typed = text[len(text) - _typed_length(text) :]
    if not continues(fold(typed.lower()), word.lower()) or len(typed) > len(word):
        return word
    start = "".join(t if t.lower() == w.lower() else (w.upper() if t.isupper() else w)
                    for t, w in zip(typed, word, strict=False))  # fmt: skip
    return start + word[len(typed) :]
