"""From words to commands: the grammar file and `understand`.

One grammar for typed and spoken text in English, French and Spanish. A command must be said wholly: words that the
grammar does not know make the text unknown, so that a half-understood sentence never moves the car. Only «stop» wins
anywhere in an utterance, in any of the languages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kitt_text import numbers
from kitt_text.lexicon import Lexicon
from kitt_text.loading import GrammarData, LanguageData, parse, read
from kitt_text.own_words import OwnWords, merged, user_file
from kitt_text.words import MAX_CHARS, MAX_TOKENS, tokens

OTHER_LANGUAGE = 0.9
"""Confidence of a text that is a command in another language than the one that is set."""


@dataclass(frozen=True)
class SlotValue:
    """One value said with a command: `value` in SI units (NaN: a word), `unit` m, rad, s or "".

    `text` is as it was said; `label` is the COCO class of an object, the English name of a colour or a direction.
    """

    name: str
    text: str
    value: float = math.nan
    unit: str = ""
    label: str = ""


@dataclass(frozen=True)
class Understanding:
    """What a text means; command "" and confidence 0 when the grammar does not know it.

    `exact`: in the grammar's own words; what is not, never moves the car. `suggestion`: a sentence of the grammar that
    may have been meant, `reason`: why there is no command; both are `understanding.Understander`'s.
    """

    command: str
    slots: tuple[SlotValue, ...]
    language: str
    confidence: float
    text: str
    exact: bool = True
    suggestion: str = ""
    reason: str = ""

    def slot(self, name: str) -> SlotValue | None:
        """The first slot of that name."""
        return next((slot for slot in self.slots if slot.name == name), None)


class Grammar:
    """A loaded grammar; immutable, so that any thread may use it."""

    def __init__(self, data: GrammarData, own: OwnWords | None = None) -> None:
        self.data = data
        self.own = own or OwnWords()

    @classmethod
    def load(cls, path: str | None = None, user: str | None = None) -> Grammar:
        """Read a grammar file (default: the packaged one) and merge a user's own phrases over it.

        Raises:
            KittError: the file is missing or not as it should be; names the place and what to mend.
        """
        raw = read(path)
        return cls(*merged(raw, user)) if user else cls(parse(raw))

    @property
    def own_commands(self) -> frozenset[str]:
        """The commands that a user's file adds; nothing of ours obeys them."""
        return self.own.commands

    def lexicon(self, language: str) -> Lexicon:
        """The pronunciations of a language, with those of the user's file: of words, and of whole phrases."""
        packaged = Lexicon.load(language)
        written = {key: packaged.pronounce(word) for key, word in self.own.accents.get(language, {}).items()}
        return packaged.extended(written | {" ".join(words): said for words, said in self.own.say.items()})

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes, in the file's order."""
        return tuple(self.data.languages)

    @property
    def wake_words(self) -> tuple[tuple[str, ...], ...]:
        """Names that call the car, as words."""
        return self.data.wake_words

    def calls(self, text: str) -> bool:
        """Whether a wake word is among the words of a text."""
        words = tuple(tokens(text))
        return any(words[at : at + len(name)] == name for name in self.data.wake_words for at in range(len(words)))

    @property
    def commands(self) -> tuple[str, ...]:
        """The command names, in the file's order."""
        return self.data.commands

    def phrases(self, language: str) -> Iterator[tuple[str, str]]:
        """All (phrase, command) of a language; slots stand as {object}, {distance}, ..."""
        for phrase, meaning in self.data.languages[language].phrases.items():
            yield " ".join(phrase), meaning.command

    def label_of(self, text: str) -> str:
        """The COCO class that a word or words name in any language, "" for none."""
        words = tuple(tokens(text))
        return next((d.objects[words] for d in self.data.languages.values() if words in d.objects), "")

    def name_of(self, label: str, language: str, count: int = 1) -> str:
        """The spoken name of a class, singular or plural; the class itself when the grammar has no name for it."""
        names = self.data.names.get(label, {}).get(language)
        return label if names is None else names[0 if count == 1 else 1]

    def understand(self, text: str, language: str | None = None) -> Understanding:
        """What a text means. Never raises, takes bounded time for any text.

        Args:
            text: what was said or typed.
            language: the one that is set (tried first; others count a little less), or None.
        """
        words = tokens(text)
        order = sorted(self.data.languages, key=lambda code: code != language)
        # In a long text a stop counts at its end, too: that is what was said last.
        stopped = self._stop([*words, *tokens(text[-MAX_CHARS:])] if len(text) > MAX_CHARS else words, order)
        if stopped is not None:
            return Understanding("stop", (), stopped, 1.0, text)
        if words and len(words) <= MAX_TOKENS and len(text) <= MAX_CHARS:
            for code in order:
                found = self._match(words, self.data.languages[code])
                if found is not None:
                    known = language not in self.data.languages or code == language
                    return Understanding(found[0], found[1], code, 1.0 if known else OTHER_LANGUAGE, text)
        return Understanding("", (), language if language and language in self.data.languages else "", 0.0, text)

    def _stop(self, words: Sequence[str], order: Sequence[str]) -> str | None:
        """The language of the first stop word that is not part of an object's name."""
        at = 0
        while at < len(words):
            lengths = (d.object_at(words, at) for d in self.data.languages.values())
            longest = max(lengths, default=0)
            if longest > 1:  # «stop sign»; a single word is never both
                at += longest
                continue
            codes = [code for code in order if words[at] in self.data.languages[code].stop_words]
            if codes:  # a stop of any language counts in all; the word's own one is answered in
                return next((code for code in codes if words[at] in self.data.languages[code].said_stops), codes[0])
            at += 1
        return None

    def _match(self, words: Sequence[str], data: LanguageData) -> tuple[str, tuple[SlotValue, ...]] | None:
        bare = data.strip(words)
        # Words first: «left» may be a phrase as it stands; then with values in place of the words that name them.
        for said in (words, bare) if len(bare) < len(words) else (words,):
            for marks, slots in ((tuple(said), ()), _masked(said, data)):
                meaning = data.phrases.get(marks)
                if meaning is not None:
                    return meaning.command, slots + tuple(_given(name, value) for name, value in meaning.fixed)
        return None


def _given(name: str, value: str) -> SlotValue:
    """The slot that a phrase gives without saying it."""
    return SlotValue(name, value, label=value) if name == "object" else SlotValue(name, value, float(value))


def _masked(words: Sequence[str], data: LanguageData) -> tuple[tuple[str, ...], tuple[SlotValue, ...]]:
    """Words with values replaced by their marks, and the values."""
    marks: list[str] = []
    slots: list[SlotValue] = []
    at = 0
    while at < len(words):
        length = data.object_at(words, at)
        said = numbers.quantity(words, at, data.code, data.units)
        if length:
            phrase = tuple(words[at : at + length])
            slots.append(SlotValue("object", " ".join(phrase), label=data.objects[phrase]))
        elif said is not None:
            length = said.length
            name = said.unit.dimension if said.unit else "number"
            slots.append(
                SlotValue(name, " ".join(words[at : at + length]), said.value, said.unit.symbol if said.unit else "")
            )
        else:
            marks.append(words[at])
            at += 1
            continue
        marks.append("{" + slots[-1].name + "}")
        at += length
    return tuple(marks), tuple(slots)


@lru_cache(maxsize=1)
def default_grammar() -> Grammar:
    """The packaged grammar, loaded once."""
    return Grammar.load()


def own_grammar(user: str = "") -> Grammar:
    """The packaged grammar with the user's phrases: of the file `user`, else of the usual place if one lies there.

    Raises:
        KittError: the file is wrong, or `user` is missing.
    """
    usual = user_file()
    return Grammar.load(user=user or (str(usual) if usual.is_file() else None))


def understand(text: str, language: str | None = None) -> Understanding:
    """`Grammar.understand` of the packaged grammar."""
    return default_grammar().understand(text, language)
