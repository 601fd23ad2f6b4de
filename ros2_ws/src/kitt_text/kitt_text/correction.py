"""Mends misspelt words in their sentence: `Corrector.correct`.

Words come from symspellpy, their rating from a small LSTM over letters (`correction_channel`) and, where there is one,
from the language model of the words around. Names, numbers, addresses, code and right words stay as they are.
"""

from __future__ import annotations

import contextlib
import itertools
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread

from kitt_inference.errors import KittError
from kitt_inference.shipped import find_shipped
from kitt_text.companions import ASK_AGAIN
from kitt_text.correction_channel import Channel
from kitt_text.correction_commands import CommandWords
from kitt_text.correction_dictionary import LANGUAGES, Dictionary, bare, dictionary
from kitt_text.correction_judge import ContextScorer, Judge, read_weights
from kitt_text.correction_words import MAX_CHARS, Word, in_case_of, words_of
from kitt_text.grammar import Grammar, default_grammar

MODEL = "kitt_correct"
MOST_DOUBTS = 3000
"""So many different words of a text are looked at; no prose of `MAX_CHARS` has more."""
SHORT_TEXT = 200
"""Characters; a longer text is no command."""
FOREIGN_WORDS, FOREIGN = 8, 0.6
"""A text of so many words of which so many are unknown is not of the language."""
Scorers = ContextScorer | Mapping[str, ContextScorer] | None
JOINED_ZIPF, PART_ZIPF = 3.5, 2.5
"""«to gether»: a word as frequent as the first, of parts of which one is rarer than the second."""


@dataclass(frozen=True)
class Edit:
    """One change: text[begin:end] was `original`, is now `replacement`."""

    begin: int
    end: int
    original: str
    replacement: str
    confidence: float


@dataclass(frozen=True)
class Correction:
    """The mended text.

    Attributes:
        confidence: of the least sure change; 1 where nothing was changed.
        reason: why nothing was changed, or what was not looked at; "" for a plain success.
        language: the one in which the text was read.
    """

    text: str
    changed: bool
    confidence: float
    reason: str
    language: str
    edits: tuple[Edit, ...] = ()


class Corrector:
    """Mends texts in three languages; what a language needs is loaded when it is first asked for. Thread-safe."""

    def __init__(
        self,
        channel: Channel,
        weights: Path,
        language: str = "",
        scorer: Scorers = None,
        grammar: Grammar | None = None,
    ) -> None:
        """See `open`."""
        self.language = language
        self._channel = channel
        self._weights = read_weights(weights)
        self._scorer = scorer
        self._grammar = grammar or default_grammar()
        self._judges: dict[str, tuple[Judge, CommandWords, str]] = {}
        self._locks = {code: Lock() for code in LANGUAGES}
        self._loaders: dict[str, Thread] = {}

    @classmethod
    def open(cls, language: str = "", scorer: Scorers = None, grammar: Grammar | None = None) -> Corrector:
        """Load the shipped network.

        Args:
            language: of the texts; "" finds it out for each.
            scorer: rates words in their context, or one for each language; where there is none the language's model
                of models/ is taken.
            grammar: the commands, with the user's own; None takes the packaged ones.

        Raises:
            KittError: the language is unknown, or the model is missing or damaged.
        """
        _check(language)
        found = find_shipped(MODEL, "correction", "correction model")
        return cls(Channel(found.file), found.file.with_name("weights.json"), language, scorer, grammar)

    def correct(self, text: str, language: str = "", patience_s: float | None = None) -> Correction:
        """Mend a text. Spaces, punctuation and case stay. Takes bounded time for any text.

        The first text of a language waits for its dictionary: a second or two, or ten where it has to be made.

        Offsets of edits are those of the text in Unicode's composed form (NFC), which typed text nearly always has.

        Args:
            language: of this text; "" takes the one that is set, or finds it out.
            patience_s: wait so long for the dictionary, which goes on loading; None waits as long as it takes.

        Raises:
            KittError: the language is unknown, or its dictionary cannot be made.
        """
        _check(language)
        text = unicodedata.normalize("NFC", text[:MAX_CHARS]) + text[MAX_CHARS:]
        language = language or self.language or guess(text)
        if not any(c.isalpha() for c in text[:MAX_CHARS]):
            return Correction(text, False, 1.0, "there are no words in it", language)
        if patience_s is not None and not self._loaded(language, patience_s):
            reason = f"the dictionary ({language}) is being loaded: {ASK_AGAIN}"
            return Correction(text, False, 1.0, reason, language)
        judge, commands, note = self.judge(language)
        words = list(words_of(text, language))
        short = len(text) < SHORT_TEXT
        if short and commands.command(text) is not None:
            return Correction(text, False, 1.0, "it is a command as it stands", language)
        repair = commands.repair(text, words) if short else None
        if repair is not None:
            edits = [_edit(words[at], commands.spelt(word), repair.confidence) for at, word in repair.words]
            return _done(text, edits, f"as the command «{repair.command}»", language)
        doubted = [word for word in words if judge.doubts(word)]
        why = _unfit(words, doubted, judge.known)
        if why:
            return Correction(text, False, 1.0, why, language)
        edits = _joins(text, words, judge.known)
        taken = {edit.begin for edit in edits} | {edit.end for edit in edits}
        doubted = [word for word in doubted if word.begin not in taken and word.end not in taken]
        edits += self._mend(text, doubted, judge)
        cut = f"only its first {MAX_CHARS} characters were read" if len(text) > MAX_CHARS else note
        return _done(text, edits, cut or ("" if edits else "nothing to mend was found"), language)

    def _mend(self, text: str, doubted: Sequence[Word], judge: Judge) -> list[Edit]:
        edits: list[Edit] = []
        left, done = "", 0
        for word in doubted:
            # the context is read with what has been mended in it
            left = (left + text[done : word.begin])[-400:]
            rated, context = judge.evidence(word, left, text[word.end : word.end + 100])
            verdict = judge.weigh(word, rated, context)
            written = word.text
            if verdict.replace:
                edits.append(_edit(word, verdict.word, verdict.probability))
                written = edits[-1].replacement
            left, done = left + written, word.end
        return edits

    def _loaded(self, language: str, patience_s: float) -> bool:
        """Load what a language needs in a thread, and wait for it so long; true where it failed: `judge` says why."""

        def load() -> None:
            with contextlib.suppress(KittError):
                self.judge(language)

        if language in self._judges:
            return True
        loader = self._loaders.get(language)
        if loader is None:
            loader = self._loaders[language] = Thread(target=load, name=f"dictionary {language}", daemon=True)
            loader.start()
        loader.join(patience_s)
        return not loader.is_alive()

    def judge(self, language: str) -> tuple[Judge, CommandWords, str]:
        """What decides in a language, the words of its commands, and what is missing for it."""
        with self._locks[language]:
            if language not in self._judges:
                known = dictionary(language)
                commands = CommandWords(self._grammar, known)
                given = self._scorer.get(language) if isinstance(self._scorer, Mapping) else self._scorer
                scorer, note = (given, "") if given else language_model(language)
                own = frozenset(word for word in commands.words if word not in known.accents)  # «arrete» is no word
                judge = Judge(known, self._channel, self._weights[language], scorer, own)
                self._judges[language] = judge, commands, note
            return self._judges[language]


def _unfit(words: Sequence[Word], doubted: Sequence[Word], known: Dictionary) -> str:
    """Why a text is not read at all, "" where it is."""
    if all(word.alone for word in words):
        return "its words are left alone: " + ", ".join(sorted({word.alone for word in words}))
    unknown = sum(word.lower not in known.zipf for word in words)
    if len(words) >= FOREIGN_WORDS and unknown > FOREIGN * len(words):
        return f"{unknown} of its {len(words)} words are not {known.language}"
    count = len({word.lower for word in doubted})
    return f"{count} different words of it are unknown or rare" if count > MOST_DOUBTS else ""


def language_model(model: str) -> tuple[ContextScorer | None, str]:
    """The shipped language model of a language, or the one of a folder; or none and why."""
    from kitt_text.language_model import LanguageModel

    try:
        return LanguageModel.open(model), ""
    except KittError as error:
        return None, f"without a language model: {error.message}"


def _joins(text: str, words: Sequence[Word], known: Dictionary) -> list[Edit]:
    """Words with a space too many: «to gether», where one of the parts is no word."""
    edits: list[Edit] = []
    for first, second in itertools.pairwise(words):
        if first.alone or second.alone or text[first.end : second.begin] != " " or second.text[0].isupper():
            continue
        parts = [known.zipf.get(word.lower, 0.0) for word in (first, second)]
        joined = known.zipf.get(first.lower + second.lower, 0.0)
        overlaps = bool(edits) and edits[-1].end > first.begin
        if joined >= JOINED_ZIPF and min(parts) < PART_ZIPF and len(first.text + second.text) > 5 and not overlaps:
            new = in_case_of(first.text, first.lower + second.lower)
            edits.append(Edit(first.begin, second.end, text[first.begin : second.end], new, 0.9))
    return edits


def _edit(word: Word, new: str, confidence: float) -> Edit:
    return Edit(word.begin, word.end, word.text, in_case_of(word.text, new), round(confidence, 3))


def _done(text: str, edits: list[Edit], reason: str, language: str) -> Correction:
    edits = sorted((edit for edit in edits if edit.replacement != edit.original), key=lambda edit: edit.begin)
    parts, done = [], 0
    for edit in edits:
        parts += [text[done : edit.begin], edit.replacement]
        done = edit.end
    mended = "".join(parts) + text[done:]
    confidence = min((edit.confidence for edit in edits), default=1.0)
    return Correction(mended, bool(edits), confidence, reason, language, tuple(edits))


def _check(language: str) -> None:
    if language and language not in LANGUAGES:
        raise KittError(f"there is no correction for «{language}»", f"there are {', '.join(LANGUAGES)}")


@lru_cache(maxsize=1)
def _common() -> dict[str, dict[str, float]]:
    """The common words of each language and their shares, also as typed without accents: «probleme»."""
    import wordfreq

    found = {language: dict(wordfreq.get_frequency_dict(language, "small")) for language in LANGUAGES}
    for words in found.values():
        for word, share in list(words.items()):
            if not word.isascii():
                words[bare(word)] = max(share, words.get(bare(word), 0.0))
    return found


def guess(text: str) -> str:
    """The language in which most words of a text are common, English when in doubt."""
    words = [word.lower for word in words_of(text[:2000], "en")]
    if not words:
        return LANGUAGES[0]
    common = _common()
    shares = {one: sum(min(1.0, common[one].get(w, 0.0) * 1e3) ** 0.25 for w in words) for one in LANGUAGES}
    return max(LANGUAGES, key=lambda one: shares[one])
