"""The user's own phrases: a small file that is merged over the packaged grammar; docs/your-own-words.md."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kitt_inference.errors import KittError
from kitt_text.lexicon import Phones, Pronunciations, check_phones
from kitt_text.loading import GrammarData, parse, read
from kitt_text.templates import Phrase
from kitt_text.words import plain, tokens

SECTIONS = ("commands", "say")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


@dataclass(frozen=True)
class OwnWords:
    """What a user's file adds: names of new commands, and how its words and phrases are said.

    `accents`: by language, words without accents to how the file writes them.
    """

    commands: frozenset[str] = frozenset()
    say: Mapping[Phrase, Pronunciations] = field(default_factory=dict)
    accents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def user_file() -> Path:
    """Where the user's file lies: `$XDG_CONFIG_HOME/kitt/grammar.yaml`, else `~/.config/kitt/grammar.yaml`."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kitt" / "grammar.yaml"


def merged(packaged: Mapping[str, Any], path: str) -> tuple[GrammarData, OwnWords]:
    """A grammar with a user's file merged over it.

    Args:
        packaged: the grammar as YAML gives it.
        path: the user's file.

    Raises:
        KittError: the file cannot be read, or something in it is wrong; names the place and what to mend.
    """
    given = read(path) or {}
    _check(given, path)
    raw = copy.deepcopy(dict(packaged))
    new = frozenset(map(str, given["commands"])) - frozenset(raw["commands"])
    for name, by_code in given["commands"].items():
        entry = raw["commands"].setdefault(name, {})
        for code, phrases in by_code.items():
            if code not in raw["languages"]:
                known = ", ".join(raw["languages"])
                raise KittError(f"{path}: commands.{name}: no language «{code}»", f"there are {known}")
            entry[code] = [*entry.get(code, []), *phrases]
    try:
        data = parse(raw, optional=new)
    except KittError as error:
        raise KittError(f"{path}: {error.message}", error.remedy) from error
    before = parse(dict(packaged))
    for code, language in data.languages.items():
        for phrase in set(language.phrases) - set(before.languages[code].phrases):
            _sayable(phrase, language.stop_words, path)
    return data, OwnWords(new, _say(given["say"], data, path), _accents(given["commands"]))


def _check(given: Any, path: str) -> None:
    def need(condition: bool, message: str, remedy: str) -> None:
        if not condition:
            raise KittError(f"{path}: {message}", remedy)

    need(isinstance(given, dict), "is not a mapping", "write «commands:» and under it your commands")
    extra = sorted(map(str, set(given) - set(SECTIONS)))
    need(not extra, f"unknown section «{extra[0] if extra else ''}»", f"there are {', '.join(SECTIONS)}")
    commands, say = given.get("commands") or {}, given.get("say") or {}
    given["commands"], given["say"] = commands, say
    need(isinstance(commands, dict), "commands: is not a mapping", "write «name: {en: [phrase, ...]}»")
    for name, by_code in commands.items():
        fits = isinstance(name, str) and bool(_NAME.match(name))
        need(fits, f"commands: «{name}» is no name", "use small letters, digits and _; quote words such as yes, on")
        fits = isinstance(by_code, dict) and bool(by_code)
        need(fits, f"commands.{name}: no phrases", "write «{en: [phrase, ...]}»")
        for code, phrases in by_code.items():
            fits = isinstance(phrases, list) and bool(phrases) and all(isinstance(p, str) for p in phrases)
            need(fits, f"commands.{name}.{code}: is not a list of phrases", "write [phrase, ...]; quote yes, no, on")
    need(isinstance(say, dict), "say: is not a mapping", "write «phrase: [phones, ...]»")


def _sayable(phrase: Phrase, stop_words: frozenset[str], path: str) -> None:
    """A phrase with «stop» in it would stop the car; digits cannot be listened for."""
    for word in phrase:
        if word in stop_words and len(phrase) > 1:
            raise KittError(
                f"{path}: «{' '.join(phrase)}» holds the stop word «{word}», which always stops the car",
                "say it without this word",
            )
        if not word.startswith("{") and not word.isalpha():
            raise KittError(f"{path}: «{' '.join(phrase)}» holds «{word}»", "write numbers out in words")


def _accents(commands: Mapping[str, Mapping[str, list[str]]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for by_code in commands.values():
        for code, phrases in by_code.items():
            words = [word for phrase in phrases for word in re.findall(r"[^\W\d_]+", phrase)]
            found.setdefault(code, {}).update({plain(word): word for word in words if plain(word) != word.lower()})
    return found


def _say(given: Mapping[Any, Any], data: GrammarData, path: str) -> dict[Phrase, Pronunciations]:
    found: dict[Phrase, Pronunciations] = {}
    for text, listed in given.items():
        words = tuple(tokens(str(text)))
        known = len(words) == 1 or any(words in language.phrases for language in data.languages.values())
        if not words or not known:
            raise KittError(f"{path}: say: «{text}» is no phrase of the grammar", "name a phrase as under commands")
        if not isinstance(listed, list) or not listed or not all(isinstance(said, str) for said in listed):
            raise KittError(f"{path}: say: «{text}»: no list of pronunciations", 'write ["k ɪ t", ...]')
        found[words] = tuple(check_phones(tuple(said.split()), f"{path}: say: «{text}»") for said in listed)
    return found


def remember(
    path: Path, command: str, language: str, phrase: str, pronunciations: Sequence[Phones], packaged: Mapping[str, Any]
) -> None:
    """Write a phrase and how it was said into a user's file; the file stays as it was when that is not possible.

    Raises:
        KittError: the file, the command, the phrase or a phone is wrong.
    """
    given: dict[str, Any] = (read(str(path)) or {}) if path.exists() else {}
    _check(given, str(path))
    listed = given["commands"].setdefault(command, {}).setdefault(language, [])
    if phrase not in listed:
        listed.append(phrase)
    said = given["say"].setdefault(phrase, [])
    said += [text for text in (" ".join(phones) for phones in pronunciations) if text not in said]
    if not said:
        del given["say"][phrase]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(yaml.safe_dump(given, allow_unicode=True, sort_keys=False), "utf-8")
    try:
        merged(packaged, str(draft))
    except KittError:
        draft.unlink()
        raise
    draft.replace(path)
