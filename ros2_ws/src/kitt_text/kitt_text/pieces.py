"""Words as pieces: the subword vocabulary of a language model, and which pieces can begin or continue a word.

Unigram pieces with byte fallback (Kudo, «Subword regularization», 2018; the sentencepiece library).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError

Ids = np.ndarray[Any, np.dtype[np.int64]]

UNKNOWN, BEGIN, END = 0, 1, 2
"""Ids of the special pieces: unknown, the beginning of a text, the end of a sentence."""
SPACE = "▁"
INNER = "'-"
"""Signs that may stand within a word."""
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_NO_IDS: Ids = np.empty(0, np.int64)


def normalised(text: str) -> str:
    """As the models read text: compatibility forms joined (NFKC), plain quotes and dashes, lower case."""
    return unicodedata.normalize("NFKC", text.translate(_PLAIN)).lower()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Without accents, letter for letter: as many characters as before."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)


def continues(typed: str, word: str) -> bool:
    """Whether `word` begins as it was typed; a letter typed without its accent stands for the accented one, too."""
    start = word[: len(typed)]
    return start == typed or (
        len(start) == len(typed)
        and all(t in (w, fold(w)) for t, w in zip(typed, start, strict=True))
    )  # fmt: skip


def is_letters(text: str) -> bool:
    """Whether a text is letters and signs within words."""
    return all(letter.isalpha() or letter in INNER for letter in text)


class PieceIndex:
    """Pieces by their beginnings and as they are, without accents."""

    def __init__(self, texts: Sequence[str], ids: Iterable[int]) -> None:
        beginning: dict[str, list[int]] = defaultdict(list)
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._texts = texts
        for number in ids:
            plain = fold(texts[number])
            for length in range(len(plain) + 1):
                beginning[plain[:length]].append(number)
            self._exact[plain].append(number)
        self._beginning = {text: np.array(numbers, np.int64) for text, numbers in beginning.items()}

    def beginning(self, typed: str) -> Ids:
        """The pieces that begin as it was typed, themselves among them."""
        found = self._beginning.get(fold(typed), _NO_IDS)
        if typed.isascii() or not len(found):
            return found
        return np.array([n for n in found if continues(typed, self._texts[n])], np.int64)

    def within(self, typed: str) -> list[tuple[int, str]]:
        """The pieces that the typed text begins with, and what is left of it, never nothing."""
        return [
            (number, typed[length:])
            for length in range(len(typed))
            for number in self._exact.get(fold(typed[:length]), ())
            if continues(typed[:length], self._texts[number])
        ]


class Pieces:
    """The vocabulary of a sentencepiece model; may be used from any thread.

    Attributes:
        texts: what each piece writes, without the sign for the space.
        ends_word: (V,) whether a piece that follows a word leaves it: a space, a sentence's end, punctuation.
        starting, following: letters that can begin a word, and that can go on in one.
    """

    def __init__(self, path: Path) -> None:
        """Read the model.

        Raises:
            KittError: the file is missing, damaged, or has other special pieces.
        """
        import sentencepiece

        if not path.is_file():
            raise KittError(f"{path} is missing", "it belongs to the checkout: `git checkout models`")
        try:
            self._model: Any = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except Exception as error:  # the library raises RuntimeError and OSError, by version
            reason = str(error).splitlines()[0]
            raise KittError(f"{path} is no sentencepiece model ({reason})", "`git checkout models`") from error
        if (self._model.unk_id(), self._model.bos_id(), self._model.eos_id()) != (UNKNOWN, BEGIN, END):
            raise KittError(f"{path} has other special pieces than unk 0, bos 1, eos 2", "export the model anew")
        size = self._model.get_piece_size()
        written = [self._model.id_to_piece(number) for number in range(size)]
        special = [
            self._model.is_control(n) or self._model.is_unknown(n) or self._model.is_byte(n) or self._model.is_unused(n)
            for n in range(size)
        ]
        self.texts = [piece.removeprefix(SPACE) for piece in written]
        starts = [piece.startswith(SPACE) for piece in written]
        self.ends_word = np.array(
            [n == END or starts[n] or not (special[n] or _inside(self.texts[n])) for n in range(size)], bool
        )
        word = [not special[n] and is_letters(self.texts[n]) for n in range(size)]
        self.starting = PieceIndex(self.texts, (n for n in range(size) if word[n] and starts[n]))
        self.following = PieceIndex(self.texts, (n for n in range(size) if word[n] and not starts[n] and self.texts[n]))
        # The first pieces of words of letters; a lone space may be followed by anything.
        self._encode = lru_cache(maxsize=8192)(self._encoded)

    def __len__(self) -> int:
        return len(self.texts)

    def encode(self, text: str) -> tuple[int, ...]:
        """The pieces of a text; words parted by spaces are encoded apart, which gives the same."""
        return tuple(piece for word in normalised(text).split() for piece in self._encode(word))

    def _encoded(self, word: str) -> tuple[int, ...]:
        return tuple(self._model.encode(word.encode("utf-8", "replace").decode()))  # halves of pairs are no text


def _inside(text: str) -> bool:
    """Whether a piece without a space belongs to the word before it."""
    return bool(text) and (text[0].isalnum() or text[0] in INNER)
