"""Sentences with tags, made from understanding.yaml, the command grammar and names; prose as what is no command."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kitt_learning.text.understanding_book import SIDES, SLOT, Book
from kitt_learning.text.understanding_names import split_names
from kitt_learning.text.understanding_prose import named, words_of
from kitt_learning.text.understanding_quantities import quantity
from kitt_text.tagging import DIRECTIONS, LANGUAGES, TAGS, split
from kitt_text.templates import Phrase
from kitt_text.words import MAX_TOKENS, plain

IGNORED = -100
"""A tag that is not learnt: in prose, words that may or may not be a slot."""
TAG = {name: number for number, name in enumerate(TAGS)}
NEGATED, WRAPPED, STRANGE, GRAMMAR, NONE, PROSE, NAMED = 0.10, 0.5, 0.2, 0.12, 0.18, 0.20, 0.5
"""Shares: of negated orders, of sentences with words around, with any words around, of the grammar's phrases, of
sentences that are no command, of prose, and in it of sentences with names."""
MORE_NONE = 0.25
"""Instead of `NONE` in training: statements show names in more places than orders do."""
HOME = 0.8
"""Share of names that are of the sentence's language."""
_PERSONS = (("last", 30), ("first", 25), ("first last", 15), ("title last", 12), ("people", 13), ("title first", 5))
_PLACES = (("street", 45), ("town", 25), ("common", 30))


@dataclass(frozen=True)
class Sample:
    """A sentence, a tag a word, its intent, language and where it comes from."""

    text: str
    tags: tuple[int, ...]
    intent: str
    language: str
    source: str


Pieces = list[tuple[str, str]]
"""Text and the slot that it is, "" for none."""


class Maker:
    """Makes sentences of one language and part; the same seed makes the same sentences."""

    def __init__(self, book: Book, language: str, part: str, seed: int, prose: Sequence[str] = ()) -> None:
        self.book, self.language, self.part = book, language, part
        self.dice = random.Random(f"{language} {part} {seed}")
        self.prose = prose
        self.named = named(prose, language)
        self.names = {code: split_names(code, part) for code in LANGUAGES}
        self.before, self.after = (book.around(key, language, part) for key in ("before", "after"))
        self.negations = [pair.split(" | ") for pair in book.around("negations", language, part)]
        self.objects = [" ".join(name) for name in book.grammar.data.languages[language].objects]
        self.objects += [form for name in book.words("objects", language, part) for form in name.split("/")]
        self.places, self.people = (book.words(key, language, part) for key in ("places", "people"))
        lines = {i: book.lines(i, language, part) for i in book.intents}
        self.lines = {intent: families for intent, families in lines.items() if families}
        self.orders = [i for i in self.lines if i != "none"]
        self.weights = [len(self.lines[i]) ** 0.5 for i in self.orders]

    def sample(self) -> Sample:
        """One sentence. Training also sees the grammar's own phrases and prose."""
        dice, train = self.dice, self.part == "train"
        if train and self.prose and dice.random() < PROSE:
            return self._prose()
        if train and dice.random() < GRAMMAR:
            spoken = self.book.spoken(self.language)
            intent = dice.choice(list(spoken))
            pieces = self._fill(self._with_sides(intent, dice.choice(spoken[intent])))
            return self._finish(pieces, intent, "grammar")
        none = MORE_NONE if train else NONE
        intent = "none" if dice.random() < none else dice.choices(self.orders, self.weights)[0]
        line = dice.choice(self.lines[intent])
        pieces = self._fill(dice.choice(self.book.phrases(line, self.language)))
        return self._finish(pieces, intent, line)

    def _finish(self, pieces: Pieces, intent: str, source: str) -> Sample:
        dice = self.dice
        if intent not in ("none", "hello", "yes", "no", "number") and self.negations and dice.random() < NEGATED:
            first, second = dice.choice(self.negations)
            pieces = [(first, ""), pieces[0], (second, ""), *pieces[1:]]
            intent, source = "none", "negated " + source
        if dice.random() < WRAPPED:
            if self.before and dice.random() < 0.7:
                pieces = [(dice.choice(self.before), ""), *pieces]
            if self.after and dice.random() < 0.5:
                pieces = [*pieces, (dice.choice(self.after), "")]
        if self.prose and dice.random() < STRANGE:
            strange = self._strange()
            pieces = [(strange, ""), *pieces] if dice.random() < 0.5 else [*pieces, (strange, "")]
        return self._sample(pieces, intent, source)

    def _sample(self, pieces: Pieces, intent: str, source: str) -> Sample:
        pieces = [(text, slot) for text, slot in pieces if text]
        tags: list[int] = []
        for text, slot in pieces:
            count = _count(text)
            tags += [TAG[f"{'I' if n else 'B'}-{slot}" if slot else "O"] for n in range(count)]
        text = " ".join(text for text, _ in pieces).replace("' ", "'")
        text = text[:1].upper() + text[1:] + self.dice.choice(["", "", ".", "!" if intent != "none" else ""])
        return Sample(text, tuple(tags[:MAX_TOKENS]), intent, self.language, source)

    def _strange(self) -> str:
        """A word or two of any text."""
        words = words_of(self.dice.choice(self.prose))
        at = self.dice.randrange(len(words)) if words else 0
        said = words[at : at + self.dice.randint(1, 2)]
        doubtful = self.book.ambiguous(self.language)
        return " ".join(word.text for word in said if word.plain not in doubtful and word.text.islower())

    def _prose(self) -> Sample:
        """An ordinary sentence; known names in it are replaced by others and are slots."""
        dice = self.dice
        line, names = dice.choice(self.named) if self.named and dice.random() < NAMED else (dice.choice(self.prose), ())
        words = words_of(line)
        doubtful = self.book.ambiguous(self.language)
        pieces: list[str] = []
        tags: list[int] = []
        at = 0
        for begin, end, slot in (*names, (len(words), len(words), "")):
            for place in range(at, begin):
                word = words[place]
                unsure = (place and word.text[:1].isupper()) or word.plain in doubtful or not word.text.isalpha()
                pieces.append(word.text)
                tags.append(IGNORED if unsure else 0)
            if slot:
                pieces.append(self._person(False) if slot == "person" else self._name("town"))
                tags += [TAG[f"{'I' if n else 'B'}-{slot}"] for n in range(len(split(pieces[-1])))]
            at = end
        return Sample(" ".join(pieces), tuple(tags[:MAX_TOKENS]), "none", self.language, "prose")

    def _with_sides(self, intent: str, phrase: Phrase) -> Phrase:
        """The grammar's «turn left»: its words of direction become slots."""
        if intent not in SIDES:
            return phrase
        for word in DIRECTIONS[intent][self.language]:
            name = tuple(token.plain for token in split(word))
            for at in range(len(phrase) - len(name) + 1):
                if phrase[at : at + len(name)] == name:
                    return (*phrase[:at], "{" + intent + "=" + " ".join(name) + "}", *phrase[at + len(name) :])
        return phrase

    def _fill(self, phrase: Phrase) -> Pieces:
        return [self._slot(word[1:-1]) if word.startswith("{") else (word, "") for word in phrase]

    def _slot(self, name: str) -> tuple[str, str]:
        dice, raw, code = self.dice, self.book.raw, self.language
        side, _, said = name.partition("=")
        if side in SIDES or name == "direction":
            side = dice.choice(SIDES[:2]) if name == "direction" else side
            return said or dice.choice(DIRECTIONS[side][code]), "direction"
        if name in ("distance", "angle", "duration", "number"):
            return quantity(name, code, self.book.grammar.data.languages[code], dice), name
        makers: dict[str, Callable[[], str]] = {
            "object": lambda: dice.choice(self.objects),
            "colour": lambda: dice.choice([w for c in raw["colours"].values() for w in c[code]]),
            "person": lambda: self._person(False), "someone": lambda: self._person(True),
            "place": lambda: self._place(_one_of(dice, _PLACES)),
            "street": lambda: self._place("street"),
        }  # fmt: skip
        return makers[name](), SLOT.get(name, name)

    def _person(self, certain: bool) -> str:
        dice, raw, code = self.dice, self.book.raw, self.language
        kind = _one_of(dice, _PERSONS)
        if certain and kind == "last":
            kind = "first last"
        if kind == "people":
            return dice.choice(self.people)
        title = dice.choice(raw["titles"][code])
        return " ".join(title.title() if k == "title" else self._name(k) for k in kind.split())

    def _name(self, kind: str) -> str:
        """Mostly of this language: people and towns of others are spoken of, too."""
        code = self.language if self.dice.random() < HOME else self.dice.choice(LANGUAGES)
        return self.dice.choice(self.names[code][kind])

    def _place(self, kind: str) -> str:
        dice, raw, code = self.dice, self.book.raw, self.language
        if kind == "town":
            return self._name("town")
        if kind == "common":
            return dice.choice(self.places)
        form = dice.choice(raw["streets"][code])
        words = dice.choice(self.book.phrases(form, code))
        fills = {"{first}": "first", "{last}": "last", "{town}": "town"}
        made = [
            self._name(fills[w]) if w in fills else str(dice.randint(1, 99)) if w == "{count}" else w for w in words
        ]
        said = " ".join(made).replace("' ", "'")
        return said.title() if code == "en" else said


def _one_of(dice: random.Random, shares: Sequence[tuple[str, int]]) -> str:
    return dice.choices([name for name, _ in shares], [share for _, share in shares])[0]


@lru_cache(maxsize=60_000)
def _count(text: str) -> int:
    return len(split(text))


def labelled(language: str, count: int, part: str = "test", book: Book | None = None, seed: int = 1) -> list[Sample]:
    """Sentences of a part, all different, as typed."""
    maker = Maker(book or Book(), language, part, seed)
    found: dict[str, Sample] = {}
    for _ in range(20 * count):
        sample = maker.sample()
        found.setdefault(plain(sample.text), sample)
        if len(found) >= count:
            break
    return list(found.values())
