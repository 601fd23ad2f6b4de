"""Makes kitt_text's pronunciation lexicons: `python -m kitt_learning.lexicon_build [language ...]`.

Needs the program espeak-ng and the package wordfreq; neither is needed to use the lexicons. Words are those of the
grammar and the most frequent ones of each language.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import kitt_text
from kitt_inference.errors import KittError
from kitt_learning.lexicon_phones import convert, variants
from kitt_learning.lexicon_words import ACCENTS, SAID
from kitt_text import numbers
from kitt_text.grammar import Grammar
from kitt_text.lexicon import LANGUAGES, Phones, check_phones
from kitt_text.words import plain

VOICES = {"en": ("en-us", "en-gb"), "fr": ("fr-fr",), "es": ("es-419", "es")}
WORDS = 20_000
SHARE = 0.15
"""A written form counts for the accent-free key if it has this share of all forms' frequency."""


def speak(words: list[str], voice: str) -> list[str]:
    """espeak-ng's phonetic writing of each word alone."""
    call = ["espeak-ng", "-q", "--ipa", "--sep=_", "-v", voice]
    lines: list[str] = []
    for at in range(0, len(words), 1000):
        part = words[at : at + 1000]
        said = subprocess.run(call, input="\n".join(part) + "\n", capture_output=True, text=True, check=True).stdout
        if len(said.splitlines()) != len(part):
            raise KittError(f"espeak-ng gave {len(said.splitlines())} lines for {len(part)} words", "look at them")
        lines += said.splitlines()
    return lines


def grammar_words(grammar: Grammar, language: str) -> set[str]:
    """Every token that the grammar and the numbers of a language know."""
    data = grammar.data.languages[language]
    found = {word for phrase in [*data.phrases, *data.objects, *data.fillers] for word in phrase}
    found |= {*data.said_units, *data.said_stops, *numbers.VALUES[language], *numbers.POINTS[language]}
    found |= {numbers.JOINTS[language], *numbers.ARTICLES[language]}
    halves = (*numbers._HALF_AFTER[language], *numbers._HALF_BEFORE[language])
    found |= {word for half in halves for word in half}
    return {word for word in found if word.isalpha()}


def written_forms(key: str, forms: Iterable[str], frequency: Callable[[str], float], language: str) -> list[str]:
    """How the word behind an accent-free key is written, most frequent first."""
    if key in ACCENTS[language]:
        return ACCENTS[language][key].split()
    counted = sorted(((frequency(form), form) for form in forms), reverse=True)
    total = sum(count for count, _ in counted)
    return [form for count, form in counted if count >= SHARE * total] if total else [key]


def pronunciations(words: list[str], language: str) -> dict[str, list[Phones]]:
    """Words to what the language's voices say, without repetition."""
    found: dict[str, list[Phones]] = {word: [] for word in words}
    for voice in VOICES[language]:
        for word, ipa in zip(words, speak(words, voice), strict=True):
            try:
                phones = convert(ipa, language)
            except KittError:
                continue  # a word that espeak-ng spells out or cannot say
            for said in (phones, *variants(word, phones, language)):
                if said not in found[word]:
                    found[word].append(said)
    return found


def build(language: str) -> dict[str, list[Phones]]:
    """The lexicon of a language: key to pronunciations, best first."""
    import wordfreq

    known = [w for w in wordfreq.top_n_list(language, 8 * WORDS) if re.fullmatch(r"[^\W\d_]{2,}", w)]
    known = [w for w in known if re.fullmatch(r"[a-z]+", plain(w))]
    frequent = known[:WORDS]
    needed = grammar_words(Grammar.load(), language)
    by_key: dict[str, set[str]] = defaultdict(set)
    keys = needed | {plain(word) for word in frequent}
    for word in known:
        if plain(word) in keys:
            by_key[plain(word)].add(word)
    for key in needed:
        by_key[key].add(key)
    forms = {
        key: written_forms(key, written, lambda form: wordfreq.word_frequency(form, language), language)
        for key, written in by_key.items()
    }
    said = pronunciations(sorted({*frequent, *(form for written in forms.values() for form in written)}), language)
    lexicon = {word: said[word] for word in frequent if said[word]}
    for key, written in forms.items():
        merged = list(dict.fromkeys(phones for form in written for phones in said[form]))
        if merged:
            lexicon[key] = merged
    for key, text in SAID[language].items():
        lexicon[key] = [check_phones(tuple(v.split()), key) for v in text.split("|")]
    missing = sorted(needed - set(lexicon))
    if missing:
        raise KittError(f"no pronunciation for {' '.join(missing)} ({language})", "add them to lexicon_words.py")
    return lexicon


def main(languages: list[str]) -> None:
    """Write the lexicons anew."""
    for language in languages or list(LANGUAGES):
        lexicon = build(language)
        lines = ["\t".join([word, *(" ".join(p) for p in lexicon[word])]) for word in sorted(lexicon)]
        path = Path(kitt_text.__file__).parent / "data" / f"lexicon_{language}.txt"
        path.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
