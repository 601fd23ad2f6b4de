"""The table that stands by the network: which counted words say most beyond it.

A trigram model with Kneser-Ney smoothing is pruned as by Stolcke («Entropy-based pruning of backoff language models»,
1998), but against the network in place of the shorter context: a word stays behind a context if the text would be
most unlikely without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kitt_learning.text.kneser_ney import BEGIN as KN_BEGIN
from kitt_learning.text.kneser_ney import UNKNOWN, Floats, Keys, KneserNey, Seen
from kitt_text.followers import ANY, BEGIN, LEVELS
from kitt_text.language_model import LanguageModel
from kitt_text.pieces import BEGIN as BEGIN_PIECE

WHOLE = 3_000_000
"""Bytes that network and table may have together."""
WORDS_A_TIME = 3_000_000
"""A context counts if it stood once, and once more for each so many words of the text."""
SHARE = 0.4
"""Of the table in the mixture that the gain is reckoned with."""
PIECE = 1.5
"""Nats of each piece of a word behind its first one, about."""
BATCH = 64
_BITS = 20
_MASK = (1 << _BITS) - 1


def build(sentences: Iterable[str], model: LanguageModel, path: Path) -> int:
    """Write a table.

    Args:
        sentences: those that the network learnt from.
        model: the network; it and the table have `WHOLE` bytes at most.

    Returns:
        How many followers stand in it.
    """
    limit = WHOLE - model.path.stat().st_size
    trigram = KneserNey(sentences, model.language)
    pairs, triples = trigram.seen()
    least = 1 + int(triples.totals[np.unique(triples.contexts, return_index=True)[1]].sum()) // WORDS_A_TIME
    parts = [_worth(trigram, model, seen, least, alone) for seen, alone in ((triples, False), (pairs, True))]
    contexts, words, probabilities, gains = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    best = np.argsort(-gains)
    low, high = 0, int((gains > 0).sum())
    while high - low > high // 500:  # the file grows with the number of rows
        middle = (low + high + 1) // 2
        _write(trigram, path, contexts[best[:middle]], words[best[:middle]], probabilities[best[:middle]])
        low, high = (middle, high) if path.stat().st_size <= limit else (low, middle - 1)
    _write(trigram, path, contexts[best[:low]], words[best[:low]], probabilities[best[:low]])
    return low


def _worth(trigram: KneserNey, model: LanguageModel, seen: Seen, least: int, alone: bool) -> tuple[Keys, ...]:
    """Contexts, words, probabilities given that a word follows, gains [nats over the text]; (N,) each.

    `alone`: the contexts are single words; they are told from pairs by a first word of -1.
    """
    fits = (seen.totals >= least) & (seen.contexts & _MASK != 0) & (alone | (seen.contexts >> _BITS != 0))
    contexts, words, probabilities = seen.contexts[fits], seen.words[fits], seen.probabilities[fits]
    totals = seen.totals[fits]
    unique, place = np.unique(contexts, return_inverse=True)
    is_word = trigram.is_word[words]
    signs = np.bincount(place[~is_word], probabilities[~is_word], len(unique))
    share = probabilities / np.maximum(1.0 - signs[place], 1e-3)
    kept = is_word & (totals * share >= 0.1)
    contexts, words, share, totals, place = (rows[kept] for rows in (contexts, words, share, totals, place))
    by_network = _network(trigram, model, unique, words, place)
    gains = totals * share * np.log(SHARE * share / by_network + 1.0 - SHARE)
    return contexts | (-1 << _BITS if alone else 0), words, share, gains


def _network(trigram: KneserNey, model: LanguageModel, contexts: Keys, words: Keys, place: Keys) -> Floats:
    """About the network's probabilities (N,) of `words` behind `contexts[place]` given that a word follows."""
    spelt = [model.pieces.encode(word) if word not in (UNKNOWN, KN_BEGIN) else () for word in trigram.vocabulary]
    first = np.array([row[0] if row else 0 for row in spelt])
    further = np.array([max(len(row) - 1, 0) for row in spelt])
    found = np.zeros(len(words))
    starting = model.pieces.starting.beginning("")
    rows = [[BEGIN_PIECE, *spelt[key >> _BITS], *spelt[key & _MASK]] for key in contexts.tolist()]
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(len(contexts) + 1))
    by_length = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    for at in range(0, len(by_length), BATCH):
        batch = by_length[at : at + BATCH]
        # Contexts of one length: shorter ones are left for the batch of theirs.
        for length in sorted({len(rows[index]) for index in batch}):
            same = [index for index in batch if len(rows[index]) == length]
            scores = _scores(model, np.array([rows[index] for index in same]))
            masses = np.logaddexp.reduce(scores[:, starting], axis=1)
            for row, index in enumerate(same):
                entries = order[bounds[index] : bounds[index + 1]]
                pieces, more = first[words[entries]], further[words[entries]]
                found[entries] = np.exp(scores[row, pieces] - masses[row] - PIECE * more)
    return np.maximum(found, 1e-6)


def _scores(model: LanguageModel, rows: Keys) -> Any:
    """Log-probabilities (B, V) behind rows (B, T) of pieces, the first of which begins a text."""
    state, _ = model.after([])
    state = state.rows([0] * len(rows))
    for at in range(1, rows.shape[1]):
        state = model.step(rows[:, at], state)
    return state.log_probs


def _write(trigram: KneserNey, path: Path, contexts: Keys, words: Keys, probabilities: Floats) -> None:
    names = [BEGIN if word == KN_BEGIN else word for word in trigram.vocabulary]
    first, second = contexts >> _BITS, contexts & _MASK
    used, counts = np.unique(np.concatenate((words, first[first >= 0], second)), return_counts=True)
    used = used[np.argsort(-counts, kind="stable")][: (1 << 16) - 1]  # small numbers for the frequent ones
    number = np.full(len(names) + 1, -1)
    number[used] = np.arange(1, len(used) + 1)
    number[-1] = 0  # ANY
    one, two, third = number[first], number[second], number[words]
    whole = (one >= 0) & (two >= 0) & (third >= 0)
    order = np.lexsort((third[whole], one[whole] << 16 | two[whole]))
    one, two, third, share = (rows[whole][order] for rows in (one, two, third, probabilities))
    _, at, sizes = np.unique(one << 16 | two, return_index=True, return_counts=True)
    levels = np.clip(np.rint(-np.log(share) * LEVELS), 0, 255).astype(np.uint8)
    vocabulary = "\n".join([ANY, *(names[word] for word in used)])
    with path.open("wb") as file:
        np.savez_compressed(
            file, words=np.frombuffer(vocabulary.encode(), np.uint8), first=one[at].astype(np.uint16),
            second=two[at].astype(np.uint16), sizes=sizes.astype(np.uint16),
            follower_low=(third & 255).astype(np.uint8), follower_high=(third >> 8).astype(np.uint8), level=levels,
        )  # fmt: skip
