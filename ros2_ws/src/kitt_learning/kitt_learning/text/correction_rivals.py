"""symspellpy, autocorrect and pyspellchecker beside our own correction. For evaluation only, never on the robot."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import resources

from kitt_inference.errors import KittError
from kitt_text.correction_dictionary import dictionary

RIVALS = ("symspellpy", "autocorrect", "pyspellchecker")
PACKAGES = {"autocorrect": "autocorrect==2.6.1", "pyspellchecker": "pyspellchecker==0.9.1"}

Mend = Callable[[str], str]


def rival(name: str, language: str) -> Mend | None:
    """What mends a lower-case word, or None when the rival has no dictionary for the language.

    Raises:
        KittError: it is not installed.
    """
    try:
        return {"symspellpy": _symspellpy, "autocorrect": _autocorrect, "pyspellchecker": _pyspellchecker}[name](
            language
        )
    except ImportError as error:
        raise KittError(f"the rival {name} is not installed", f"pip install {PACKAGES.get(name, name)}") from error


def _symspellpy(language: str) -> Mend:
    """`lookup` at edit distance 2: with its own dictionary for English, with wordfreq's words for the others."""
    from symspellpy import SymSpell, Verbosity

    if language == "en":
        near = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        name = "frequency_dictionary_en_82_765.txt"
        with resources.as_file(resources.files("symspellpy") / name) as file:
            near.load_dictionary(str(file), 0, 1)
    else:
        near = dictionary(language).near
    return lambda word: near.lookup(word, Verbosity.TOP, 2, include_unknown=True)[0].term


def _autocorrect(language: str) -> Mend | None:
    from autocorrect import Speller

    if language != "en":
        return None  # its other dictionaries are fetched from a server that is not a package registry
    speller = Speller(language)
    return lambda word: str(speller.autocorrect_word(word))


def _pyspellchecker(language: str) -> Mend:
    from spellchecker import SpellChecker

    checker = SpellChecker(language=language, distance=2)

    @lru_cache(maxsize=100_000)
    def mend(word: str) -> str:
        return word if word in checker else checker.correction(word) or word

    return mend
