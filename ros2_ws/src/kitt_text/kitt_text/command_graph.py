"""The command grammar as a weighted automaton: how likely each word is after the words before.

The words of `wordgraph`, with probabilities: a command is the likelier the more ways there are to say it, of its
phrases the shorter ones are likelier, and slots have a few values that people say and many that they may say.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from kitt_text import spelling
from kitt_text.grammar import Grammar
from kitt_text.loading import SLOTS, LanguageData
from kitt_text.numbers import VALUES, number
from kitt_text.templates import Phrase
from kitt_text.wordgraph import slot_values

SHORTER = 0.6
"""A phrase with a word more is that much as likely."""
OFTEN = 3.0
"""Commands that drive the car day by day are so much likelier: left and right, rarely round."""
_DRIVING = frozenset(["stop", "go", "forward", "back", "left", "right", "faster", "slower", "follow", "come", "go_to"])
POLITE = 0.06
"""Share of the commands that begin with a polite word; half as many end with one."""
RARE = 0.02
"""Share of the values that are none of the usual ones."""
_OBJECTS = {"person": 8, "car": 6, "dog": 4, "cat": 3, "bicycle": 3, "truck": 3, "bus": 3, "traffic light": 3,
            "stop sign": 3, "sports ball": 3, "chair": 2, "bottle": 2}  # fmt: skip
_USUAL = {
    ("distance", 1.0): {1: 8, 2: 8, 3: 5, 4: 3, 5: 6, 10: 5, 20: 2},
    ("distance", 0.01): {10: 2, 20: 2, 30: 2, 50: 3},
    ("angle", 0.017453292519943295): {90: 8, 45: 6, 30: 4, 180: 4, 60: 2, 10: 2, 20: 2, 15: 1, 360: 2},
    ("duration", 1.0): {1: 4, 2: 6, 3: 5, 5: 6, 10: 5, 20: 2, 30: 2},
    ("duration", 60.0): {1: 2, 2: 1},
}
_FEMININE = ("seconde", "minute")

Position = tuple[str, int, int, str]
"""Kind («node», «value», «polite», «end»), state, the node behind a value, and its slot."""
Positions = dict[Position, float]
Steps = tuple[tuple[tuple[str, Position, float], ...], float]


@dataclass
class _Node:
    """A place within the phrases: `mass` of those that come by, `end` of those that end there."""

    mass: float = 0.0
    end: float = 0.0
    words: dict[str, int] = field(default_factory=dict)


class _Weighted:
    """A deterministic automaton whose arcs have probabilities."""

    def __init__(self, start: int, arcs: Iterable[tuple[int, int, str]], finals: Iterable[int]) -> None:
        self.start = start
        self._arcs: dict[int, dict[str, int]] = defaultdict(dict)
        for source, target, word in arcs:
            self._arcs[source][word] = target
        self._finals = frozenset(finals)
        self._seen: dict[tuple[int, str], float] = defaultdict(float)

    def usual(self, words: Phrase, weight: float) -> None:
        """A sentence that is likely; no matter if it is none of the automaton's."""
        states = [self.start]
        for word in words:
            if word not in self._arcs[states[-1]]:
                return
            states.append(self._arcs[states[-1]][word])
        if states[-1] in self._finals:
            for state, word in zip(states, [*words, ""], strict=True):
                self._seen[state, word] += weight

    def steps(self, state: int) -> tuple[list[tuple[str, int, float]], float]:
        """(word, target, probability) of each arc, and the probability of ending here."""
        ways = [*self._arcs[state], *([""] if state in self._finals else [])]
        weights = [self._seen.get((state, word), 0.0) for word in ways]
        total, unseen = sum(weights), weights.count(0.0)
        rare = (RARE if total else 1.0) / unseen if unseen else 0.0
        kept = (1.0 - RARE if unseen else 1.0) / total if total else 0.0
        shares = {word: weight * kept or rare for word, weight in zip(ways, weights, strict=True)}
        end = shares.pop("", 0.0)
        return [(word, self._arcs[state][word], share) for word, share in shares.items()], end


class CommandGraph:
    """One language's commands; immutable but for what is remembered of its steps."""

    def __init__(self, grammar: Grammar, language: str) -> None:
        data = grammar.data.languages[language]
        self.language = language
        self._nodes = [_Node()]
        self._phrases(data)
        self._usual = {name: [phrase for phrase, _ in _usual(data, name)] for name in SLOTS}
        self._values = {name: _values(data, name) for name in SLOTS}
        self._polite = _tree(data.fillers)
        self._numbers = _number_words(language)
        self.steps = lru_cache(maxsize=20_000)(self._sorted)

    def start(self) -> Positions:
        """Before the first word."""
        return {("node", 0, 0, ""): 1.0}

    def after(self, positions: Positions, words: Sequence[str]) -> Positions:
        """Where some words lead, with the probability of each way; empty where the grammar does not take them."""
        for word in self._spoken(words):
            there: Positions = defaultdict(float)
            for position, mass in positions.items():
                for step, target, share in self.steps(position)[0]:
                    if step == word:
                        there[target] += mass * share
            positions = dict(there)
            if not positions:
                break
        return positions

    def draw(self, slot: str, rng: Random) -> Phrase:
        """One of the values that people say for a slot, each as likely as any other."""
        return rng.choice(self._usual[slot])

    def _spoken(self, words: Sequence[str]) -> Iterator[str]:
        """Numbers in digits as words: a value of the same kind."""
        for word in words:
            if word[0].isdigit():
                yield from self._numbers.get(int(word) if word.isdigit() and len(word) < 3 else 2, self._numbers[2])
            else:
                yield word

    def _sorted(self, position: Position) -> Steps:
        """(word, where it leads, probability) of each word that may follow, and the probability that none does.

        The likeliest words come first.
        """
        found, end = self._steps(position)
        return tuple(sorted(found, key=lambda step: -step[2])), end

    def _steps(self, position: Position) -> Steps:
        kind, state, behind, slot = position
        found: list[tuple[str, Position, float]] = []
        if kind == "value":
            ways, end = self._values[slot].steps(state)
            found += [(word, ("value", target, behind, slot), share) for word, target, share in ways]
            if end:
                more, over = self.steps(("node", behind, 0, ""))
                return (*found, *((word, target, end * share) for word, target, share in more)), end * over
            return tuple(found), 0.0
        if kind == "node":
            node = self._nodes[state]
            scale = 1.0 / node.mass if state else (1.0 - POLITE) / node.mass
            for word, child in node.words.items():
                share = self._nodes[child].mass * scale
                if word.startswith("{"):
                    name = word[1:-1]
                    ways, _ = self._values[name].steps(self._values[name].start)
                    found += [(w, ("value", target, child, name), share * s) for w, target, s in ways]
                else:
                    found.append((word, ("node", child, 0, ""), share))
            if not state:
                found += self._politely(0, 0, POLITE)
            end = node.end * scale
        elif kind == "polite":
            ways, end = self._polite.steps(state)
            found += [(word, (kind, target, behind, ""), share) for word, target, share in ways]
            if end and not behind:  # and now the command
                more, _ = self.steps(("node", 0, 0, ""))
                return (*found, *((word, target, end * share) for word, target, share in more)), 0.0
        if end:
            found += self._politely(0, 1, end * POLITE / 2)
            end *= 1.0 - POLITE / 2
        return tuple(found), end

    def _politely(self, state: int, behind: int, scale: float) -> list[tuple[str, Position, float]]:
        ways, _ = self._polite.steps(state)
        return [(word, ("polite", target, behind, ""), scale * share) for word, target, share in ways]

    def _phrases(self, data: LanguageData) -> None:
        by_command: dict[str, list[Phrase]] = defaultdict(list)
        for phrase, meaning in data.phrases.items():
            by_command[meaning.command].append(phrase)
        for command, phrases in by_command.items():
            mass = (1.0 + math.log(len(phrases))) * (OFTEN if command in _DRIVING else 1.0)
            total = sum(SHORTER ** len(phrase) for phrase in phrases)
            for phrase in phrases:
                self._insert(phrase, mass * SHORTER ** len(phrase) / total)
        for word in data.said_stops:
            if (word,) not in data.phrases:  # other ways to write «stop», and words said in alarm
                self._insert((word,), RARE)

    def _insert(self, phrase: Phrase, mass: float) -> None:
        at = 0
        self._nodes[0].mass += mass
        for word in phrase:
            if word not in self._nodes[at].words:
                self._nodes.append(_Node())
                self._nodes[at].words[word] = len(self._nodes) - 1
            at = self._nodes[at].words[word]
            self._nodes[at].mass += mass
        self._nodes[at].end += mass


def _tree(phrases: Iterable[Phrase]) -> _Weighted:
    """Phrases that are all equally likely, as a tree."""
    arcs: dict[tuple[int, str], int] = {}
    finals: set[int] = set()
    listed = list(phrases)
    for phrase in listed:
        at = 0
        for word in phrase:
            at = arcs.setdefault((at, word), len(arcs) + 1)
        finals.add(at)
    tree = _Weighted(0, [(source, target, word) for (source, word), target in arcs.items()], finals)
    for phrase in listed:
        tree.usual(phrase, 1.0)
    return tree


def _values(data: LanguageData, name: str) -> _Weighted:
    part = slot_values(data, name)
    values = _Weighted(part.start, part.arcs, part.finals)
    for phrase, weight in _usual(data, name):
        values.usual(phrase, weight)
    return values


def _usual(data: LanguageData, name: str) -> Iterator[tuple[Phrase, float]]:
    """Values that people say."""
    numbers = _number_words(data.code)
    if name == "object":
        first: set[str] = set()  # of several names of a class the first is the usual one
        for phrase, label in data.objects.items():
            yield phrase, _OBJECTS.get(label, 1) / len(phrase) * (1.0 if label in first else 4.0)
            first.add(label)
    elif name == "number":
        for value in range(1, 11):
            yield numbers[value], 1.0 / value
    for (dimension, factor), values in _USUAL.items():
        units = [w for w, u in data.units.items() if w in data.said_units and (u.dimension, u.factor) == (name, factor)]
        if dimension != name or len(units) < 2:
            continue
        one, several = units[0], units[1]
        for value, weight in values.items():
            said = numbers[value] if value > 1 else _one(one, data.code)
            yield (*said, several if value > 1 else one), weight
        if factor == 1.0 and name == "distance":
            yield (*spelling.halves_before(data.code)[0], one), 2.0


def _one(unit: str, language: str) -> Phrase:
    return {"en": ("one",), "es": ("un",)}.get(language, ("une" if unit in _FEMININE else "un",))


@lru_cache(maxsize=4)
def _number_words(language: str) -> dict[int, Phrase]:
    """Whole numbers to 99 and a few beyond, the usual way of each."""
    found: dict[int, Phrase] = {}
    regional = {"septante", "huitante", "octante", "nonante"}
    for phrase in [*spelling.below_hundred(language), *spelling.hundreds(language, 360)]:
        value = number(phrase, 0, language)
        if value is not None and value[1] == len(phrase) and not regional & set(phrase):
            found.setdefault(int(value[0]), phrase)
    return found | {value: (word,) for word, value in reversed(VALUES[language].items()) if value < 17}
