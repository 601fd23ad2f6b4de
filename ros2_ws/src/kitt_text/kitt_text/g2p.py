"""Sounds of words that no lexicon has: letters to phones by a small network, models/kitt_g2p."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_inference.session import open_session
from kitt_text.phones import BLANK, PHONES
from kitt_text.words import plain

LETTERS = "abcdefghijklmnopqrstuvwxyzàáâäçèéêëìíîïñòóôöùúûüœæ'"
"""The letters that the network knows, numbered from 1; others are read without their accents."""
LANGUAGES = ("en", "fr", "es")
MODEL = "kitt_g2p"
BEAM = 8
VARIANTS = 3
LEAST = 0.15
"""A second pronunciation must be this likely, as a share of the first."""

Phones = tuple[str, ...]


def letters_of(word: str) -> list[int]:
    """The word's letters as numbers; what is no letter is left out."""
    found: list[int] = []
    for letter in word.lower():
        for known in letter if letter in LETTERS else plain(letter):
            if known in LETTERS:
                found.append(LETTERS.index(known) + 1)
    return found


def beam_search(log_probs: np.ndarray[Any, Any], width: int = BEAM) -> list[tuple[tuple[int, ...], float]]:
    """The likeliest label sequences of CTC's output and their log probabilities, best first.

    Prefix beam search (Hannun and others, «First-pass large vocabulary continuous speech recognition using
    bi-directional recurrent DNNs», 2014), without a language model.

    Args:
        log_probs: (steps, labels), label 0 is the blank.
    """
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}  # ending in a blank, ending in a label
    scale = 0.0
    for row in np.exp(log_probs.astype(np.float64)):
        new: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
        likely = [int(label) for label in np.argsort(row)[-width:] if label != BLANK]
        for prefix, (blank, label_end) in beams.items():
            new[prefix][0] += (blank + label_end) * row[BLANK]
            if prefix:
                new[prefix][1] += label_end * row[prefix[-1]]
            for label in likely:
                same = bool(prefix) and prefix[-1] == label
                new[(*prefix, label)][1] += (blank if same else blank + label_end) * row[label]
        best = sorted(new.items(), key=lambda item: -sum(item[1]))[:width]
        total = sum(best[0][1])
        scale += math.log(total)
        beams = {prefix: (ends[0] / total, ends[1] / total) for prefix, ends in best}
    return [(prefix, math.log(sum(ends)) + scale) for prefix, ends in beams.items() if sum(ends) > 0.0]


class LettersToPhones:
    """The loaded network; may be used from any thread."""

    def __init__(self, path: Path) -> None:
        """`path`: the ONNX file; letters (1, L) and language (1,) to log_probs (1, 2 L, phones).

        Raises:
            KittError: the file is missing, or cannot be run.
        """
        self._session = open_session(path, threads=1)
        self._lock = Lock()

    def pronounce(self, word: str, language: str) -> tuple[Phones, ...]:
        """Up to `VARIANTS` pronunciations of a word, best first.

        Raises:
            KittError: the word has no letters that the network knows.
        """
        letters = letters_of(word)
        if not letters:
            raise KittError(f"«{word}» has no letters of English, French or Spanish", "write it as it is said")
        feeds = {
            "letters": np.array([letters], dtype=np.int64),
            "language": np.array([LANGUAGES.index(language)], dtype=np.int64),
        }
        with self._lock:
            log_probs = self._session.run(feeds)["log_probs"][0]
        found = [(labels, score) for labels, score in beam_search(log_probs) if labels]
        if not found:
            raise KittError(f"no sound is found for «{word}»", "say it another way, or teach it with `kitt teach`")
        return tuple(
            tuple(PHONES[label] for label in labels)
            for labels, score in found[:VARIANTS]
            if score >= found[0][1] + math.log(LEAST)
        )


@lru_cache(maxsize=1)
def shipped() -> LettersToPhones:
    """The network of models/kitt_g2p, loaded once.

    Raises:
        KittError: it is missing, or not the one that its card describes.
    """
    card = zoo.models_dir() / MODEL / "card.md"
    file = card.parent / f"{MODEL}.onnx"
    if not file.is_file():
        raise KittError(
            f"{file} is missing: words that the lexicon lacks cannot be sounded", "`git checkout models/kitt_g2p`"
        )
    if sha256_of(file) != front_matter(card).get("sha256"):
        raise KittError(f"{file} is not the file of its card: its sha256 differs", "`git checkout models/kitt_g2p`")
    return LettersToPhones(file)


def pronounce(word: str, language: str) -> tuple[Phones, ...]:
    """`LettersToPhones.pronounce` of the shipped network."""
    return shipped().pronounce(word, language)
