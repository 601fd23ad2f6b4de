"""understanding.yaml, read: families of sentences by intent, language and part, and what stands in and around them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from kitt_learning.text.understanding_names import later, share
from kitt_text.grammar import Grammar, default_grammar
from kitt_text.loading import read
from kitt_text.tagging import DIRECTIONS, LANGUAGES, split
from kitt_text.templates import Phrase, expand
from kitt_text.words import plain

SIDES = ("left", "right", "forward", "back")
SLOT = {"someone": "person", "street": "place"} | dict.fromkeys(SIDES, "direction")
"""Marks of families that are another slot."""


def _joined(entry: str | list[str]) -> str:
    """A negation's two parts as a line."""
    return entry if isinstance(entry, str) else " | ".join(entry)


def _alike(phrase: Phrase) -> str:
    """A phrase without what does not make another: accents, whether a name may be mistaken."""
    marks = {"{someone}": "{person}", "{street}": "{place}"}
    return plain(" ".join(marks.get(word, word) for word in phrase)).replace("'", " ")


class Book:
    """understanding.yaml, read, with a user's grammar."""

    def __init__(self, path: str | None = None, grammar: Grammar | None = None) -> None:
        """Read the file (default: the packaged one).

        Raises:
            KittError: it is missing or not as it should be.
        """
        self.path = path or str(resources.files(__package__).joinpath("understanding.yaml"))
        self.raw: dict[str, Any] = read(self.path)
        self.grammar = grammar or default_grammar()
        self.macros = {c: {name: m[c] for name, m in self.raw["macros"].items()} for c in LANGUAGES}
        self.more: dict[str, Any] = self.raw.get("more", {})
        known = [c for c in self.grammar.commands if c not in self.raw["intents"] and c != "stop"]
        self.intents: tuple[str, ...] = ("none", *(i for i in self.raw["intents"] if i != "none"), *known)

    def lines(self, intent: str, language: str, part: str) -> list[str]:
        """The families of an intent that belong to a part; of the later ones those that say what the test does not."""
        added = later(self.more.get("intents", {}).get(intent, {}).get(language, []), part)
        lines = share(self.raw["intents"].get(intent, {}).get(language, []), part)
        return lines + [line for line in added if self.phrases(line, language)]

    def around(self, key: str, language: str, part: str) -> list[Any]:
        """What stands `before` or `after` a sentence, or its `negations`."""
        added = later([_joined(entry) for entry in self.more.get(key, {}).get(language, [])], part)
        return share([_joined(entry) for entry in self.raw[key][language]], part) + added

    def words(self, key: str, language: str, part: str = "train") -> list[str]:
        """The `objects`, `places` or `people`; the test keeps to the first ones."""
        return [*self.raw[key][language], *(self.more.get(key, {}).get(language, []) if part == "train" else [])]

    @cache  # noqa: B019  lives as long as the program
    def phrases(self, line: str, language: str) -> list[Phrase]:
        """All phrases of a family; of a later one those that no family of the test has."""
        found = expand(line, self.macros[language])
        if not any(line in by.get(language, ()) for by in self.more.get("intents", {}).values()):
            return found
        kept = self._kept(language)
        return [phrase for phrase in found if _alike(phrase) not in kept]

    @cache  # noqa: B019
    def _kept(self, language: str) -> frozenset[str]:
        lines = [line for by in self.raw["intents"].values() for line in share(by.get(language, []), "test")]
        return frozenset(_alike(phrase) for line in lines for phrase in expand(line, self.macros[language]))

    def slots(self, intent: str) -> dict[str, list[str]]:
        """The slots that all sentences of an intent have (`needs`), and those that any has (`takes`)."""
        if intent == "none":
            return {}
        phrases = [p for c in LANGUAGES for line in self.lines(intent, c, "train") for p in self.phrases(line, c)]
        phrases += [p for c in LANGUAGES for p in self.spoken(c).get(intent, [])]
        marks = [{SLOT.get(word[1:-1], word[1:-1]) for word in p if word.startswith("{")} for p in phrases]
        side = {"direction"} if intent in SIDES else set()
        return {"needs": sorted(set.intersection(*marks)), "takes": sorted(set.union(*marks) | side)}

    @cache  # noqa: B019
    def spoken(self, language: str) -> dict[str, list[Phrase]]:
        """The grammar's phrases by command."""
        found: dict[str, list[Phrase]] = {}
        for phrase, meaning in self.grammar.data.languages[language].phrases.items():
            if meaning.command in self.intents:
                found.setdefault(meaning.command, []).append(phrase)
        return found

    @cache  # noqa: B019
    def ambiguous(self, language: str) -> frozenset[str]:
        """Words that are a slot at times: not learnt as none in prose."""
        raw, data = self.raw, self.grammar.data.languages[language]
        listed = [word for key in ("places", "people", "objects") for word in self.words(key, language)]
        listed += [word for by_code in (raw["colours"], DIRECTIONS) for c in by_code.values() for word in c[language]]
        words = {token.plain for name in listed for token in split(name.replace("/", " "))}
        return frozenset(words | {word for name in data.objects for word in name} | set(data.units))
