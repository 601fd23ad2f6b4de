"""What a language model learns from: pieces of words, their numbers in one long row, and how words are capitalised."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece

from kitt_learning.speech.texts import Texts
from kitt_text.grammar import default_grammar

BOS, EOS = 1, 2
COMMANDS = 12_000
"""Commands of the grammar among the training text, so that the model knows how one talks to a car."""
_CAPITALS_SHARE, _CAPITALS_LEAST = 0.75, 4

Pieces = npt.NDArray[np.uint16]


def folded(sentence: str) -> str:
    """The text as the model sees it: compatible forms unified (NFKC), lower case."""
    return unicodedata.normalize("NFKC", sentence).lower()


def commands(language: str, count: int, seed: int = 1) -> list[str]:
    """Commands of the grammar, drawn with repetition, each a document of its own."""
    texts = Texts(language, random.Random(seed), default_grammar(), vocabulary=["-"])
    return [line for _ in range(count) for line in (texts.draw("command").text, "")]


def drawn(sentences: Iterable[str], words: int, seed: int) -> list[str]:
    """Whole documents, in an order drawn by the seed, until there are so many words; "" between documents."""
    found = [list(lines) for told, lines in groupby(sentences, bool) if told]
    random.Random(seed).shuffle(found)
    rows: list[str] = []
    for document in found:
        if words <= 0:
            break
        rows += [*document, ""]
        words -= sum(len(sentence.split()) for sentence in document)
    return rows


def train_pieces(sentences: Iterable[str], size: int, out: Path) -> None:
    """Write `out`, a SentencePiece unigram model with bytes to fall back upon (Kudo, ACL 2018)."""
    # through streams, not by names: the model would keep the path of its text
    with out.open("wb") as sink:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(folded(s) for s in sentences if s), model_writer=sink, vocab_size=size,
            model_type="unigram", character_coverage=0.9998, byte_fallback=True, unk_id=0, bos_id=BOS, eos_id=EOS,
            pad_id=-1, normalization_rule_name="nfkc", split_digits=True, num_threads=1, minloglevel=2,
            input_sentence_size=400_000, shuffle_input_sentence=True, hard_vocab_limit=False,
        )  # fmt: skip


def encode(pieces: sentencepiece.SentencePieceProcessor, sentences: Sequence[str]) -> Pieces:
    """One row: a document begins with BOS, each of its sentences ends with EOS."""
    row: list[int] = []
    fresh = True
    for sentence in sentences:
        if not sentence:
            fresh = True
            continue
        if fresh:
            row.append(BOS)
        fresh = False
        row += [*pieces.encode(folded(sentence)), EOS]
    return np.array(row, np.uint16)


def capitals(sentences: Iterable[str]) -> dict[str, str]:
    """Words that are written with capitals mostly, also within a sentence: «london» is «London», «i» is «I»."""
    seen: dict[str, Counter[str]] = {}
    for sentence in sentences:
        if sentence[:1].islower():
            continue  # some sources know no capitals
        for word in sentence.split()[1:]:
            bare = word.strip(".,;:!?…\"'()«»")
            if bare.replace("'", "").replace("-", "").isalpha():
                seen.setdefault(bare.lower(), Counter())[bare] += 1
    usual = {}
    for low, forms in seen.items():
        form, count = forms.most_common(1)[0]
        if form != low and count >= _CAPITALS_LEAST and count >= _CAPITALS_SHARE * sum(forms.values()):
            usual[low] = form
    return usual
