"""Which words may stand next: beam search over pieces to the end of a word, held to what was typed of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kitt_text.language_model import Floats, LanguageModel, State
from kitt_text.pieces import INNER, Ids, PieceIndex

BEAM = 16
DEPTH = 6
"""Pieces of a word behind what was typed."""
FIRST = 24
"""Pieces that are tried as a word's beginning."""
_NEVER = -30.0
LETTER = 2.0
"""About the nats of a letter within a word."""
ELISION = "'"


@dataclass(frozen=True)
class Word:
    """A word that may stand there: `log_prob` given all before it, with the state behind it (None: not kept)."""

    text: str
    log_prob: float
    state: State | None

    @property
    def elided(self) -> bool:
        """Whether the next word follows without a space: French «l'»."""
        return self.text[-1:] in ELISION


@dataclass(frozen=True)
class Found:
    """The likeliest words, best first, and the log-probability of all words that begin as it was typed."""

    words: tuple[Word, ...]
    log_mass: float


@dataclass(frozen=True)
class _Path:
    """A word in the making: its text, what was typed and is not yet covered, log-probability."""

    text: str
    rest: str
    log_prob: float


def search(model: LanguageModel, state: State, typed: str, count: int, beam: int = BEAM, glued: bool = False) -> Found:
    """Search for words.

    Args:
        state: before the word.
        typed: the beginning of the word, normalised; "" where nothing of it was typed.
        count: so many words are wanted.
        beam: paths that are followed side by side.
        glued: whether the word stands behind a sign without a space, as behind a bracket.

    Returns:
        Words of letters; empty where the model has none that begins so.
    """
    return _Search(model, typed, count, beam).run(state, glued)


def rough_mass(model: LanguageModel, state: State, typed: str, glued: bool = False) -> float:
    """About the log-probability of all words that begin as it was typed, without a step of the network."""
    index = model.pieces.following if glued else model.pieces.starting
    scores = state.log_probs[0]
    fitting = index.beginning(typed)
    ways = [float(np.logaddexp.reduce(scores[fitting]))] if len(fitting) else [_NEVER]
    ways += [float(scores[piece]) - LETTER * len(rest) for piece, rest in index.within(typed)]
    return float(np.logaddexp.reduce(ways))


class _Search:
    def __init__(self, model: LanguageModel, typed: str, count: int, beam: int) -> None:
        self._model, self._typed, self._count, self._beam = model, typed, count, beam
        self._elides = model.language == "fr"
        self._words: dict[str, Word] = {}
        self._mass: list[float] = []

    def run(self, state: State, glued: bool) -> Found:
        pieces = self._model.pieces
        first = pieces.following if glued else pieces.starting
        paths, sources, tokens = self._extended([(_Path("", self._typed, 0.0), 0)], state, first, first=True)
        for _ in range(DEPTH):
            if not paths:
                break
            state = self._model.step(tokens, state.rows(sources))
            rows = state.log_probs
            ends = np.log(np.exp(rows[:, pieces.ends_word]).sum(axis=1) + 1e-20)
            for index, path in enumerate(paths):
                if not path.rest and path.text.strip(INNER):
                    self._finish(path, float(ends[index]), state, index)
            least = self._least()
            open_paths = [
                (path, index)
                for index, path in enumerate(paths)
                if path.log_prob > least and not (self._elides and path.text[-1:] in ELISION and not path.rest
                                                  and len(path.text) > len(self._typed))
            ]  # fmt: skip
            paths, sources, tokens = self._extended(open_paths, state, pieces.following, first=False)
        ranked = sorted(self._words.values(), key=lambda word: -word.log_prob)
        mass = float(np.logaddexp.reduce(self._mass)) if self._mass else -math.inf
        return Found(tuple(ranked), mass)

    def _least(self) -> float:
        """What a path must exceed to matter."""
        best = sorted((word.log_prob for word in self._words.values()), reverse=True)
        return max(_NEVER, best[self._count - 1] if len(best) >= self._count else -math.inf)

    def _finish(self, path: _Path, end: float, state: State, index: int) -> None:
        elided = self._elides and path.text[-1:] in ELISION
        score = path.log_prob + (0.0 if elided else end)
        before = self._words.get(path.text)
        if before is not None:  # the same word in other pieces
            state, index = (state, index) if before.state is None or score > before.log_prob else (before.state, 0)
            score = float(np.logaddexp(score, before.log_prob))
        self._words[path.text] = Word(path.text, score, state.row(index) if state.h.shape[1] > 1 else state)

    def _extended(
        self, paths: Sequence[tuple[_Path, int]], state: State, index_of: PieceIndex, first: bool
    ) -> tuple[list[_Path], list[int], list[int]]:
        """One piece more for each: the best new paths, the row that each comes from, and its piece."""
        found: list[tuple[float, _Path, int, int]] = []
        pieces = self._model.pieces
        least, width = self._least(), FIRST if first and self._beam >= BEAM else self._beam
        for path, row in paths:
            scores = state.log_probs[row]
            fitting = index_of.beginning(path.rest)
            if path.rest and len(fitting):
                self._mass.append(path.log_prob + float(np.logaddexp.reduce(scores[fitting])))
            elif first and not path.rest:
                self._mass.append(float(np.logaddexp.reduce(scores[fitting])) if len(fitting) else -math.inf)
            for piece in _best(scores, fitting, width):
                score = path.log_prob + float(scores[piece])
                if score > least:
                    found.append((score, _Path(path.text + pieces.texts[piece], "", score), row, int(piece)))
            for piece, rest in index_of.within(path.rest) if path.rest else ():
                score = path.log_prob + float(scores[piece])
                found.append((score, _Path(path.text + pieces.texts[piece], rest, score), row, piece))
        found.sort(key=lambda item: -item[0])
        chosen = found[:width]
        # What was typed may be spelt in unlikely pieces: these paths are kept, or nothing is found at all.
        chosen += [item for item in found[width:] if item[1].rest][:4]
        return [item[1] for item in chosen], [item[2] for item in chosen], [item[3] for item in chosen]


def _best(scores: Floats, ids: Ids, count: int) -> Ids:
    """The `count` likeliest of some pieces."""
    if len(ids) <= count:
        return ids
    return ids[np.argpartition(scores[ids], -count)[-count:]]
