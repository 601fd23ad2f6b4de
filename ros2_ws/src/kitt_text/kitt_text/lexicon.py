"""How words are said: a pronunciation lexicon a language, and a network for the words that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import resources

from kitt_inference.errors import KittError
from kitt_text import g2p
from kitt_text.phones import INDEX
from kitt_text.words import plain

LANGUAGES = ("en", "fr", "es")

Phones = tuple[str, ...]
Pronunciations = tuple[Phones, ...]


class Lexicon:
    """The words of one language and their pronunciations; immutable, so that any thread may use it."""

    def __init__(
        self, language: str, entries: Mapping[str, str], unknown: Callable[[str, str], Pronunciations] | None = None
    ) -> None:
        """`entries`: word to its phones, parted by spaces, variants by tabs. `unknown`: says the other words."""
        self.language = language
        self._entries = entries
        self._unknown = unknown

    @classmethod
    @lru_cache(maxsize=len(LANGUAGES))
    def load(cls, language: str) -> Lexicon:
        """The packaged lexicon of «en», «fr» or «es», loaded once.

        Raises:
            KittError: there is none for the language.
        """
        if language not in LANGUAGES:
            raise KittError(f"there is no lexicon for «{language}»", f"there are {', '.join(LANGUAGES)}")
        text = resources.files(__package__).joinpath(f"data/lexicon_{language}.txt").read_text("utf-8")
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        return cls(language, dict(line.split("\t", 1) for line in lines), g2p.pronounce)

    @property
    def words(self) -> Iterable[str]:
        """All words of the lexicon."""
        return self._entries.keys()

    def extended(self, said: Mapping[str, Pronunciations]) -> Lexicon:
        """With other pronunciations put before the known ones; a key may also be a phrase."""
        more = {}
        for word, first in said.items():
            known = self.pronounce(word) if word in self else ()
            more[word] = "\t".join(" ".join(phones) for phones in dict.fromkeys((*first, *known)))
        return Lexicon(self.language, {**self._entries, **more}, self._unknown) if more else self

    def __contains__(self, word: str) -> bool:
        """Whether the word stands in the lexicon, with its accents or without."""
        return word.lower() in self._entries or plain(word) in self._entries

    def pronounce(self, word: str) -> Pronunciations:
        """The pronunciations of a word, best first.

        Args:
            word: one word, as `words.tokens` makes it (no accents) or with accents.

        Raises:
            KittError: the word has no letters, or is unknown and the network for such words is missing.
        """
        entry = self._entries.get(word.lower()) or self._entries.get(plain(word))
        if entry is not None:
            return tuple(tuple(variant.split(" ")) for variant in entry.split("\t"))
        if not any(c.isalpha() for c in word):
            raise KittError(f"«{word}» is no word", "write numbers and signs out in words")
        if self._unknown is None:
            raise KittError(f"the {self.language} lexicon has no «{word}»", "use another word")
        return self._unknown(word, self.language)


def check_phones(phones: Phones, what: str) -> Phones:
    """`phones`, if all of them stand in the inventory.

    Raises:
        KittError: `what` has an unknown phone, or none.
    """
    wrong = next((phone for phone in phones if phone not in INDEX or phone == "<blank>"), None)
    if wrong is not None or not phones:
        raise KittError(f"{what}: there is no phone «{wrong or ''}»", "write phones of kitt_text.phones, with spaces")
    return phones
