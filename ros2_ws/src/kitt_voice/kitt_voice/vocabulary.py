"""What the recogniser listens for: a grammar and its lexicons, compiled for the languages that are set."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX
from kitt_text.wordgraph import WordGraph, word_graph
from kitt_voice.graph import PhoneGraph, Pronouncing, Word, compile_graph

EVERYDAY = frozenset({"para", "pare", "alto", "arreter", "arretez"})
"""Words for «stop» in ordinary sentences («un regalo para ti», «il est arrêté»): they count only by themselves."""


@dataclass(frozen=True)
class Vocabulary:
    """The grammar and, compiled: `sentences`, and the words that stop the car at the end of any others, `stops`."""

    grammar: Grammar
    languages: tuple[str, ...]
    lexicons: Mapping[str, Pronouncing]
    sentences: PhoneGraph
    stops: tuple[tuple[Word, tuple[int, ...]], ...]


def compile_vocabulary(
    grammar: Grammar, languages: Sequence[str], lexicons: Mapping[str, Pronouncing] | None = None
) -> Vocabulary:
    """Compile a grammar.

    Args:
        grammar: the grammar.
        languages: the languages to listen for, the first wins where two say the same.
        lexicons: language to lexicon; the packaged ones where it has none.

    Raises:
        KittError: a language the grammar does not have, or none, or a word that cannot be said.
    """
    unknown = [code for code in languages if code not in grammar.languages]
    if unknown or not languages:
        what = f"the grammar has no language «{unknown[0]}»" if unknown else "no language is set"
        raise KittError(what, f"set some of {', '.join(grammar.languages)}")
    codes = tuple(dict.fromkeys(languages))
    said = {code: (lexicons or {}).get(code) or Lexicon.load(code) for code in codes}
    data = grammar.data.languages
    optional = {code: {filler[0] for filler in data[code].fillers} for code in codes}
    sentences = compile_graph([_sentences(grammar, code) for code in codes], said, optional)
    stops = tuple(stop for code in codes for stop in _stops(grammar, code, said[code]))
    return Vocabulary(grammar, codes, said, sentences, stops)


@lru_cache(maxsize=8)
def _sentences(grammar: Grammar, language: str) -> WordGraph:
    """The grammar's word graph, in which a wake word may also stand alone."""
    graph = word_graph(grammar, language)
    arcs = list(graph.arcs)
    alone = max([graph.start, *graph.finals, *(state for arc in graph.arcs for state in arc[:2])]) + 1
    free = alone + 1
    for name in grammar.wake_words:
        states = [graph.start, *range(free, free + len(name) - 1), alone]
        free += len(name) - 1
        arcs += zip(states[:-1], states[1:], name, strict=True)
    return dataclasses.replace(graph, arcs=tuple(arcs), finals=graph.finals | {alone})


def _stops(grammar: Grammar, language: str, lexicon: Pronouncing) -> Iterator[tuple[Word, tuple[int, ...]]]:
    for word in sorted(grammar.data.languages[language].said_stops - EVERYDAY):
        for phones in lexicon.pronounce(word):
            yield Word(word, language, len(phones)), tuple(INDEX[phone] for phone in phones)
