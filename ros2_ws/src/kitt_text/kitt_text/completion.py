"""Completion: what a text may go on with, in free prose and bound to the commands. Nothing here moves the car."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_text.command_completion import CommandCompletion, CommandProposals
from kitt_text.grammar import Grammar, own_grammar
from kitt_text.language_model import LANGUAGES, LanguageModel
from kitt_text.personal import PersonalCache
from kitt_text.prose import ProseCompletion, ProseProposal

COUNT = 3
MOST = 20
COMMANDS_SHARE = 0.5
"""Before anything is known of a text: the probability that it is a command."""
STAYS = math.log(3.0)
"""The language of the text before is so much likelier, as a logarithm."""
LEAST = 1e-3
"""Less likely continuations are not proposed."""
LONGEST_WORD = 40
_LAST_WORD = re.compile(r"\S*\Z")


@dataclass(frozen=True)
class Completion:
    """One proposal.

    Attributes:
        text: the whole text with the proposal; accents and capitals of the word begun may be mended in it.
        suffix: what would be added behind the text as it stands.
        score: probability that the text goes on like this, 0 to 1.
        command: what the completed text commands; empty in prose, and where it is only a command's beginning.
    """

    text: str
    suffix: str
    score: float
    command: str


@dataclass(frozen=True)
class Completions:
    """Proposals, best first; the language that was given or found; why there is none."""

    completions: tuple[Completion, ...]
    language: str
    reason: str = ""


class Completer:
    """Completes texts in several languages; may be used from any thread."""

    def __init__(self, models: Mapping[str, LanguageModel], grammar: Grammar, cache: PersonalCache | None) -> None:
        """Use loaded models, by language. `cache`: the operator's own phrases; None: without."""
        self.languages, self.models = tuple(models), dict(models)
        self.cache = cache
        self.grammar = grammar
        self._prose = {code: ProseCompletion(model, cache) for code, model in models.items()}
        self._commands = {code: CommandCompletion(grammar, code) for code in models}
        self._last = self.languages[0]

    @classmethod
    def open(
        cls,
        languages: Sequence[str] = LANGUAGES,
        grammar: Grammar | None = None,
        cache: PersonalCache | None = None,
        models: Mapping[str, str] | None = None,
    ) -> Completer:
        """Load models and grammar.

        Args:
            languages: some of en, fr, es.
            grammar: None: the packaged one with the user's phrases.
            cache: the operator's phrases; None: those of the usual file.
            models: folders of other models, by language.

        Raises:
            KittError: a model is missing or damaged, the grammar is wrong, a language is unknown or none is given.
        """
        if not languages:
            raise KittError("no language is given", f"write some of {','.join(LANGUAGES)}")
        loaded = {code: LanguageModel.open((models or {}).get(code, code)) for code in languages}
        return cls(loaded, grammar or own_grammar(), cache if cache is not None else PersonalCache())

    def complete(self, text: str, language: str = "", commands_only: bool = False, count: int = COUNT) -> Completions:
        """Continue a text; never more than proposals.

        Args:
            text: what was typed or heard so far.
            language: its language; "": find out.
            commands_only: propose only what the command grammar accepts.
            count: so many proposals at most, 1 to `MOST`; 0: `COUNT`.

        Returns:
            Proposals; none, with the reason, where the text cannot go on. Takes bounded time for any text.

        Raises:
            KittError: there is no such language, or no such count.
        """
        if language and language not in self.languages:
            raise KittError(f"there is no language «{language}»", f"there are {', '.join(self.languages)}")
        if not 0 <= count <= MOST:
            raise KittError(f"{count} is no number of proposals", f"take 1 to {MOST}")
        reason = _no_text(text)
        if reason:
            return Completions((), language, reason)
        if self.cache:
            self.cache.refresh()
        code = language or self.language_of(text, commands_only)
        self._last = code
        found = self._proposals(text, code, commands_only, count or COUNT)
        return Completions(tuple(found), code, "" if found else self._why_none(text, code, commands_only))

    def language_of(self, text: str, commands_only: bool = False) -> str:
        """The language in which a text is likeliest; of the text before where nothing is typed."""
        if not text.strip() or len(self.languages) == 1:
            return self._last
        evidence = {}
        for code in self.languages:
            mass = self._commands[code].mass(text)
            prose = -math.inf if commands_only else self._prose[code].log_probability(text)
            evidence[code] = _mixed(mass, prose)[0] + (STAYS if code == self._last else 0.0)
        best = max(evidence, key=lambda code: evidence[code])
        return best if evidence[best] > -math.inf else self._last

    def _proposals(self, text: str, code: str, commands_only: bool, count: int) -> list[Completion]:
        prose, log_prob = ([], -math.inf) if commands_only else self._prose[code].complete(text, count)
        commands = self._command_proposals(text, code, count)
        share = 1.0 if commands_only else _mixed(commands.mass, log_prob)[1]
        if not commands.proposals:
            share = 0.0
        return _merged(text, prose, commands, share)[:count]

    def _command_proposals(self, text: str, code: str, count: int) -> CommandProposals:
        own = self.cache.phrases(code) if self.cache else {}
        return self._commands[code].complete(text, count, self._prose[code].begins, own)

    def _why_none(self, text: str, code: str, commands_only: bool) -> str:
        if commands_only:
            if self.grammar.understand(text, code).command:
                return "this is a whole command"
            return f"no command of the grammar ({code}) begins like this"
        word = _LAST_WORD.search(text).group() if text[-1:].strip() else ""  # type: ignore[union-attr]
        return (
            f"no word ({code}) is known that begins with «{word[:LONGEST_WORD]}»" if word else "nothing likely follows"
        )


def open_completer(languages: str = "", grammar: str = "", phrases: str = "") -> Completer:
    """A completer by what a user writes.

    Args:
        languages: codes with commas between; "": all.
        grammar: a file of further phrases; "": the user's own, if there is one.
        phrases: the file of the operator's own phrases; "": the usual one.

    Raises:
        KittError: see `Completer.open`.
    """
    codes = tuple(dict.fromkeys(code.strip() for code in (languages or ",".join(LANGUAGES)).split(",") if code.strip()))
    return Completer.open(codes, own_grammar(grammar), PersonalCache(Path(phrases) if phrases else None))


def _mixed(mass: float, log_prob: float) -> tuple[float, float]:
    """The log-probability of a text as a command or prose, and the share of the commands in it."""
    command = math.log(COMMANDS_SHARE * mass) if mass > 0 else -math.inf
    prose = math.log(1.0 - COMMANDS_SHARE) + log_prob
    best = max(command, prose)
    if best == -math.inf:
        return best, 0.0
    total = math.exp(command - best) + math.exp(prose - best)
    return best + math.log(total), math.exp(command - best) / total


def _merged(text: str, prose: Sequence[ProseProposal], commands: CommandProposals, share: float) -> list[Completion]:
    """Prose and commands in one list; what both propose stands there once.

    The likelier kind goes first: a whole command is less likely than its next word, and worth more.
    """
    spoken = [
        Completion(item.text, item.text[len(text) :], share * item.probability, item.command)
        for item in commands.proposals
    ]
    written = [
        Completion(item.text, item.text[len(text) :], (1.0 - share) * item.probability, "") for item in prose
    ]  # fmt: skip
    first, second = (spoken, written) if share >= 0.5 else (written, spoken)
    merged: dict[str, Completion] = {}
    for item in [*first, *second]:
        if item.score < LEAST:
            continue
        old = merged.get(item.text.casefold())
        if old is None:
            merged[item.text.casefold()] = item
        else:
            merged[item.text.casefold()] = Completion(
                old.text, old.suffix, min(1.0, old.score + item.score), old.command or item.command
            )
    return list(merged.values())


def _no_text(text: str) -> str:
    """Why a text cannot be completed; empty where it can."""
    end = text[-400:]
    strange = next((c for c in end if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and c not in "\n\r\t"), None)
    if strange is not None:
        return f"the text holds the control character U+{ord(strange):04X}"
    if text and not text.strip():
        return ""
    if end and not any(c.isalnum() for c in end):
        return "the text holds no word"
    word = _LAST_WORD.search(end).group()  # type: ignore[union-attr]
    if len(word) > LONGEST_WORD:
        return f"«{word[:12]}…» is too long for a word"
    foreign = next(
        (c for c in word if c.isalpha() and not unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN"))), ""
    )
    return f"«{foreign}» is no Latin letter" if foreign else ""
