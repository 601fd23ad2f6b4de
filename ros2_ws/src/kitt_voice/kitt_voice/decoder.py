"""Streaming decoding of an utterance against the grammar, and the spotting of single words.

`Decoder` explains everything from the utterance's start by sentences of the grammar. `Spotter` finds words wherever
they begin, the free phone loop before them as the filler (Rose and Paul 1990). Both give scores against that loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kitt_voice.graph import Ints, PhoneGraph, Word
from kitt_voice.tokens import BEGIN_BITS, BEGINS, LINKS, SCORE_BITS, UNIT, TokenPassing, begin_of, link_of, score_of

_TIMES = BEGINS - 1
"""Times in payloads are known modulo this plus one."""
_LEAST = -200 * UNIT << SCORE_BITS
"""The token of a place where no path is."""
LANGUAGE_HANDICAP = 0.05
"""Nats that a language's reading loses to an equal one of the language before it."""
VARIANT_HANDICAP = 0.3
"""Nats that a word loses when it is not said in its first pronunciation."""
POLITE_HANDICAP = 1.5
"""Nats that «please» and its like lose: a chain of them explains any talk."""
_EQUAL = UNIT // 4
"""Paths this close are equal: the grammar may hold one sentence twice, once as the begin of a longer one."""


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
        cost = np.array([VARIANT_HANDICAP * word.another + POLITE_HANDICAP * word.polite for word in graph.words])
        self._cost = np.append(np.rint(cost * UNIT).astype(np.int64), 0)[graph.word]  # word -1: no word ends
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

    def step(self, gains: Ints) -> None:
        """Take the next step, from `gains_of`; does nothing once no path is left."""
        if self.alive:
            self._blanks.append(self._blanks[-1] + (int(gains[0]) >> SCORE_BITS))
            self.advance(gains)

    def close_words(self, arcs: Ints, tokens: Ints) -> Ints:
        """Write down the words that end here."""
        count = min(len(arcs), LINKS - self._links)
        while self._links + count > self._store.shape[1]:
            self._store = np.concatenate((self._store, np.zeros_like(self._store)), axis=1)
        new = np.arange(self._links, self._links + count)
        kept, arcs = tokens[:count], arcs[:count]
        score = score_of(kept) - self._cost.take(arcs)
        self._store[:, new] = (link_of(kept), arcs, begin_of(kept), np.full(count, self.time - 1), score)
        self._links += count
        closed = tokens.copy()
        closed[:count] = (score << SCORE_BITS) | (new << BEGIN_BITS)
        return closed

    def complete(self, behind: float = np.inf) -> Hypothesis | None:
        """The best path that is a whole sentence, a blank after its last phone.

        None when there is none, or when the best path of all is better by more than `behind` nats.
        """
        final = self.graph.final.take(self.nodes).nonzero()[0]
        if not len(final):
            return None
        tokens = self.node_tokens.take(final)
        token = int(tokens.max())
        if (self.best >> SCORE_BITS) - (token >> SCORE_BITS) > behind * UNIT:
            return None
        equal = final[score_of(tokens) >= (token >> SCORE_BITS) - _EQUAL]
        hypothesis = self._hypothesis(token, bool(self.graph.follows[self.nodes[equal]].any()))
        return hypothesis if hypothesis.words else None

    def partial(self) -> Hypothesis | None:
        """The best path of all, as far as its words have ended."""
        return self._hypothesis(self.best, True) if self.alive and self.time else None

    def alternatives(self, count: int, within: int = 25) -> list[Hypothesis]:
        """The best whole sentences with different words, best first.

        Of sentences that share their last words only the best one is still known here: one token a state.

        Args:
            count: how many at most.
            within: last words that ended longer ago, in steps, are left out.
        """
        _, arc, _, end, score = self._store[:, 1 : self._links]
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
        link = (token >> BEGIN_BITS) & (LINKS - 1)
        words: list[Spoken] = []
        silence = self.time - 1 - int(self._store[3, link]) if link else 0
        while link:
            before, arc, begin, end, score = (int(value) for value in self._store[:, link])
            llr = (score - (int(self._store[4, before]) if before else 0)) / UNIT
            words.append(Spoken(self.graph.words[self.graph.word[arc]], begin, end, llr))
            link = before
        score = token >> SCORE_BITS
        return Hypothesis(
            tuple(reversed(words)), score / UNIT, silence, ((self.best >> SCORE_BITS) - score) / UNIT, follows
        )


@dataclass(frozen=True)
class Spotted:
    """A word found somewhere: steps `begin` to `end` since the start, `silence` steps ago, `llr` in nats."""

    word: Word
    begin: int
    end: int
    silence: int
    llr: float


class Spotter:
    """Finds single words in running speech; a word may begin in any step, memory is constant.

    Few words need no graph: their pronunciations lie one after another in one array, and a token moves from each place
    to the next. The payload is the step in which the word began and, once it has ended, that in which it did.
    """

    def __init__(self, words: Sequence[tuple[Word, Sequence[int]]]) -> None:
        """`words`: each with the phones of one pronunciation, as columns of the posteriors; at least one."""
        self._words = [word for word, _ in words]
        lengths = np.array([len(phones) for _, phones in words])
        self._phone = np.concatenate([np.asarray(phones, np.int64) for _, phones in words])
        self._last = lengths.cumsum() - 1
        self._first = self._last - lengths + 1
        twin = np.flatnonzero(self._phone[1:] == self._phone[:-1]) + 1
        self._twin = np.setdiff1d(twin, self._first)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next step is number 0."""
        self.time = 0
        self._said = np.full(len(self._phone), _LEAST, np.int64)
        self._after = self._said.copy()

    def step(self, gains: Ints) -> Spotted:
        """Take the next step, from `gains_of`: the best word that has ended, a blank after it."""
        last = self._last
        ended = self._said.copy()
        ended[last] = (ended.take(last) & ~(_TIMES << BEGIN_BITS)) | (((self.time - 1) & _TIMES) << BEGIN_BITS)
        passed = np.maximum(ended, self._after)
        entering = np.empty_like(passed)
        entering[1:] = passed[:-1]
        entering[self._first] = self.time & _TIMES
        entering[self._twin] = self._after[self._twin - 1]
        self._said = np.maximum(np.maximum(self._said, entering) + gains.take(self._phone), _LEAST)
        self._after = np.maximum(passed + gains[0], _LEAST)
        self.time += 1
        final = self._after.take(last)
        which = int(final.argmax())
        token = int(final[which])
        silence = (self.time - 1 - (token >> BEGIN_BITS)) & _TIMES
        end = self.time - 1 - silence
        begin = end - ((end - token) & _TIMES)
        return Spotted(self._words[which], begin, end, silence, (token >> SCORE_BITS) / UNIT)
