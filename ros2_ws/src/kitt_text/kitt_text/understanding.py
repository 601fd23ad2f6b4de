"""From any sentence to intent and slots: the grammar first, then a network for what the grammar does not know.

The grammar stays the only source of motion. The network answers questions, and names wishes that nothing of the
grammar says («drive to Roosevelt Street»); where it thinks that a command of motion was meant, it only suggests the
grammar's sentence. docs/understanding.md has the rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from kitt_inference.errors import KittError
from kitt_text import numbers
from kitt_text.grammar import Grammar, SlotValue, Understanding, default_grammar
from kitt_text.tagger import Reading, Span, Tagger
from kitt_text.tagging import DIRECTIONS, LANGUAGES, Token, nfc, split
from kitt_text.words import MAX_CHARS, MAX_TOKENS, tokens

CERTAIN = 0.6
"""Least confidence of a wish that the network may pass on."""
LIKELY = 0.5
"""Least confidence of a suggestion."""
HARMLESS = frozenset(
    {
        "what_do_you_see",
        "how_many",
        "where_is",
        "how_are_you",
        "who_are_you",
        "help",
        "hello",
        "lights_on",
        "lights_off",
    }
)
"""The grammar's commands that the network may give by itself: questions, and what moves nothing."""
_NEGATIONS = """
not don dont never cannot cant won wont without doesn isn aren shouldn mustn wouldn couldn needn no nor neither nobody
nothing stop avoid
ne n pas jamais sans aucun aucune rien ni evite
nunca jamas sin tampoco nada nadie ningun ninguna evita
"""
NEGATIONS = frozenset(_NEGATIONS.split())
"""Words of the three languages, without accents: a sentence with one of them is no wish and suggests nothing."""
_SIDES = {tuple(tokens(w)): side for side, by in DIRECTIONS.items() for listed in by.values() for w in listed}
LONGEST_WORD = 40
"""Letters."""
QUANTITIES = ("distance", "angle", "duration", "number")


def directed(understood: Understanding) -> Understanding:
    """What the grammar understood, with the word of direction that was said as a slot."""
    said = " ".join(tokens(understood.text))
    for words in DIRECTIONS.get(understood.command, {}).values():
        for word in words:
            plain = " ".join(tokens(word))
            if f" {plain} " in f" {said} ":
                slot = SlotValue("direction", plain, label=understood.command)
                return replace(understood, slots=(*understood.slots, slot))
    return understood


class Understander:
    """A grammar, and a tagger where there is one; any thread may use it."""

    def __init__(self, grammar: Grammar, tagger: Tagger | None, fault: str = "") -> None:
        self.grammar, self.tagger, self.fault = grammar, tagger, fault
        self._sentences: dict[tuple[str, str, tuple[str, ...]], tuple[str, ...]] = {}
        for code, data in grammar.data.languages.items():
            for phrase, meaning in data.phrases.items():
                marks = tuple(sorted(word[1:-1] for word in phrase if word.startswith("{")))
                known = self._sentences.get((meaning.command, code, marks))
                if not meaning.fixed and (known is None or len(phrase) < len(known)):
                    self._sentences[meaning.command, code, marks] = phrase

    @classmethod
    def open(cls, model: str = "auto", grammar: Grammar | None = None, strict: bool = True) -> Understander:
        """Load the network; a grammar of the user's own may be given.

        Args:
            model: see `Tagger.open`.
            grammar: default: the packaged one.
            strict: without it a network that cannot be loaded is left out, and `fault` says why.

        Raises:
            KittError: strict, and the network is missing or damaged.
        """
        try:
            return cls(grammar or default_grammar(), Tagger.open(model))
        except KittError as error:
            if strict:
                raise
            return cls(grammar or default_grammar(), None, str(error))

    def understand(self, text: str, language: str = "") -> Understanding:
        """What a text means. Never raises, takes bounded time for any text; `reason` says why there is no command."""
        understood = self.grammar.understand(text, language or None)
        if understood.command:
            return directed(understood)
        if self.tagger is None:
            return replace(understood, reason=f"the grammar does not know it, and there is no network: {self.fault}")
        words = split(text)
        reason = unfit(text, words)
        reading = None if reason else self.tagger.read(words)
        if reading is None:
            return replace(understood, reason=reason or "the network gives no numbers")
        code = self._language(reading, language)
        clean = nfc(text)
        spans = _whole(reading.spans, words, code, self.grammar, self.tagger)
        slots = tuple(self._slot(span, words, clean, code) for span in spans)
        found = replace(understood, slots=slots, language=code, exact=False)
        return self._judged(found, reading, words)

    def read(self, text: str) -> Reading | None:
        """What the network alone makes of a text, for its evaluation; None where it is not asked."""
        words = split(text)
        return None if self.tagger is None or unfit(text, words) else self.tagger.read(words)

    def spans(self, reading: Reading, words: Sequence[Token]) -> tuple[Span, ...]:
        """The slots of a reading, set right by rule as `understand` does."""
        code = self._language(reading, "")
        return () if self.tagger is None else tuple(_whole(reading.spans, words, code, self.grammar, self.tagger))

    def _language(self, reading: Reading, given: str) -> str:
        known = self.grammar.data.languages
        return reading.language if reading.language in known or given not in known else given

    def _judged(self, found: Understanding, reading: Reading, words: Sequence[Token]) -> Understanding:
        """What may be made of a reading: a wish, an answerable question, a suggestion, or nothing, with the reason."""
        intent, sure = reading.intent, f"{reading.confidence:.2f}"
        if intent == "none":
            return replace(found, reason="it is no command")
        if any(word.plain in NEGATIONS for word in words):
            return replace(found, reason=f"a negation: no {intent}")
        ours = intent in self.grammar.commands
        if reading.confidence < (LIKELY if ours else CERTAIN):
            return replace(found, reason=f"it is not clear: perhaps {intent} ({sure})")
        if not ours:
            return replace(found, command=intent, confidence=reading.confidence)
        sentence = self._sentence(intent, found)
        if sentence and intent in HARMLESS and reading.confidence >= CERTAIN:
            slots = self.grammar.understand(sentence, found.language).slots
            return replace(found, command=intent, confidence=reading.confidence, slots=slots)
        reason = f"did you mean «{sentence}»? Say it so ({sure})"
        if not sentence:
            reason = f"perhaps {intent} ({sure}), but the grammar has no such sentence"
        return replace(found, suggestion=sentence, reason=reason)

    def _sentence(self, command: str, found: Understanding) -> str:
        """The sentence of the grammar that means a command with these slots, "" where there is none."""
        slots = [slot for slot in found.slots if slot.name != "direction" or slot.label != command]
        phrase = self._sentences.get((command, found.language, tuple(sorted(slot.name for slot in slots))))
        if phrase is None or len({slot.name for slot in slots}) < len(slots):
            return ""
        said = {"{" + slot.name + "}": " ".join(tokens(slot.text)) for slot in slots}
        sentence = " ".join(said.get(word, word) for word in phrase)
        meant = self.grammar.understand(sentence, found.language)
        same = meant.command == command and sorted(map(_value, meant.slots)) == sorted(map(_value, slots))
        return sentence if same else ""

    def _slot(self, span: Span, words: Sequence[Token], text: str, code: str) -> SlotValue:
        name, begin, end = span
        said = text[words[begin].begin : words[end - 1].end]
        plain = [word.plain for word in words[begin:end]]
        if name in QUANTITIES:
            quantity = _quantity(plain, 0, code, self.grammar)
            if quantity is None or quantity.length != len(plain):
                return SlotValue(name, said)
            unit = quantity.unit
            return SlotValue(unit.dimension if unit else "number", said, quantity.value, unit.symbol if unit else "")
        label = ""
        if name == "object":
            label = self.grammar.label_of(said)
        elif name == "colour" and self.tagger is not None:
            label = self.tagger.colours.get(plain[0], "")
        elif name == "direction":
            label = _SIDES.get(tuple(plain), "")
        return SlotValue(name, said, label=label)


def _value(slot: SlotValue) -> tuple[str, str, float]:
    return slot.name, slot.label, 0.0 if math.isnan(slot.value) else slot.value


def unfit(text: str, words: Sequence[Token]) -> str:
    """Why a text is not read at all, "" where it is."""
    longest = max((word.text for word in words), key=len, default="")
    faults = (
        (not text.strip(), "there is no text"),
        (len(text) > MAX_CHARS, f"it has {len(text)} characters; the longest sentence has {MAX_CHARS}"),
        (not words, "there are no words in it"),
        (len(words) >= MAX_TOKENS, f"it has {MAX_TOKENS} words or more"),
        (len(longest) > LONGEST_WORD, f"«{longest[:12]}…» is too long for a word"),
        (
            sum(word.plain.isascii() for word in words) * 2 < len(words),
            f"it is not in the letters of {', '.join(LANGUAGES)}",
        ),
    )
    return next((reason for wrong, reason in faults if wrong), "")


def _quantity(plain: Sequence[str], at: int, code: str, grammar: Grammar) -> numbers.Quantity | None:
    data = grammar.data.languages.get(code)
    return numbers.quantity(plain, at, code, data.units) if data is not None else None


def _whole(spans: Sequence[Span], words: Sequence[Token], code: str, grammar: Grammar, tagger: Tagger) -> list[Span]:
    """The network's slots, set right by what is known for certain.

    Quantities go as far as the rules of numbers read them («deux mètres» may go on with «cinquante»), and those with a
    unit are found without the network; directions and colours are of the known ones.
    """
    plain = [word.plain for word in words]
    found: list[Span] = []
    for name, begin, end in spans:
        if found and begin < found[-1][2]:
            continue
        if name == "direction" and tuple(plain[begin:end]) not in _SIDES:
            continue
        if name == "colour" and plain[begin] not in tagger.colours:
            continue
        quantity = _quantity(plain, begin, code, grammar) if name in QUANTITIES else None
        found.append((name, begin, begin + quantity.length if quantity is not None else end))
    taken = {at for _, begin, end in found for at in range(begin, end)}
    for at, word in enumerate(plain):
        quantity = None if word in numbers.ARTICLES.get(code, ()) else _quantity(plain, at, code, grammar)
        if quantity is not None and quantity.unit is not None and not taken & set(range(at, at + quantity.length)):
            found.append((quantity.unit.dimension, at, at + quantity.length))
            taken |= set(range(at, at + quantity.length))
    return sorted(found, key=lambda span: span[1])
