"""What the synthetic voices say: commands of the grammar, single words, near misses, random words and sentences.

`Line.text` is the label (plain words, lower case, accents kept, no apostrophes or hyphens: the tokens that the
grammar knows); `Line.spoken` is the same spelt as an engine reads it best.
"""

from __future__ import annotations

import hashlib
import html
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from kitt_inference.errors import KittError
from kitt_learning.speech.spelling import LARGEST, number_words
from kitt_text.grammar import Grammar

LANGUAGES = ("en", "fr", "es")
KINDS = {"command": 0.40, "word": 0.09, "number": 0.06, "random": 0.25, "sentence": 0.15, "near_miss": 0.05}
"""Share of each kind in the clips."""
FILLER_SHARE = 0.25
FREQUENT_WORDS = 20_000
TEST_SENTENCES = 10
"""One sentence in so many is kept for testing, by its hash."""

_UNITS = {
    "distance": {"en": ["meter meters", "meter meters", "centimeter centimeters", "foot feet", "metre metres"],
                 "fr": ["mètre mètres", "mètre mètres", "centimètre centimètres"],
                 "es": ["metro metros", "metro metros", "centímetro centímetros"]},
    "angle": {"en": ["degree degrees"], "fr": ["degré degrés"], "es": ["grado grados"]},
    "duration": {"en": ["second seconds", "second seconds", "minute minutes"],
                 "fr": ["seconde secondes", "seconde secondes", "minute minutes"],
                 "es": ["segundo segundos", "segundo segundos", "minuto minutos"]},
}  # fmt: skip
_VALUES = {
    "centim": [5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 100, 150, 200],
    "angle": [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 75, 80, 90, 100, 110, 120, 135, 150, 160, 180, 270, 360],
}
_HALVES = {"en": "half a", "fr": "un demi", "es": "medio"}
_FEMININE = ("seconde", "minute")
_VOWELS = "aeiouyhàâäéèêëîïôöùûüœáíóú"
_WORD = re.compile(r"[a-zà-öø-ÿœ]+\Z")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\s*[,;:()«»—]\s*|\s-+\s")
"""Also at commas and brackets: whole sentences of books are too long."""
_STRANGE = re.compile(r"[^a-zà-öø-ÿœ,;:.!?…¿¡«»\"“”()’' -]")


@dataclass(frozen=True)
class Line:
    """One thing to say."""

    text: str
    spoken: str
    language: str
    kind: str


@lru_cache(maxsize=1)
def lists() -> dict[str, Any]:
    """The packaged word lists (texts.yaml)."""
    read: dict[str, Any] = yaml.safe_load(resources.files(__package__).joinpath("texts.yaml").read_text("utf-8"))
    return read


def plain(text: str) -> str:
    """The label of a written text: lower case words without punctuation, apostrophes and hyphens as spaces."""
    return " ".join(re.findall(r"[a-zà-öø-ÿœ]+", text.lower().replace("’", "'")))


def accented(text: str, language: str) -> str:
    """Words of the grammar (without accents) as they are spelt."""
    words = lists()["accents"][language]
    return _replace(" ".join(words.get(word, word) for word in text.split()), lists()["phrases"][language])


def spoken(text: str, language: str) -> str:
    """A label as engines read it best: with the French apostrophes and English short forms."""
    text = _replace(text, lists()["spoken"][language])
    if language == "fr":
        letters = "|".join(lists()["elisions"])
        text = re.sub(rf"\b({letters}) (?=[{_VOWELS}])", r"\1'", text)
    return text


def _replace(text: str, changes: Mapping[str, str]) -> str:
    padded = f" {text} "
    for old, new in changes.items():
        padded = padded.replace(f" {old} ", f" {new} ")
    return padded.strip()


class Texts:
    """Draws lines of one language; the same generator state gives the same lines.

    Args:
        language: "en", "fr" or "es".
        rng: where chance comes from.
        grammar: whose commands to say.
        sentences: see `sentences`; without any, random words take their place.
        vocabulary: frequent words of the language; None takes them from wordfreq.
    """

    def __init__(
        self,
        language: str,
        rng: random.Random,
        grammar: Grammar,
        sentences: Sequence[str] = (),
        vocabulary: Sequence[str] | None = None,
    ) -> None:
        if language not in LANGUAGES:
            raise KittError(f"no texts in language {language!r}", f"one of {', '.join(LANGUAGES)}")
        self.language, self._rng, self._sentences = language, rng, sentences
        self._vocabulary = frequent_words(language) if vocabulary is None else list(vocabulary)
        data = grammar.data.languages[language]
        self._phrases: dict[str, list[str]] = {}
        for phrase, command in grammar.phrases(language):
            self._phrases.setdefault(command, []).append(phrase)
        self._objects: dict[str, list[str]] = {}
        for words, label in data.objects.items():
            self._objects.setdefault(label, []).append(" ".join(words))
        self._accents = {plain_name: name for name, plain_name in _object_spellings(language)}
        self._fillers = [" ".join(filler) for filler in data.fillers]

    def draw(self, kind: str | None = None) -> Line:
        """One line of a kind, or of a kind by its share."""
        kind = kind or self._rng.choices(list(KINDS), list(KINDS.values()))[0]
        makers: dict[str, Callable[[], str]] = {
            "command": self._command,
            "word": lambda: self._rng.choice(lists()["words"][self.language]),
            "number": self._number,
            "random": self._random,
            "sentence": lambda: self._rng.choice(self._sentences) if self._sentences else self._random(),
            "near_miss": lambda: self._rng.choice(lists()["near_misses"][self.language]),
        }
        if kind not in makers:
            raise KittError(f"no kind of text {kind!r}", f"one of {', '.join(KINDS)}")
        text = makers[kind]()
        if kind == "sentence" and self._sentences:  # keeps its commas and apostrophes for the engine
            return Line(plain(text), text, self.language, kind)
        return Line(plain(text), spoken(text.lower(), self.language), self.language, kind)

    def _random(self) -> str:
        return " ".join(self._rng.choices(self._vocabulary, k=self._rng.choice((1, 2, 2, 3, 3, 4))))

    def _number(self) -> str:
        small = self._rng.random() < 0.75
        return number_words(self._rng.randint(0, 20 if small else LARGEST), self.language)

    def _command(self) -> str:
        for _ in range(50):
            text = self._one_command()
            if not self._badly_elided(text):
                break
        return text

    def _one_command(self) -> str:
        phrases = self._phrases[self._rng.choice(list(self._phrases))]
        bare = [phrase for phrase in phrases if "{" not in phrase]
        phrase = self._rng.choice(bare if bare and self._rng.random() < 0.5 else phrases)
        text = accented(phrase, self.language)
        text = re.sub(r"\{([a-z]+)\}", lambda mark: self._slot(mark.group(1), text), text)
        if self._rng.random() < FILLER_SHARE:
            filler = accented(self._rng.choice(self._fillers), self.language)
            text = f"{filler} {text}" if self._rng.random() < 0.6 else f"{text} {filler}"
        return text

    def _slot(self, name: str, phrase: str) -> str:
        if name == "object":
            label = self._rng.choice(list(self._objects))
            names = self._objects[label]
            chosen = self._rng.choice(names)
            return self._accents.get(chosen, accented(chosen, self.language))
        if name == "number":
            return number_words(self._rng.randint(1, 20), self.language)
        one, many = self._rng.choice(_UNITS[name][self.language]).split()
        if name != "angle" and not one.startswith("centi") and self._rng.random() < 0.08:
            half = _HALVES[self.language]
            return f"{'une demi' if half == 'un demi' and one in _FEMININE else half} {one}"
        key = "angle" if name == "angle" else "centim" if one.startswith("centi") else ""
        value = (
            self._rng.choice(_VALUES[key])
            if key
            else self._rng.choice((1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30))
        )
        feminine = self.language == "fr" and one in _FEMININE
        return (
            f"{number_words(value, self.language, before_noun=True, feminine=feminine)} {one if value == 1 else many}"
        )

    def _badly_elided(self, text: str) -> bool:
        """Whether French says it otherwise: «l voiture», «le avion»."""
        if self.language != "fr":
            return False
        pairs = list(zip(text.split(), text.split()[1:], strict=False))
        return any(
            (a in lists()["elisions"] and b[0] not in _VOWELS) or (a in ("le", "la", "de", "ce") and b[0] in "aeiouéèê")
            for a, b in pairs
            if a != "t"
        )


@lru_cache(maxsize=3)
def _object_spellings(language: str) -> list[tuple[str, str]]:
    """(as the grammar file spells it, without accents) of every object name."""
    from kitt_text.words import tokens

    raw = yaml.safe_load(resources.files("kitt_text").joinpath("grammar.yaml").read_text("utf-8"))
    names = [form for by_code in raw["objects"].values() for name in by_code[language] for form in name.split("/")]
    return [(accented(name, language), " ".join(tokens(name))) for name in names]


@lru_cache(maxsize=3)
def frequent_words(language: str) -> list[str]:
    """The words among the most frequent of a language that an engine can read as words."""
    import wordfreq

    found = wordfreq.top_n_list(language, FREQUENT_WORDS)
    vowels = set("aeiouyàâäéèêëîïôöùûüœáíóú")
    return [w for w in found if len(w) > 2 and _WORD.match(w) and vowels & set(w) and not set(w) <= vowels]


def sentences(folder: Path | None, language: str, split: str) -> list[str]:
    """Sentences of 3 to 12 words from the .txt and .html files of `folder`/`language` and from chatterbot-corpus.

    Sentences with digits, abbreviations or English apostrophes (whose label would be unsure) are left out; one in
    `TEST_SENTENCES` belongs to the split "test", the others to "train".
    """
    texts = [_read(path) for path in sorted((folder / language).glob("*.*"))] if folder else []
    found = {clean for text in [*_conversations(language), *texts] for clean in _clean(text, language)}
    return sorted(s for s in found if (_hash(s) % TEST_SENTENCES == 0) == (split == "test"))


def _hash(text: str) -> int:
    return int(hashlib.sha1(text.encode()).hexdigest()[:8], 16)


def _read(path: Path) -> str:
    text = path.read_text("utf-8", errors="replace")
    if path.suffix == ".html":
        paragraphs = re.findall(r"<(?:p|div class=\"para\")[^>]*>(.*?)<(?:/p|/div|div|pre|ul)", text, re.S)
        text = "\n\n".join(html.unescape(re.sub(r"<[^>]*>", "", p)) for p in paragraphs)
    return text


def _conversations(language: str) -> Iterable[str]:
    try:
        import chatterbot_corpus
    except ImportError:
        return []
    folder = (
        Path(chatterbot_corpus.__file__).parent / "data" / {"en": "english", "fr": "french", "es": "spanish"}[language]
    )
    files = (yaml.safe_load(path.read_text("utf-8")) for path in sorted(folder.glob("*.yml")))
    return [str(line) for data in files for talk in data["conversations"] for line in talk]


def _clean(text: str, language: str) -> Iterable[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        for sentence in _SENTENCE.split(" ".join(paragraph.split())):
            low = sentence.strip(' "«»“”()').lower().replace("’", "'")
            names = re.search(r"[a-zà-ÿ] [A-Z][A-Z]|[A-Z]{2}", sentence)
            if names or _STRANGE.search(low) or (language != "fr" and "'" in low) or not low:
                continue
            words = plain(low).split()
            lone = [
                w
                for w in words
                if len(w) == 1 and w not in ("a", "i", "à", "y", "o", "e", "ó", "é", *lists()["elisions"])
            ]
            if 3 <= len(words) <= 12 and not lone and "." not in low[:-1] and _is_in(words, language):
                yield low


def _is_in(words: Sequence[str], language: str) -> bool:
    """Whether words are of the language: translated books hold passages that are not."""
    import wordfreq

    def usual(code: str) -> float:
        return sum(float(wordfreq.zipf_frequency(word, code)) for word in words) / len(words)

    own = usual(language)
    return own > 3.5 and all(own >= usual(code) for code in LANGUAGES if code != language)
