"""Exact scores of given texts: the forward algorithm of CTC (Graves et al. 2006) over all their pronunciations."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.phones import BLANK, INDEX, PHONES
from kitt_text.words import tokens
from kitt_voice.graph import Pronouncing
from kitt_voice.tokens import Floats

Phones = tuple[str, ...]
MAX_VARIANTS = 64
IMPOSSIBLE = -1e30


def pronunciations(text: str, lexicon: Pronouncing, most: int = MAX_VARIANTS) -> list[Phones]:
    """The phone strings of a text, best first, `most` at most.

    Raises:
        KittError: a word has no pronunciation, or there is no word.
    """
    variants = [lexicon.pronounce(word) for word in tokens(text)]
    if not variants:
        raise KittError(f"«{text}» has no words", "give letters")
    product = itertools.islice(itertools.product(*variants), most)
    return list(dict.fromkeys(tuple(itertools.chain.from_iterable(choice)) for choice in product))


def score_phones(log_probs: Floats, strings: Sequence[Phones]) -> np.ndarray:
    """Log-likelihood of each phone string over all alignments.

    Args:
        log_probs: (T, P) natural logarithms.
        strings: phone strings, none empty.

    Returns:
        (len(strings),) natural logarithms; `IMPOSSIBLE` or less where the steps do not suffice.
    """
    lengths = np.array([2 * len(string) + 1 for string in strings], np.int64)
    last = deque(_forward(log_probs, strings), maxlen=1)
    if not last:
        return np.empty(0)
    alpha, rows = last[0], np.arange(len(strings))
    return np.logaddexp(alpha[rows, lengths - 1], alpha[rows, lengths - 2])


def prefix_scores(log_probs: Floats, strings: Sequence[Phones]) -> np.ndarray:
    """After every step the log-likelihood that the beginning of each phone string has been said, however much of it.

    Args:
        log_probs, strings: see `score_phones`.

    Returns:
        (T, len(strings)) natural logarithms.
    """
    rows = [np.logaddexp.reduce(alpha, axis=1) for alpha in _forward(log_probs, strings)]
    return np.array(rows[1:]).reshape(-1, len(strings))


def _forward(log_probs: Floats, strings: Sequence[Phones]) -> Iterator[np.ndarray]:
    """The forward variables (N, 2 * longest + 1) of CTC before the first step and after every one."""
    posteriors = np.asarray(log_probs, np.float64)
    if posteriors.ndim != 2 or posteriors.shape[1] != len(PHONES):
        raise KittError(f"posteriors have the shape {posteriors.shape}", f"give (steps, {len(PHONES)})")
    if not strings:
        return
    posteriors = np.nan_to_num(posteriors, nan=-30.0, neginf=-30.0, posinf=0.0)
    lengths = np.array([2 * len(string) + 1 for string in strings])
    labels = np.full((len(strings), lengths.max()), BLANK)
    for row, string in enumerate(strings):
        labels[row, 1 : lengths[row] : 2] = [INDEX[phone] for phone in string]
    beyond = np.arange(labels.shape[1]) >= lengths[:, None]  # of a shorter string
    skip = np.zeros(labels.shape, np.bool_)
    skip[:, 2:] = (labels[:, 2:] != BLANK) & (labels[:, 2:] != labels[:, :-2])
    alpha = np.full(labels.shape, IMPOSSIBLE)
    alpha[:, 0] = 0.0  # before the first step: nothing said
    yield alpha
    for row in posteriors:
        one = np.concatenate((np.full((len(strings), 1), IMPOSSIBLE), alpha[:, :-1]), axis=1)
        two = np.concatenate((np.full((len(strings), 2), IMPOSSIBLE), alpha[:, :-2]), axis=1)
        alpha = np.logaddexp(np.logaddexp(alpha, one), np.where(skip, two, IMPOSSIBLE)) + row[labels]
        alpha[beyond] = IMPOSSIBLE
        yield alpha


def classify(
    log_probs: Floats, allowed_texts: Sequence[tuple[str, str]], lexicons: Mapping[str, Pronouncing]
) -> np.ndarray:
    """Score texts against a recording, for a closed vocabulary: the greatest score is the text that was said.

    Args:
        log_probs: (T, P) posteriors of the recording.
        allowed_texts: (text, language) each.
        lexicons: language to lexicon.

    Returns:
        (len(allowed_texts),) log-likelihood of each text's best pronunciation.
    """
    strings: list[Phones] = []
    owner: list[int] = []
    for index, (text, language) in enumerate(allowed_texts):
        variants = pronunciations(text, lexicons[language])
        strings += variants
        owner += [index] * len(variants)
    best = np.full(len(allowed_texts), 2 * IMPOSSIBLE)
    np.maximum.at(best, owner, score_phones(log_probs, strings))
    return best


def free_phones(log_probs: Floats) -> Phones:
    """The phones of the best path without any grammar: the best of each step, repetitions and blanks left out."""
    best = np.argmax(np.nan_to_num(log_probs, nan=-30.0), axis=1)
    kept = best[np.concatenate(([True], best[1:] != best[:-1]))] if len(best) else best
    return tuple(PHONES[index] for index in kept if index != BLANK)


def free_score(log_probs: Floats) -> float:
    """Log-likelihood of that path."""
    return float(np.nan_to_num(log_probs, nan=-30.0).max(axis=1).sum()) if len(log_probs) else 0.0
