"""Sounds of words that no lexicon has: letters to phones by a small network."""

from __future__ import annotations

LETTERS = "abcdefghijklmnopqrstuvwxyzàáâäçèéêëìíîïñòóôöùúûüœæ'"
"""The letters that the network knows, numbered from 1; others are read without their accents."""


def letters_of(word: str) -> list[int]:
    """The word's letters as numbers; what is no letter is left out."""
    from kitt_text.words import plain

    found: list[int] = []
    for letter in word.lower():
        for known in letter if letter in LETTERS else plain(letter):
            if known in LETTERS:
                found.append(LETTERS.index(known) + 1)
    return found
