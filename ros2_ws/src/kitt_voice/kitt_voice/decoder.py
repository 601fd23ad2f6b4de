"""Streaming decoding of an utterance against the grammar, and the spotting of single words.

`Decoder` explains everything from the utterance's start by sentences of the grammar. `Spotter` finds words wherever
they begin, the free phone loop before them as the filler (Rose and Paul 1990). Both give scores against that loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt_voice.graph import Ints, PhoneGraph, Word
from kitt_voice.tokens import (
    BEGIN_BITS,
    BEGINS,
    LINKS,
    SCORE_BITS,
    UNIT,
    Floats,
    TokenPassing,
    begin_of,
    gains_of,
    link_of,
    score_of,
)

LANGUAGE_HANDICAP = 0.05
"""Nats that a language's reading loses to an equal one of the language before it."""


@dataclass(frozen=True)
class Spoken:
    """One word of a path: steps `begin` to `end`, both included, and its score in nats against the free loop.

    The score counts from the end of the word before, so that a path's score is the sum of its words'.
    """

    word: Word
    begin: int
    end: int
    llr: float


@dataclass(frozen=True)
class Hypothesis:
    """A path through the grammar.

    Attributes:
        words: the words that have ended.
        llr: score in nats against the free phone loop, at most 0.
        silence: steps since the last word ended.
        behind: by how many nats the best path of all is better.
        follows: whether the sentence may go on.
    """

    words: tuple[Spoken, ...]
    llr: float
    silence: int
    behind: float
    follows: bool

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(spoken.word.text for spoken in self.words)

    @property
    def language(self) -> str:
        """The language of the words, "" while there are none."""
        return self.words[0].word.language if self.words else ""

    @property
    def phones(self) -> int:
        """The number of phones."""
        return sum(spoken.word.phones for spoken in self.words)


class Decoder(TokenPassing):
    """Explains an utterance, step by step, by sentences of the grammar.

    Memory is bounded: at most `LINKS` ends of words are kept, and `alive` is false thereafter.
    """

    def __init__(self, graph: PhoneGraph, beam: float = 25.0, abandon: float = 120.0) -> None:
        """`abandon`: paths worse than the free phone loop by more, in nats, are given up."""
        self.abandon = abandon
        self._store = np.zeros((5, 4096), np.int64)  # rows: link before, arc, begin, end, score
        super().__init__(graph, beam)

    def reset(self) -> None:
        """Begin a new utterance."""
        super().reset()
        self._links = 1  # link 0 stands for the utterance's start
        self._blanks = [0]
        for index, node in enumerate(self.graph.starts):
            self.enter(node, -round(index * LANGUAGE_HANDICAP * UNIT) << SCORE_BITS)

    @property
    def alive(self) -> bool:
        """Whether any path is left and there is room for it."""
        return (len(self.arcs) > 0 or len(self.nodes) > 0) and self.time < BEGINS - 1

    @property
    def floor(self) -> int:
        """See `abandon`."""
        return -round(self.abandon * UNIT) << SCORE_BITS

    def step(self, log_probs: Floats) -> None:
        """Take the posteriors (P,) of the next step; does nothing once no path is left."""
        if self.alive:
            gains = gains_of(log_probs)
            self._blanks.append(self._blanks[-1] + (int(gains[0]) >> SCORE_BITS))
            self.advance(gains)

    def close_words(self, arcs: Ints, tokens: Ints) -> Ints:
        """Write down the words that end here."""
        count = min(len(arcs), LINKS - self._links)
        while self._links + count > self._store.shape[1]:
            self._store = np.concatenate((self._store, np.zeros_like(self._store)), axis=1)
        new = np.arange(self._links, self._links + count)
        kept = tokens[:count]
        self._store[:, new] = (link_of(kept), arcs[:count], begin_of(kept), np.full(count, self.time - 1), score_of(kept))
        self._links += count
        closed = tokens.copy()
        closed[:count] = (score_of(kept) << SCORE_BITS) | (new << BEGIN_BITS)
        return closed

    def complete(self) -> Hypothesis | None:
        """The best path that is a whole sentence, a blank after its last phone; None when there is none."""
        final = np.flatnonzero(self.graph.final[self.nodes])
        if not len(final):
            return None
        at = final[np.argmax(self.node_tokens[final])]
        token = int(self.node_tokens[at])
        hypothesis = self._hypothesis(token, bool(self.graph.follows[self.nodes[at]]))
        return hypothesis if hypothesis.words else None

    def partial(self) -> Hypothesis | None:
        """The best path of all, as far as its words have ended."""
        best = max(self._best(self.arc_tokens), self._best(self.node_tokens))
        return self._hypothesis(best, True) if self.alive else None

    def alternatives(self, count: int, within: int = 25) -> list[Hypothesis]:
        """The best whole sentences with different words, best first.

        Of sentences that share their last words only the best one is still known here: one token a state.

        Args:
            count: how many at most.
            within: last words that ended longer ago, in steps, are left out.
        """
        before, arc, _, end, score = self._store[:, 1 : self._links]
        target = self.graph.target[arc]
        rows = np.flatnonzero(self.graph.final[target] & (end >= self.time - within))
        blanks = np.array(self._blanks)
        total = score[rows] + blanks[self.time] - blanks[end[rows] + 1]
        found: dict[str, Hypothesis] = {}
        for at in np.argsort(-total, kind="stable"):
            row = int(rows[at])
            token = (int(total[at]) << SCORE_BITS) | ((row + 1) << BEGIN_BITS)
            hypothesis = self._hypothesis(token, bool(self.graph.follows[target[row]]))
            found.setdefault(f"{hypothesis.language} {hypothesis.text}", hypothesis)
            if len(found) == count:
                break
        return list(found.values())

    def _hypothesis(self, token: int, follows: bool) -> Hypothesis:
        best = max(self._best(self.arc_tokens), self._best(self.node_tokens))
        link = (token >> BEGIN_BITS) & (LINKS - 1)
        words: list[Spoken] = []
        silence = self.time - 1 - int(self._store[3, link]) if link else 0
        while link:
            before, arc, begin, end, score = (int(value) for value in self._store[:, link])
            llr = (score - (int(self._store[4, before]) if before else 0)) / UNIT
            words.append(Spoken(self.graph.words[self.graph.word[arc]], begin, end, llr))
            link = before
        score = token >> SCORE_BITS
        return Hypothesis(tuple(reversed(words)), score / UNIT, silence, ((best >> SCORE_BITS) - score) / UNIT, follows)


@dataclass(frozen=True)
class Spotted:
    """A word found somewhere: steps `begin` to `end` since the start, `silence` steps ago, `llr` in nats."""

    word: Word
    begin: int
    end: int
    silence: int
    llr: float


class Spotter(TokenPassing):
    """Finds single words in running speech; a word may begin in any step, memory is constant."""

    _RING = 1 << 14
    """Ends of words that are kept; the tokens of a few words end far fewer in the seconds that one lives."""

    def __init__(self, graph: PhoneGraph, beam: float = 25.0) -> None:
        """`graph`: words only; paths of several words are not followed."""
        self._store = np.zeros((3, self._RING), np.int64)  # rows: arc, begin, end
        self._next = 0
        super().__init__(graph, beam)

    @property
    def floor(self) -> int:
        """Worse tokens than a new one by the beam are of no use."""
        return -round(self.beam * UNIT) << SCORE_BITS

    def step(self, log_probs: Floats) -> Spotted | None:
        """Take the posteriors (P,) of the next step; the best word that has ended, a blank after it, if any."""
        for node in self.graph.starts:
            self.enter(node, 0)
        self.advance(gains_of(log_probs))
        final = np.flatnonzero(self.graph.final[self.nodes])
        if not len(final):
            return None
        token = int(self.node_tokens[final].max())
        arc, begin, end = (int(value) for value in self._store[:, (token >> BEGIN_BITS) & (LINKS - 1)])
        word = self.graph.words[self.graph.word[arc]]
        return Spotted(word, begin, end, self.time - 1 - end, (token >> SCORE_BITS) / UNIT)

    def close_words(self, arcs: Ints, tokens: Ints) -> Ints:
        """Write down the words that end here, over the oldest ones."""
        new = (self._next + np.arange(len(arcs))) % self._RING
        self._next = int(new[-1]) + 1
        begin = self.time - 1 - (self.time - 1 - begin_of(tokens)) % BEGINS
        self._store[:, new] = (arcs, begin, np.full(len(arcs), self.time - 1))
        return (score_of(tokens) << SCORE_BITS) | (new << BEGIN_BITS)
