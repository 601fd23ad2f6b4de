"""The grammar as an automaton of words: what the ears listen for.

`Grammar.understand` judges a finished text; a recogniser must know beforehand which word may follow. The phrases of a
language are joined to a minimal automaton, slots become sub-automata, and polite words loop at both ends. What it
accepts is, but for odd combinations, what `understand` takes, with numbers to a hundred (angles to 360).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kitt_text import spelling
from kitt_text.automaton import Arc, Automaton, Joints, Part, choice, minimal
from kitt_text.grammar import Grammar
from kitt_text.loading import LanguageData

STOPS = 3
"""«stop» may be said this many times in a row."""


@dataclass(frozen=True)
class WordGraph:
    """Arcs (from, to, word), several with the same word at times; from `start` to one of `finals` runs a sentence."""

    arcs: tuple[Arc, ...]
    start: int
    finals: frozenset[int]
    language: str

    def accepts(self, words: Iterable[str]) -> bool:
        """Whether the words are a sentence."""
        steps = defaultdict(list)
        for source, target, word in self.arcs:
            steps[source, word].append(target)
        states = {self.start}
        for word in words:
            states = {target for state in states for target in steps.get((state, word), ())}
        return bool(states & self.finals)


def _number(language: str, top: int = 100, bare: bool = False) -> Part:
    """Whole numbers to `top`, decimals, halves; `bare`: without a unit, so that a lone article is none."""
    left_out = {(article,) for article in spelling.articles(language)} if bare else set()
    automaton = Automaton()
    start, low, tail, final = (automaton.state() for _ in range(4))
    automaton.insert(
        start, low, choice(phrase for phrase in spelling.below_hundred(language) if phrase not in left_out)
    )
    automaton.arc(low, "", final)
    for half in spelling.halves_after(language):
        automaton.phrase(low, half, final)
    for point in spelling.points(language):
        automaton.arc(low, point, tail)
    automaton.insert(tail, final, choice(spelling.decimals(language)))
    for hundreds in spelling.hundreds(language, top):
        automaton.phrase(start, hundreds, final)
    return minimal(automaton, start, final)


def _quantity(data: LanguageData, dimension: str) -> Part:
    """A value with its unit, and what may stand behind: «two meters», «a meter and a half», «a minute thirty»."""
    code = data.code
    automaton = Automaton()
    start, counted, single, final = (automaton.state() for _ in range(4))
    automaton.insert(start, counted, _number(code, 360 if dimension == "angle" else 100))
    for half in spelling.halves_before(code):
        automaton.phrase(start, half, counted)
    for article in spelling.articles(code):
        automaton.arc(start, article, single)
    automaton.arc(single, "", counted)
    rests = {("distance", 1.0): spelling.fives(code), ("duration", 60.0): spelling.fives(code, 60)}
    for word in sorted(data.said_units):
        unit = data.units[word]
        if unit.dimension == dimension:
            after, halved = automaton.state(), automaton.state()
            automaton.arc(counted, word, after)
            automaton.arc(after, "", final)
            for rest in rests.get((dimension, unit.factor), ()):
                automaton.phrase(after, rest, final)
            automaton.arc(single, word, halved)
            for half in spelling.halves_after(code):
                automaton.phrase(halved, half, final)
    return minimal(automaton, start, final)


def slot_values(data: LanguageData, name: str) -> Part:
    """What may be said for one slot."""
    if name == "object":
        return choice(data.objects)
    return _number(data.code, bare=True) if name == "number" else _quantity(data, name)


def _values(data: LanguageData, names: frozenset[str]) -> Part:
    """The values of several slots in one: numbers are shared, and «}distance» marks where one of a distance ends."""
    automaton = Automaton()
    start, final = automaton.state(), automaton.state()
    for name in sorted(names):
        end = automaton.state()
        automaton.insert(start, end, slot_values(data, name))
        automaton.arc(end, "}" + name, final)
    return minimal(automaton, start, final)


def _group(names: set[str], goes_on: bool) -> tuple[frozenset[str], bool]:
    """Which copy of the values serves a place: angles one, distances and times of motion another."""
    if names <= {"angle", "duration"} and "angle" in names:
        return frozenset({"angle", "duration"}), True
    alone = names == {"duration"} and not goes_on
    motion = names <= {"distance", "duration"} and not alone
    return frozenset({"distance", "duration"} if motion else names), goes_on


def _insert_values(joints: Joints, data: LanguageData, slots: dict[int, dict[str, int]], goes_on: set[int]) -> None:
    """Put the values where phrases have slots: `slots` gives place and slot to the place behind it."""
    groups: dict[tuple[frozenset[str], bool], list[int]] = defaultdict(list)
    for begin, targets in slots.items():
        for names in (set(targets) & {"object"}, set(targets) - {"object"}):
            if names:
                groups[_group(names, any(targets[name] in goes_on for name in names))].append(begin)
    for group, begins in groups.items():
        part = _values(data, group[0])
        for begin, target, word in part.arcs:
            if not word.startswith("}"):
                joints.arc((group, begin), (group, target), word)
                continue
            for place in begins:
                if word[1:] in slots[place]:
                    joints.empty((group, begin), ("phrase", slots[place][word[1:]]))
        for place in begins:
            joints.empty(("phrase", place), (group, part.start))


def word_graph(grammar: Grammar, language: str) -> WordGraph:
    """Every sentence of a language that `grammar.understand` takes, numbers to a hundred; a little more.

    Places in phrases where the same kinds of values may stand share one copy of these values, if the phrase ends
    behind all of them; places behind which it goes on share another.
    """
    data = grammar.data.languages[language]
    stops = ((word,) * times for word in sorted(data.said_stops) for times in range(1, STOPS + 1))
    # a phrase with a pronunciation of its own is also listened for as if it were one word
    taught = ((" ".join(phrase),) for phrase in grammar.own.say if len(phrase) > 1 and phrase in data.phrases)
    skeleton = choice([*data.phrases, *stops, *taught])
    goes_on = {begin for begin, _, _ in skeleton.arcs}
    joints = Joints(("phrase", skeleton.start))
    end = joints.state()
    for state in skeleton.finals:
        joints.empty(("phrase", state), end)
    slots: dict[int, dict[str, int]] = defaultdict(dict)
    for begin, target, word in skeleton.arcs:
        if word.startswith("{"):
            slots[begin][word[1:-1]] = target
        else:
            joints.arc(("phrase", begin), ("phrase", target), word)
    _insert_values(joints, data, slots, goes_on)
    for edge in (joints.start, end):
        for filler in data.fillers:
            joints.loop(edge, filler)
    whole = joints.without_empty(end)
    return WordGraph(whole.arcs, whole.start, whole.finals, language)
