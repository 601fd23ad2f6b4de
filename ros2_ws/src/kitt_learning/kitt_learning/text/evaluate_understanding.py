"""How well slots and intents are found in sentences of families and names that were kept out of training.

`evaluate` gives the figures of models/kitt_understand/card.md: F1 of slots, exact span and type, as conlleval counts
(Tjong Kim Sang and Buchholz, «Introduction to the CoNLL-2000 shared task», 2000); accuracy of intents; and how many
ordinary sentences become commands.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.download import sha256_of
from kitt_learning.text.understanding_book import Book
from kitt_learning.text.understanding_data import Sample, labelled
from kitt_learning.text.understanding_prose import as_spoken, prose
from kitt_learning.text.understanding_rivals import rivals_of
from kitt_text.tagger import Span
from kitt_text.tagging import LANGUAGES, SLOTS, spans, split
from kitt_text.understanding import HARMLESS, Understander

COUNT, MISTAKES, PROSE = 500, 60, 1500
FORMS: dict[str, Callable[[str], str]] = {"typed": str, "spoken": as_spoken}
Answer = tuple[str, tuple[Span, ...]]
"""An intent and the slots."""
Progress = Callable[[str], None]


def evaluate(
    texts: Mapping[str, Sequence[str] | Path] | None = None, languages: Sequence[str] = LANGUAGES,
    rivals: bool = False, progress: Progress | None = None, model: str = "auto", count: int = COUNT, part: str = "test",
) -> dict[str, Any]:  # fmt: skip
    """Figures of the tagger on held-out sentences, as typed and as spoken, and of prose that becomes a command.

    Args:
        texts: by language, ordinary sentences that are no commands, or a file of them, one a line; None: the test
            part of the text corpora in the cache, as far as it is there.
        languages: which languages. rivals: also the grammar alone, the most frequent tag of each word, and a CRF.
        model: see `Tagger.open`. count: sentences a language. part: «dev» to look at mistakes while it is worked on.

    Raises:
        KittError: no network, or no lists of names.
    """
    tell = progress or (lambda line: None)
    understander, book = Understander.open(model), Book()
    samples = [sample for code in languages for sample in labelled(code, count, part, book)]
    tell(f"{len(samples)} sentences")
    found: dict[str, Any] = {
        "model": {"sentences": len(samples), "seed": 1, "book_sha256": sha256_of(Path(book.path))[:12]},
        "network": {form: _measure(samples, _network(understander), change) for form, change in FORMS.items()},
        "confidence": _calibration(samples, understander),
        "prose": {code: _false(understander, code, _prose(texts, code)) for code in languages},
    }
    if rivals:
        for name, answer in rivals_of(understander, book, languages, tell):
            tell(f"rival: {name}")
            found[name] = {form: _measure(samples, answer, change, False) for form, change in FORMS.items()}
    return found


def _prose(texts: Mapping[str, Sequence[str] | Path] | None, code: str) -> Sequence[str]:
    given = (texts or {}).get(code)
    if given is None:
        return prose(code, "test", PROSE)
    return given.read_text("utf-8").splitlines() if isinstance(given, Path) else given


def _network(understander: Understander) -> Callable[[str, str], Answer]:
    def answer(text: str, language: str) -> Answer:
        del language
        reading = understander.read(text)
        return ("", ()) if reading is None else (reading.intent, understander.spans(reading, split(text)))

    return answer


def _measure(
    samples: Iterable[Sample], answer: Callable[[str, str], Answer], change: Callable[[str], str], mistakes: bool = True
) -> dict[str, Any]:
    """F1 in all, by language and by slot, accuracy of intents, time, and what was wrong."""
    right: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    wanted: Counter[tuple[str, str]] = Counter()
    intents: dict[str, list[bool]] = defaultdict(list)
    wrong: list[dict[str, Any]] = []
    took = 0.0
    for sample in samples:
        text = change(sample.text)
        began = time.perf_counter()
        intent, slots = answer(text, sample.language)
        took += time.perf_counter() - began
        gold = set(spans(sample.tags))
        for counter, members in ((right, gold & set(slots)), (given, set(slots)), (wanted, gold)):
            counter.update((sample.language, name) for name, _, _ in members)
        intents[sample.language].append(intent == sample.intent)
        if mistakes and (intent != sample.intent or set(slots) != gold):
            words = [word.text for word in split(text)]
            wrong.append(
                {"text": text, "intent": [sample.intent, intent], "missing": _said(gold - set(slots), words),
                 "wrong": _said(set(slots) - gold, words)}
            )  # fmt: skip

    def f1(keys: Callable[[tuple[str, str]], bool]) -> float:
        r, g, w = (sum(n for key, n in counter.items() if keys(key)) for counter in (right, given, wanted))
        return round(2 * r / max(g + w, 1), 4)

    total = [ok for listed in intents.values() for ok in listed]
    result: dict[str, Any] = {
        "slot_f1": f1(lambda key: True),
        "slots": sum(wanted.values()),
        "by_language": {code: f1(lambda key, code=code: key[0] == code) for code in intents},  # type: ignore[misc]
        "by_slot": {slot: f1(lambda key, slot=slot: key[1] == slot) for slot in SLOTS},  # type: ignore[misc]
        "intent_accuracy": round(float(np.mean(total)), 4),
        "intent_by_language": {code: round(float(np.mean(listed)), 4) for code, listed in intents.items()},
        "ms_a_sentence": round(1e3 * took / max(len(total), 1), 3),
    }
    if mistakes:
        pairs = Counter((w["intent"][0], w["intent"][1]) for w in wrong if w["intent"][0] != w["intent"][1])
        result |= {"mistakes": len(wrong), "confused": [[*pair, n] for pair, n in pairs.most_common(15)]}
        result["mistakes_of_slots"] = [w for w in wrong if w["missing"] or w["wrong"]][:MISTAKES]
        result["mistakes_of_intents"] = [w for w in wrong if not w["missing"] and not w["wrong"]][:MISTAKES]
    return result


def _said(members: Iterable[Span], words: Sequence[str]) -> list[str]:
    return [f"{name}: {' '.join(words[begin:end])}" for name, begin, end in sorted(members, key=lambda s: s[1])]


def _calibration(samples: Sequence[Sample], understander: Understander) -> dict[str, Any]:
    """Confidence against how often intent and all slots are right, in bins; and the expected calibration error."""
    pairs = []
    for sample in samples:
        reading = understander.read(sample.text)
        if reading is not None:
            slots = understander.spans(reading, split(sample.text))
            ok = reading.intent == sample.intent and set(slots) == set(spans(sample.tags))
            pairs.append((reading.confidence, ok))
    bins, error = [], 0.0
    for low in np.arange(0.0, 1.0, 0.2):
        inside = [(c, ok) for c, ok in pairs if low <= c < low + 0.2 or (c >= 1.0 and low > 0.7)]
        if inside:
            said, true = float(np.mean([c for c, _ in inside])), float(np.mean([ok for _, ok in inside]))
            bins.append({"said": round(said, 3), "right": round(true, 3), "sentences": len(inside)})
            error += abs(said - true) * len(inside) / len(pairs)
    return {"bins": bins, "expected_calibration_error": round(error, 4)}


def _false(understander: Understander, code: str, lines: Sequence[str]) -> dict[str, Any]:
    """What ordinary sentences become: commands of the grammar, wishes of the network, suggestions."""
    counts: Counter[str] = Counter()
    shown: list[str] = []
    for line in lines:
        for form, change in FORMS.items():
            got = understander.understand(change(line), code)
            kind = "" if not (got.command or got.suggestion) else "suggestion" if got.suggestion else (
                "grammar" if got.exact else "network")  # fmt: skip
            motion = (
                bool(got.command) and not got.exact and got.command in set(understander.grammar.commands) - HARMLESS
            )
            if kind:
                counts[f"{form} {kind}"] += 1
                if len(shown) < MISTAKES and kind != "grammar":
                    shown.append(f"{got.command or got.suggestion}: {change(line)[:100]}")
            counts["network motion"] += motion
    return {"sentences": len(lines), **counts, "examples": shown}
