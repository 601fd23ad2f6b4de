"""Exact scores and alignments of given texts: CTC (Graves et al. 2006) over all their pronunciations."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    words = tokens(text)
    if not words:
        raise KittError(f"«{text}» has no words", "give letters")
    return pronunciations_of(words, lexicon, most)


def pronunciations_of(words: Iterable[str], lexicon: Pronouncing, most: int = MAX_VARIANTS) -> list[Phones]:
    """The same for given words, of which one may be a whole phrase that was taught."""
    variants = [lexicon.pronounce(word) for word in words]
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
    scores: np.ndarray = np.logaddexp(alpha[rows, lengths - 1], alpha[rows, lengths - 2])
    return scores


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
    posteriors = _checked(log_probs)
    if not strings:
        return
    labels, skip, lengths = _topology(strings)
    beyond = np.arange(labels.shape[1]) >= lengths[:, None]  # of a shorter string
    alpha = np.full(labels.shape, IMPOSSIBLE)
    alpha[:, 0] = 0.0  # before the first step: nothing said
    yield alpha
    for row in posteriors:
        one, two = _entering(alpha, skip)
        alpha = np.logaddexp(np.logaddexp(alpha, one), two) + row[labels]
        alpha[beyond] = IMPOSSIBLE
        yield alpha


def align(log_probs: np.ndarray, strings: Sequence[Phones]) -> tuple[Phones, np.ndarray] | None:
    """The best alignment of the best of some phone strings (Viterbi, CTC's topology).

    Args:
        log_probs: (T, P) natural logarithms, or scores that differ from them by a constant for each step.
        strings: phone strings, none empty, at least one.

    Returns:
        The string, and where in it each step is (T,): 2 i + 1 says its phone i, 2 i the blank before; None where the
        steps do not suffice for any string.
    """
    posteriors = _checked(log_probs)
    labels, skip, lengths = _topology(strings)
    best = np.full(labels.shape, IMPOSSIBLE)
    best[:, 0] = 0.0
    came = np.zeros((len(posteriors), *labels.shape), np.int8)  # from how many places before
    for step, row in enumerate(posteriors):
        ways = np.stack((best, *_entering(best, skip)))
        came[step] = ways.argmax(axis=0)
        best = ways.max(axis=0) + row[labels]
    rows = np.arange(len(strings))
    ends = np.where(best[rows, lengths - 1] >= best[rows, lengths - 2], lengths - 1, lengths - 2)
    chosen = int(best[rows, ends].argmax())
    place = int(ends[chosen])
    if best[chosen, place] <= IMPOSSIBLE / 2:
        return None
    places = np.zeros(len(posteriors), np.int64)
    for step in range(len(posteriors) - 1, -1, -1):
        places[step] = place
        place -= int(came[step, chosen, place])
    return strings[chosen], places


def _checked(log_probs: np.ndarray) -> np.ndarray:
    posteriors = np.asarray(log_probs, np.float64)
    if posteriors.ndim != 2 or posteriors.shape[1] != len(PHONES):
        raise KittError(f"posteriors have the shape {posteriors.shape}", f"give (steps, {len(PHONES)})")
    return np.nan_to_num(posteriors, nan=-30.0, neginf=-30.0, posinf=0.0)


def _topology(strings: Sequence[Phones]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Blanks and phones in turn (N, S), where two places before is a way in (N, S), and places of each string (N,)."""
    lengths = np.array([2 * len(string) + 1 for string in strings])
    labels = np.full((len(strings), lengths.max()), BLANK)
    for row, string in enumerate(strings):
        labels[row, 1 : lengths[row] : 2] = [INDEX[phone] for phone in string]
    skip = np.zeros(labels.shape, np.bool_)
    skip[:, 2:] = (labels[:, 2:] != BLANK) & (labels[:, 2:] != labels[:, :-2])
    return labels, skip, lengths


def _entering(scores: np.ndarray, skip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What comes from one place before, and from two."""
    one = np.concatenate((np.full((len(scores), 1), IMPOSSIBLE), scores[:, :-1]), axis=1)
    two = np.concatenate((np.full((len(scores), 2), IMPOSSIBLE), scores[:, :-2]), axis=1)
    return one, np.where(skip, two, IMPOSSIBLE)


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
