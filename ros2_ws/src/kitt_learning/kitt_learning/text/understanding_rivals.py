"""What the tagger is measured beside: the grammar alone, each word's most frequent tag, and a CRF."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kitt_learning.text.understanding_book import Book
from kitt_learning.text.understanding_data import Maker, Sample
from kitt_learning.text.understanding_prose import as_spoken
from kitt_text.tagger import Span
from kitt_text.tagging import TAGS, shape_of, spans, split
from kitt_text.understanding import Understander

LEARNT = 1500
Answer = Callable[[str, str], tuple[str, tuple[Span, ...]]]


def rivals_of(
    understander: Understander, book: Book, languages: Sequence[str], tell: Callable[[str], None]
) -> Iterator[tuple[str, Answer]]:
    """The rivals by name, learnt from `LEARNT` sentences a language as typed and as many as spoken."""
    yield "grammar alone", _grammar(understander)
    typed: list[Sample] = []
    for code in languages:
        maker = Maker(book, code, "train", 7)
        typed += [maker.sample() for _ in range(LEARNT)]
    yield "most frequent tag", _frequent(typed)
    try:
        import sklearn_crfsuite
    except ImportError:
        tell("no CRF: pip install sklearn-crfsuite")
        return
    yield "CRF (sklearn-crfsuite)", _crf(sklearn_crfsuite, typed)


def _grammar(understander: Understander) -> Answer:
    def answer(text: str, language: str) -> tuple[str, tuple[Span, ...]]:
        got = understander.grammar.understand(text, language)
        words = [word.plain for word in split(text)]
        found = []
        for slot in got.slots:
            said = [word.plain for word in split(slot.text)]
            at = next((a for a in range(len(words)) if said and words[a : a + len(said)] == said), -1)
            if at >= 0:
                found.append((slot.name, at, at + len(said)))
        return got.command or "none", tuple(found)

    return answer


def _frequent(samples: Sequence[Sample]) -> Answer:
    tags: dict[str, Counter[int]] = defaultdict(Counter)
    intents: dict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        for word, tag in zip(split(sample.text), sample.tags, strict=False):
            tags[word.plain][tag] += 1
            intents[word.plain][sample.intent] += 1
    best = {word: counts.most_common(1)[0][0] for word, counts in tags.items()}

    def answer(text: str, language: str) -> tuple[str, tuple[Span, ...]]:
        del language
        words = [word.plain for word in split(text)]
        votes = sum((intents[word] for word in words if word in intents), Counter[str]())
        intent = votes.most_common(1)[0][0] if votes else "none"
        return intent, tuple(spans([max(best.get(word, 0), 0) for word in words]))

    return answer


def _crf(library: Any, samples: Sequence[Sample]) -> Answer:
    rows = [(sample.text, sample) for sample in samples] + [(as_spoken(sample.text), sample) for sample in samples]
    learnt = [(_looks(text), [TAGS[max(tag, 0)] for tag in sample.tags]) for text, sample in rows]
    learnt = [(looks, tags) for looks, tags in learnt if len(looks) == len(tags) and tags]
    model = library.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=50)
    model.fit([looks for looks, _ in learnt], [tags for _, tags in learnt])

    def answer(text: str, language: str) -> tuple[str, tuple[Span, ...]]:
        del language
        looks = _looks(text)
        return "none", tuple(spans([TAGS.index(tag) for tag in model.predict_single(looks)])) if looks else ()

    return answer


def _looks(text: str) -> list[dict[str, Any]]:
    """The usual features: word, prefix, suffix, shape, and the words beside it."""
    words = split(text)
    plain = ["<s>", "<s>", *(word.plain for word in words), "</s>", "</s>"]
    return [
        {"w": plain[at + 2], "p": plain[at + 2][:3], "s": plain[at + 2][-3:], "shape": str(shape_of(word.text)),
         "-1": plain[at + 1], "-2": plain[at], "+1": plain[at + 3], "+2": plain[at + 4],
         "-1w": f"{plain[at + 1]} {plain[at + 2]}"}
        for at, word in enumerate(words)
    ]  # fmt: skip
