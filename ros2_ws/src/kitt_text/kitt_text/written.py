"""Words of the grammar as they are written: with the accents, apostrophes and hyphens that the grammar leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kitt_text.grammar import Grammar
from kitt_text.loading import read
from kitt_text.words import plain

_ACCENTED = {
    "en": "",
    "fr": """arrête arrêtez arrêter arrêtes démarre arrière mètre mètres centimètre centimètres kilomètre kilomètres
        degré degrés numéro accélère accélérez négatif éteins éteints allumés désactive état zéro présente plaît
        lumières êtes réveille""",
    "es": """atrás más rápido aquí acá sígueme síganme acércate párate podrías número centímetro centímetros kilómetro
        kilómetros quédate ayúdame preséntate duérmete apágate apárcate estaciónate continúa dieciséis veintidós
        veintitrés veintiséis veintiún detrás días cuántos cuántas dónde cómo quién cuál deténgase""",
}
_IN_CONTEXT: dict[str, dict[tuple[str, str], str]] = {
    # (the word before, "<s>" at the start, "" for any; the word): how it is written. The nearer rule counts.
    "en": {},
    "fr": {
        ("y", "a"): "a", ("", "a"): "à", ("", "ou"): "où", ("attends", "la"): "là",
        ("attendez", "la"): "là", ("il", "la"): "là", ("", "he"): "hé", ("", "ca"): "ça",
    },
    "es": {
        ("donde", "esta"): "está", ("como", "esta"): "está", ("", "estas"): "estás", ("a", "mi"): "mí",
        ("", "si"): "sí", ("<s>", "que"): "qué", ("", "estan"): "están",
    },
}  # fmt: skip
_ELIDED = {"en": (), "fr": ("l", "d", "s", "t", "qu", "jusqu", "quelqu", "n", "j", "m", "c"), "es": ()}
_APOSTROPHE = {"en": ("s",), "fr": (), "es": ()}
"""Words that hang on the one before with an apostrophe: «what's»."""
_HYPHENED = {
    "en": {"u-turn"},
    "fr": {
        "est-ce", "demi-tour", "puis-je", "vas-y", "t-il", "a-t", "grille-pain", "grille-pains", "micro-ondes",
        "seche-cheveux", "cerf-volant", "cerfs-volants", "quatre-vingt", "quatre-vingts", "dix-sept", "dix-huit",
        "dix-neuf", "peux-tu", "vois-tu", "vas-tu", "es-tu", "pouvez-vous", "voyez-vous", "etes-vous", "allez-vous",
        "suis-moi", "suivez-moi", "aide-moi", "arrete-toi", "arretez-vous", "retourne-toi", "eteins-toi", "gare-toi",
        "allume-toi", "active-toi", "desactive-toi", "presente-toi", "approche-toi", "reveille-toi", "souviens-toi",
    },
    "es": set(),
}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")


class Writing:
    """How the words of one language's grammar are written."""

    def __init__(self, grammar: Grammar, language: str) -> None:
        """Take the accents of the packaged names of objects and of the user's own phrases."""
        self._language = language
        own = grammar.own.accents.get(language, {})
        listed = _LETTERS.findall(_ACCENTED[language])
        self._forms: dict[str, str] = _objects(language) | {plain(word): word for word in listed} | dict(own)

    def join(self, words: Sequence[str], start: int = 0) -> str:
        """A sentence of plain words as it is written, from the word number `start` on, with the space before it."""
        text = ""
        for at in range(start, len(words)):
            before = words[at - 1] if at else "<s>"
            text += self._gap(before, words[at], at) + self._form(words, at)
        return text

    def word(self, words: Sequence[str], at: int) -> str:
        """One word of a sentence as it is written."""
        return self._form(words, at)

    def _form(self, words: Sequence[str], at: int) -> str:
        word, before = words[at], words[at - 1] if at else "<s>"
        rules = _IN_CONTEXT[self._language]
        if word == "a" and words[at + 1 : at + 3] == ("t", "il"):
            return word
        return rules.get((before, word)) or rules.get(("", word)) or self._forms.get(word, word)

    def _gap(self, before: str, word: str, at: int) -> str:
        if not at:
            return ""
        if before in _ELIDED[self._language] and (before, word) != ("t", "il"):
            return "'"
        if word in _APOSTROPHE[self._language]:
            return "'"
        return "-" if f"{before}-{word}" in _HYPHENED[self._language] else " "


@lru_cache(maxsize=4)
def _objects(language: str) -> dict[str, str]:
    listed = [str(name) for names in read(None)["objects"].values() for name in names[language]]
    words = [word for name in listed for word in _LETTERS.findall(name)]
    singular = {plain(word): word for word in words if plain(word) != word}
    return {plain_word + "s": word + "s" for plain_word, word in singular.items()} | singular
