"""English in the mouths of those who learnt it: sounds that their own language lacks become its nearest ones.

Swan and Smith, Learner English (2001); written in the alphabet of hibari and Kokoro (IPA, diphthongs in capitals).
"""

from __future__ import annotations

import random

APPLIED = 0.75
"""How often a speaker has one of the habits of their language."""
_HABITS = {
    "f": "θ:s ð:z h: ɹ:ʁ ɪ:i ʊ:u ʌ:œ æ:a ɑ:ɔ ɜ:œ A:e O:o",
    "e": "ð:d v:b z:s h:x ɹ:ɾ ɪ:i ʊ:u ʌ:a æ:a ɑ:a ɔ:o ɜ:e A:ej O:o ŋ:n ʃ:ʧ",
    "i": "θ:t ð:d h: ɹ:ɾ ɪ:i ʊ:u ʌ:a æ:ɛ ɜ:ɛ A:ej O:o ŋ:n",
    "p": "θ:t ð:d ɹ:ɾ ɪ:i ʊ:u ʌ:a æ:ɛ ɜ:ɛ A:ej O:o ŋ:n",
    "h": "θ:t ð:d v:ʋ w:ʋ ɹ:ɾ t:ʈ d:ɖ ʌ:ə ɔ:ɑ A:e O:o",
    "z": "θ:s ð:d v:w z:s ɪ:i ʊ:u æ:ɛ ʌ:a O:o",
}
"""By the first letter of a Kokoro voice, its language: French, Spanish, Italian, Portuguese, Hindi, Mandarin."""
_LEADING = {"e": ("s", "es")}
"""What stands before a consonant at the begin of a word, and what is said for it."""
_TRAILING = {"i": "ə", "z": "ə", "p": "i"}
"""What follows a consonant at the end of a word."""
_OPEN = "aeiouyœøɑɔəɛɜɪʊʌæAIOQSTWYᵻɹɾʁ"


def accented(phonemes: str, language: str, rng: random.Random) -> str:
    """English phonemes as a native of `language` (a letter, see `_HABITS`) may say them; unknown: as they are."""
    habits = [habit.split(":") for habit in _HABITS.get(language, "").split() if rng.random() < APPLIED]
    leading, trailing = rng.random() < APPLIED, rng.random() < APPLIED / 2
    table = str.maketrans(dict(habits))
    words = []
    for word in phonemes.split(" "):
        said = word.translate(table)
        start, instead = _LEADING.get(language, ("", ""))
        stressed = said.removeprefix("ˈ")
        if leading and start and stressed.startswith(start) and stressed[1:2] in tuple("ptklmn"):
            said = instead + "ˈ" * (stressed != said) + stressed[1:]
        if trailing and said and said[-1].isalpha() and said[-1] not in _OPEN:
            said += _TRAILING.get(language, "")
        words.append(said)
    return " ".join(words)
