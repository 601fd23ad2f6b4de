"""The grammar as one graph of phones: word graphs and pronunciations, in all languages that are set.

Nodes lie between phones, arcs carry one phone each. Words that leave a node share the beginnings of their
pronunciations (a prefix tree), and equal endings are merged (hash consing, as in the minimisation of an acyclic
automaton; Mohri, Pereira and Riley 2002). The last arc of a word carries the word, so that a path has words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.phones import PHONES
from kitt_text.wordgraph import WordGraph

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


class Pronouncing(Protocol):
    """What is needed of a `kitt_text.lexicon.Lexicon`."""

    def pronounce(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The pronunciations of a word."""


@dataclass(frozen=True)
class Word:
    """A word of one language, said in its first pronunciation or in `another`; `phones` is the shortest's length.

    `polite`: it may be said for no more than politeness («please»).
    """

    text: str
    language: str
    phones: int
    another: bool = False
    polite: bool = False


@dataclass(frozen=True)
class PhoneGraph:
    """A compiled graph. Arcs are sorted by the node they end in; nodes are numbered from 0.

    Attributes:
        phone, source, target: (A,) column of the posteriors, node before and node after each arc.
        word: (A,) index into `words` where an arc ends a word, else -1.
        twin: (A,) whether every arc before this one has the same phone, so that a blank must lie between them.
        out, out_start: arcs sorted by their source, and (N + 1,) where those of each node begin in `out`.
        boundary: (N,) whether words end and begin in the node.
        final: (N,) whether a sentence may end there; `follows`: whether it may then go on.
        starts: the node each language starts in, best first.
        words: the words of all languages.
    """

    phone: Ints
    source: Ints
    target: Ints
    word: Ints
    twin: Bools
    out: Ints
    out_start: Ints
    boundary: Bools
    final: Bools
    follows: Bools
    starts: tuple[int, ...]
    words: tuple[Word, ...]

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.boundary)

    @property
    def states(self) -> int:
        """The number of states with CTC's topology: a phone an arc, a blank a node."""
        return len(self.phone) + self.nodes


def compile_graph(
    graphs: Sequence[WordGraph],
    lexicons: Mapping[str, Pronouncing],
    optional: Mapping[str, Collection[str]] | None = None,
    phones: Sequence[str] = PHONES,
) -> PhoneGraph:
    """Turn word graphs, one a language, into one graph of phones.

    Args:
        graphs: the word graphs; of equal readings the earlier language wins.
        lexicons: the pronunciations of each graph's language.
        optional: for each language words that may follow a whole sentence and do not make it another one («please»).
        phones: the inventory, index 0 the blank.

    Raises:
        KittError: a word has no pronunciation, or one with a phone that is not in the inventory.
    """
    builder = _Builder({name: index for index, name in enumerate(phones)})
    starts = [
        builder.add(graph, lexicons[graph.language], (optional or {}).get(graph.language, ())) for graph in graphs
    ]
    return builder.finish(starts)


def linear_graph(sentence: Sequence[str], language: str) -> WordGraph:
    """The word graph of one sentence."""
    arcs = tuple((index, index + 1, word) for index, word in enumerate(sentence))
    return WordGraph(arcs, 0, frozenset({len(sentence)}), language)


_Arc = tuple[int, int, int]
"""Phone, word or -1, target."""


@dataclass
class _Builder:
    """Collects nodes and arcs; node numbers are final, arcs are sorted at the end."""

    index: Mapping[str, int]
    arcs: dict[int, tuple[_Arc, ...]] = field(default_factory=dict)
    boundary: list[bool] = field(default_factory=list)
    final: set[int] = field(default_factory=set)
    follows: set[int] = field(default_factory=set)
    words: list[Word] = field(default_factory=list)
    _merged: dict[tuple[_Arc, ...], int] = field(default_factory=dict)

    def add(self, graph: WordGraph, lexicon: Pronouncing, optional: Collection[str]) -> int:
        node_of: dict[int, int] = {}
        for state in [graph.start, *sorted({s for arc in graph.arcs for s in arc[:2]} | graph.finals)]:
            if state not in node_of:
                node_of[state] = self._node(boundary=True)
        leaving: dict[int, list[tuple[str, int]]] = {}
        for source, target, word in graph.arcs:
            leaving.setdefault(source, []).append((word, node_of[target]))
        labels: dict[str, list[tuple[int, list[int]]]] = {}
        for state, arcs in leaving.items():
            tree = _Tree()
            for word, target in arcs:
                if word not in labels:
                    labels[word] = self._word(word, graph.language, lexicon, word in optional)
                for label, variant in labels[word]:
                    tree.add(variant, label, target)
            self.arcs[node_of[state]] = self._arcs_of(tree)
        self.final |= {node_of[state] for state in graph.finals}
        self.follows |= {
            node_of[state] for state in graph.finals if any(w not in optional for w, _ in leaving.get(state, ()))
        }
        return node_of[graph.start]

    def finish(self, starts: list[int]) -> PhoneGraph:
        rows = [(target, source, phone, word) for source, arcs in self.arcs.items() for phone, word, target in arcs]
        table = np.array(sorted(rows), np.int64).reshape(-1, 4)
        target, source, phone, word = (np.ascontiguousarray(column) for column in table.T)
        boundary = np.array(self.boundary, np.bool_)
        count = len(boundary)
        final, follows = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        final[sorted(self.final)] = True
        follows[sorted(self.follows)] = True
        # Twins only within words: between words a speaker may well make one sound of two («go on north»).
        low, high = np.full(count, 10**6), np.full(count, -1)
        np.minimum.at(low, target, phone)
        np.maximum.at(high, target, phone)
        twin = (low[source] == high[source]) & (high[source] == phone) & ~boundary[source]
        out = np.argsort(source, kind="stable")
        out_start = np.searchsorted(source[out], np.arange(count + 1))
        return PhoneGraph(
            phone,
            source,
            target,
            word,
            twin,
            out,
            out_start,
            boundary,
            final,
            follows,
            tuple(starts),
            tuple(self.words),
        )

    def _node(self, boundary: bool) -> int:
        self.boundary.append(boundary)
        return len(self.boundary) - 1

    def _word(self, word: str, language: str, lexicon: Pronouncing, polite: bool) -> list[tuple[int, list[int]]]:
        variants = lexicon.pronounce(word)
        unknown = sorted({phone for variant in variants for phone in variant} - set(self.index))
        if unknown or not variants or not all(variants):
            what = f"has the unknown phone «{unknown[0]}»" if unknown else "has no pronunciation"
            raise KittError(f"the word «{word}» ({language}) {what}", "mend the lexicon or the phrase's «say»")
        shortest, label = min(len(variant) for variant in variants), len(self.words)
        self.words += [Word(word, language, shortest, another, polite) for another in (False, True)]
        said = [[self.index[phone] for phone in variant] for variant in variants]
        return [(label if rank == 0 else label + 1, variant) for rank, variant in enumerate(said)]

    def _arcs_of(self, tree: _Tree) -> tuple[_Arc, ...]:
        inner = ((phone, -1, self._merge(child)) for phone, child in tree.children.items())
        ends = ((phone, label, target) for (phone, target), label in tree.ends.items())
        return tuple(sorted([*inner, *ends]))

    def _merge(self, tree: _Tree) -> int:
        arcs = self._arcs_of(tree)
        node = self._merged.get(arcs)
        if node is None:
            node = self._merged[arcs] = self._node(boundary=False)
            self.arcs[node] = arcs
        return node


@dataclass
class _Tree:
    """A prefix tree of pronunciations; of two words that sound alike and lead to one node the first stays."""

    children: dict[int, _Tree] = field(default_factory=dict)
    ends: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, variant: Iterable[int], label: int, target: int) -> None:
        *body, last = variant
        tree = self
        for phone in body:
            tree = tree.children.setdefault(phone, _Tree())
        tree.ends.setdefault((last, target), label)
