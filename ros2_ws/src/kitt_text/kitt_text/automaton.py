"""Small finite automata over words: joining, determinising, minimising, and taking empty words out.

Method: subsets, then states with equal continuations are one, bottom-up (Revuz, «Minimisation of acyclic
deterministic automata in linear time», 1992).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from kitt_text.templates import Phrase

Arc = tuple[int, int, str]


@dataclass(frozen=True)
class Part:
    """A finished automaton: arcs (from, to, word), no empty words."""

    arcs: tuple[Arc, ...]
    start: int
    finals: frozenset[int]


class Automaton:
    """A nondeterministic acyclic automaton in the making; "" is the empty word."""

    def __init__(self) -> None:
        self.steps: list[dict[str, set[int]]] = []

    def state(self) -> int:
        """A new state."""
        self.steps.append({})
        return len(self.steps) - 1

    def arc(self, source: int, word: str, target: int) -> None:
        """From state to state with a word."""
        self.steps[source].setdefault(word, set()).add(target)

    def phrase(self, source: int, words: Phrase, target: int) -> None:
        """From state to state with several words."""
        for word in words[:-1]:
            after = self.state()
            self.arc(source, word, after)
            source = after
        self.arc(source, words[-1] if words else "", target)

    def insert(self, source: int, target: int, part: Part) -> None:
        """A copy of a part between two states."""
        copies = {part.start: source} | {final: self.state() for final in part.finals}
        for final in part.finals:
            self.arc(copies[final], "", target)
        for state in {s for a, b, _ in part.arcs for s in (a, b)} - set(copies):
            copies[state] = self.state()
        for begin, end, word in part.arcs:
            self.arc(copies[begin], word, copies[end])


def _closure(automaton: Automaton, states: Iterable[int]) -> frozenset[int]:
    seen, stack = set(states), list(states)
    while stack:
        for target in automaton.steps[stack.pop()].get("", ()):
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return frozenset(seen)


def minimal(automaton: Automaton, start: int, final: int) -> Part:
    """Deterministic and minimal, by subsets and then by equal continuations; the automaton must be acyclic."""
    numbers: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    known: dict[frozenset[int], int] = {}

    def visit(subset: frozenset[int]) -> int:
        if subset not in known:
            words: dict[str, set[int]] = defaultdict(set)
            for state in subset:
                for word, targets in automaton.steps[state].items():
                    if word:
                        words[word] |= targets
            out = tuple(sorted((word, visit(_closure(automaton, targets))) for word, targets in words.items()))
            known[subset] = numbers.setdefault((final in subset, out), len(numbers))
        return known[subset]

    first = visit(_closure(automaton, [start]))
    arcs = tuple((state, target, word) for (_, out), state in numbers.items() for word, target in out)
    return Part(arcs, first, frozenset(state for (ends, _), state in numbers.items() if ends))


def choice(phrases: Iterable[Phrase]) -> Part:
    """One of the phrases."""
    automaton = Automaton()
    start, final = automaton.state(), automaton.state()
    for words in phrases:
        automaton.phrase(start, words, final)
    return minimal(automaton, start, final)


class Joints:
    """Automata joined by empty words, which are taken out at the end.

    Where states follow one without a word, either their arcs out are copied to it, or the arcs into it are doubled
    for them, whichever is less: a number has fifty first words, but few words lead to it; two hundred last words lead
    out of the objects, but few go on there.
    """

    def __init__(self, start: Hashable) -> None:
        self.start = start
        self._arcs: list[tuple[Hashable, Hashable, str]] = []
        self._empty: dict[Hashable, set[Hashable]] = defaultdict(set)
        self._fresh = 0

    def state(self) -> Hashable:
        """A new state."""
        self._fresh += 1
        return ("joint", self._fresh)

    def arc(self, source: Hashable, target: Hashable, word: str) -> None:
        """From state to state with a word."""
        self._arcs.append((source, target, word))

    def empty(self, source: Hashable, target: Hashable) -> None:
        """From state to state without a word."""
        self._empty[source].add(target)

    def loop(self, place: Hashable, words: Phrase) -> None:
        """From a state back to itself with several words."""
        source = place
        for at, word in enumerate(words):
            target = place if at == len(words) - 1 else self.state()
            self.arc(source, target, word)
            source = target

    def _follow(self, state: Hashable) -> set[Hashable]:
        return _reached(self._empty, {state})

    def without_empty(self, end: Hashable) -> Part:
        """The automaton that ends in `end`, without states that lead nowhere."""
        out: dict[Hashable, list[tuple[Hashable, str]]] = defaultdict(list)
        into: dict[Hashable, int] = defaultdict(int)
        for source, target, word in self._arcs:
            out[source].append((target, word))
            into[target] += 1
        follow = {state: self._follow(state) for state in {*out, *into, *self._empty}}
        copying = {self.start} & set(self._empty)
        for state in self._empty:
            copies = sum(len(out[after]) for after in follow[state] - {state})
            if copies < into[state] * (len(follow[state]) - 1):
                copying.add(state)

        def reached_by(state: Hashable) -> set[Hashable]:
            """The states to which an arc into `state` leads: a copying one stands for those that follow it."""
            if state in copying:
                return {state}
            covered = {after for copy in follow[state] & copying for after in follow[copy] - {copy}}
            return follow[state] - covered

        arcs: set[tuple[Hashable, Hashable, str]] = set()
        for source in list(follow):
            for after in follow[source] if source in copying else {source}:
                arcs |= {(source, reached, word) for target, word in out[after] for reached in reached_by(target)}
        finals = {end} | {state for state in copying if end in follow[state]}
        ahead: dict[Hashable, set[Hashable]] = defaultdict(set)
        back: dict[Hashable, set[Hashable]] = defaultdict(set)
        for source, target, _ in arcs:
            ahead[source].add(target)
            back[target].add(source)
        useful = _reached(ahead, {self.start}) & _reached(back, finals)
        kept = {(a, b, word) for a, b, word in arcs if a in useful and b in useful}
        numbers = {state: number for number, state in enumerate(sorted(useful, key=repr))}
        listed = tuple(sorted((numbers[a], numbers[b], word) for a, b, word in kept))
        return Part(listed, numbers[self.start], frozenset(numbers[state] for state in finals & useful))


def _reached(steps: Mapping[Hashable, set[Hashable]], starts: set[Hashable]) -> set[Hashable]:
    """The states that can be reached from `starts`, themselves among them."""
    seen, stack = set(starts), list(starts)
    while stack:
        for target in steps.get(stack.pop(), ()):
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen
