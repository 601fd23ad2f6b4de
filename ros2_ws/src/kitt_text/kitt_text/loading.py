"""Reading and checking grammar.yaml: every fault is named with its place and what mends it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from kitt_inference.errors import KittError
from kitt_text.numbers import VALUES, Unit
from kitt_text.templates import Phrase, expand
from kitt_text.words import tokens

SLOTS = ("object", "distance", "angle", "duration", "number")
DIMENSIONS = ("distance", "angle", "duration")
SECTIONS = ("languages", "fillers", "stop_words", "macros", "units", "commands", "objects")
OPTIONAL = ("wake_words",)
WRITTEN = "text"
"""Under this key stand units that are written, but not said."""
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_UNIT = re.compile(r"(?:(\d+(?:\.\d+)?) )?(m|rad|s)\Z")


@dataclass(frozen=True)
class Meaning:
    """A command and the slots that its phrase gives without saying them: (name, value)."""

    command: str
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LanguageData:
    """Everything of one language, ready for look-up.

    Text may hold any language's `units` and `stop_words`; `said_units` and `said_stops` are those that the ears
    listen for in this language.
    """

    code: str
    phrases: Mapping[Phrase, Meaning]
    objects: Mapping[Phrase, str]
    units: dict[str, Unit]
    stop_words: frozenset[str]
    fillers: tuple[Phrase, ...]
    longest_object: int
    said_units: frozenset[str]
    said_stops: frozenset[str]

    def object_at(self, words: Sequence[str], at: int) -> int:
        """Length of the longest object name at `at`, 0 for none."""
        for length in range(min(self.longest_object, len(words) - at), 0, -1):
            if tuple(words[at : at + length]) in self.objects:
                return length
        return 0

    def strip(self, words: Sequence[str]) -> Sequence[str]:
        """Without the polite words before and after; never strips everything."""
        while True:
            for filler in self.fillers:
                size = len(filler)
                if len(words) > size and tuple(words[:size]) == filler:
                    words = words[size:]
                    break
                if len(words) > size and tuple(words[-size:]) == filler:
                    words = words[:-size]
                    break
            else:
                return words


@dataclass(frozen=True)
class GrammarData:
    """A checked grammar file. `names`: class to language to (singular, plural)."""

    languages: Mapping[str, LanguageData]
    commands: tuple[str, ...]
    names: Mapping[str, Mapping[str, tuple[str, str]]]
    wake_words: tuple[Phrase, ...] = ()


def read(path: str | None) -> Any:
    """A grammar file, or the packaged one, as YAML gives it.

    Raises:
        KittError: the file is missing, not UTF-8 or not YAML.
    """
    try:
        text = (
            Path(path).read_text("utf-8")
            if path
            else resources.files(__package__).joinpath("grammar.yaml").read_text("utf-8")
        )
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(
            f"cannot read the grammar {path or 'grammar.yaml'}: {error}", "give a readable UTF-8 file"
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise KittError(
            f"the grammar {path or ''} is not YAML{where}", "mend its quotes, brackets or indentation"
        ) from error


def parse(raw: Any, optional: frozenset[str] = frozenset()) -> GrammarData:
    """Check a grammar as YAML gives it and write its phrases out; `optional` commands may lack languages.

    Raises:
        KittError: a section, language, slot, unit or phrase is wrong or ambiguous.
    """
    _need(isinstance(raw, dict), "the grammar is not a mapping", "see the packaged grammar.yaml")
    for section in SECTIONS:
        _need(section in raw, f"the grammar has no section «{section}»", "add it")
    extra = set(raw) - set(SECTIONS) - set(OPTIONAL)
    _need(
        not extra, f"the grammar has an unknown section «{min(extra, default='')}»", f"there are {', '.join(SECTIONS)}"
    )
    codes = raw["languages"]
    known = isinstance(codes, list) and bool(codes) and all(code in VALUES for code in codes)
    _need(known, f"languages: {codes!r} is not a list of {', '.join(VALUES)}", "name at least one of them")
    _need("stop" in _mapping(raw, "commands"), "commands: there is no «stop»", "add it")
    names = _names(raw, codes)
    languages = {code: _language(raw, code, names, optional) for code in codes}
    spoken = {label: {code: forms[0] for code, forms in by_code.items()} for label, by_code in names.items()}
    return GrammarData(languages, tuple(raw["commands"]), spoken, _wake_words(raw))


def _language(raw: dict[str, Any], code: str, names: dict[str, Any], optional: frozenset[str]) -> LanguageData:
    stop_words, said_stops = _stop_words(raw, code)
    units, said_units = _units(raw, code)
    objects: dict[Phrase, str] = {}
    for label, by_code in names.items():
        for name in [form for forms in by_code[code] for form in forms]:
            words = tuple(tokens(name))
            other = objects.setdefault(words, label)
            _need(other == label, f"objects: «{name}» ({code}) is both {other} and {label}", "keep one of them")
            clash = len(words) == 1 and words[0] in stop_words
            _need(not clash, f"objects: «{name}» ({code}) is a stop word", "use more words for the object")
    fillers = tuple(tuple(tokens(f)) for f in _strings(_of(raw, "fillers", code), f"fillers.{code}"))
    fillers += tuple(wake for wake in _wake_words(raw) if wake not in fillers)
    longest = max((len(o) for o in objects), default=0)
    phrases = _phrases(raw, code, optional)
    return LanguageData(code, phrases, objects, units, stop_words, fillers, longest, said_units, said_stops)


def _wake_words(raw: dict[str, Any]) -> tuple[Phrase, ...]:
    names = _strings(raw["wake_words"], "wake_words") if raw.get("wake_words") else []
    return tuple(tuple(tokens(name)) for name in names)


def _stop_words(raw: dict[str, Any], code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Every language's stop words, and those that are said in one: a list is said in all."""
    given = raw["stop_words"]
    by_code = given if isinstance(given, dict) else dict.fromkeys(raw["languages"], given)
    words = {
        language: frozenset(t for word in _strings(listed, "stop_words") for t in tokens(word))
        for language, listed in by_code.items()
    }
    everything = frozenset().union(*words.values())
    _need(bool(everything), "stop_words: is empty", "name at least one word")
    return everything, words.get(code, frozenset())


def _phrases(raw: dict[str, Any], code: str, optional: frozenset[str]) -> dict[Phrase, Meaning]:
    macros = {name: _plain(_of(raw["macros"], name, code, "macros")) for name in _mapping(raw, "macros")}
    found: dict[Phrase, Meaning] = {}
    for command in _mapping(raw, "commands"):
        if command in optional and code not in raw["commands"][command]:
            continue
        for line in _strings(_of(raw["commands"], command, code, "commands"), f"commands.{command}.{code}"):
            template, _, given = line.partition("=>")
            meaning = Meaning(command, _fixed(given, command))
            for phrase in expand(_plain(template), macros):
                _need(bool(phrase), f"commands.{command}.{code}: «{line}» may be empty", "make a word obligatory")
                for word in phrase:
                    slot = word[1:-1] if word.startswith("{") else ""
                    _need(
                        not slot or slot in SLOTS,
                        f"commands.{command}.{code}: no slot {word}",
                        f"there are {', '.join(SLOTS)}",
                    )
                other = found.setdefault(phrase, meaning)
                _need(
                    other == meaning,
                    f"«{' '.join(phrase)}» ({code}) means both {other.command} and {command}",
                    "leave it to one of them",
                )
    return found


def _plain(template: Any) -> str:
    """A template without accents and apostrophes, as `tokens` makes words."""
    _need(isinstance(template, str), f"{template!r} is not a phrase", "quote it")
    pieces = re.split(r"([()\[\]|]|\{[^}]*\}|<[^>]*>)", template)
    return " ".join(piece if index % 2 else " ".join(tokens(piece)) for index, piece in enumerate(pieces))


def _fixed(given: str, command: str) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(part.strip() for part in item.split(":")) for item in given.split(",") if item.strip()]
    for pair in pairs:
        fits = len(pair) == 2 and pair[0] in SLOTS and bool(pair[1])
        fits = fits and (pair[0] == "object" or bool(_NUMBER.match(pair[1])))
        _need(fits, f"commands.{command}: cannot read «=> {given.strip()}»", "write «=> object: person»")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _units(raw: dict[str, Any], code: str) -> tuple[dict[str, Unit], frozenset[str]]:
    """Every language's unit words, and those that are said in one."""
    found: dict[str, Unit] = {}
    said: set[str] = set()
    for dimension, units in _mapping(raw, "units").items():
        _need(dimension in DIMENSIONS, f"units: no dimension «{dimension}»", f"there are {', '.join(DIMENSIONS)}")
        for measure, words in units.items():
            match = _UNIT.match(str(measure))
            if match is None:
                raise KittError(f"units.{dimension}: cannot read «{measure}»", "write for example «0.01 m»")
            for language, listed in (words if isinstance(words, dict) else {code: words}).items():
                for word in _strings(listed, f"units.{dimension}.{measure}"):
                    plain_word = " ".join(tokens(word))
                    found[plain_word] = Unit(dimension, float(match.group(1) or 1.0), match.group(2))
                    if language == code:
                        said.add(plain_word)
    return found, frozenset(said)


def _names(raw: dict[str, Any], codes: Sequence[str]) -> dict[str, dict[str, list[tuple[str, str]]]]:
    return {
        str(label): {
            code: [
                _forms(name, code)
                for name in _strings(_of(raw["objects"], label, code, "objects"), f"objects.{label}.{code}")
            ]
            for code in codes
        }
        for label in _mapping(raw, "objects")
    }


def _forms(name: str, code: str) -> tuple[str, str]:
    """Singular and plural: as given, or by the language's plain rule."""
    single, _, plural = name.partition("/")
    if not plural:
        sibilant, consonant = single.endswith(("s", "x", "z")), single[-1] in "lrndj"
        endings = {"en": "es" if sibilant else "s", "es": "es" if consonant else "s"}
        plural = single + ("" if sibilant and code != "en" else endings.get(code, "s"))
    return single.strip(), plural.strip()


def _mapping(raw: dict[str, Any], section: str) -> dict[str, Any]:
    value = raw[section]
    _need(isinstance(value, dict), f"{section}: is not a mapping", "see the packaged grammar.yaml")
    return dict(value)


def _of(raw: Any, key: str, code: str, section: str = "") -> Any:
    entry = raw[key]
    where = f"{section}.{key}" if section else key
    _need(
        isinstance(entry, dict) and code in entry,
        f"{where}: no entry for «{code}»",
        "add it; quote words such as yes, no, on",
    )
    return entry[code]


def _strings(value: Any, where: str) -> list[str]:
    fits = isinstance(value, list) and bool(value) and all(isinstance(item, str) and item.strip() for item in value)
    _need(fits, f"{where}: is not a list of words", "write [word, word]; quote words such as yes, no, on")
    return [str(item) for item in value]


def _need(condition: bool, message: str, remedy: str) -> None:
    if not condition:
        raise KittError(message, remedy)
