"""Labelled recordings and what a recogniser made of them: the manifest, and the figures. Reads no audio."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar, SlotValue

SPLITS = ("test", "dev", "train")
TEST_PERCENT, DEV_PERCENT = 20, 5


@dataclass(frozen=True)
class Clip:
    """One recording, or the part of it from `start_s` to `end_s` [s].

    `words` is the label in plain words; `meaning` what the grammar makes of it, "" where the car should stay silent.
    """

    path: Path
    words: str
    language: str
    meaning: str = ""
    speaker: str = ""
    start_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What was heard in a clip: meanings in order, and how long after the word's end the right one came [s]."""

    clip: Clip
    heard: tuple[str, ...]
    latency_s: float | None = None

    @property
    def verdict(self) -> str:
        """correct, wrong (anything but the label was heard, also beside it) or missed."""
        if any(meaning != self.clip.meaning for meaning in self.heard):
            return "wrong"
        return "correct" if self.heard or not self.clip.meaning else "missed"


@dataclass(frozen=True)
class FalseAccept:
    """A command that nobody said, and where: `at_s` [s] in the file."""

    file: str
    at_s: float
    command: str
    text: str
    language: str
    confidence: float
    label: str = ""


def meaning_of(command: str, slots: Iterable[SlotValue]) -> str:
    """A command with the values said with it as one word: left, number(5), forward(2.5m). Languages share meanings."""
    values = [s.label or (s.text if np.isnan(s.value) else f"{s.value:.4g}{s.unit}") for s in slots]
    return f"{command}({','.join(values)})" if command and values else command


def label_words(label: str) -> str:
    """A label as words: underscores and hyphens are spaces."""
    return " ".join(re.split(r"[\s_-]+", label.strip())).strip()


def label_meaning(grammar: Grammar, label: str, language: str) -> str:
    """What a label means; "" for none, for one the grammar does not know, and for _noise_ and its like."""
    if label.startswith("_"):
        return ""
    only = language if language in grammar.languages else None
    understood = grammar.understand(label_words(label), only)
    if only and understood.language not in ("", only) and understood.command != "stop":
        return ""  # a command in another language only: in its own it is just a word
    return meaning_of(understood.command, understood.slots)


def split_of(speaker: str, licence: str = "") -> str:
    """Test, dev or train, by a hash of the speaker: whoever is tested on was never learnt from, whatever the source.

    Recordings without a free licence are for evaluation only.
    """
    if "none stated" in licence or "GPL" in licence:
        return "test"
    number = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % 100
    return "test" if number < TEST_PERCENT else "dev" if number < TEST_PERCENT + DEV_PERCENT else "train"


def read_manifest(path: Path, grammar: Grammar, keep: Callable[[Mapping[str, str]], bool] | None = None) -> list[Clip]:
    """Clips of a CSV file with the columns path (or file), label, language; start, end, speaker may be there.

    Args:
        path: the CSV file; paths in it are relative to its folder.
        keep: takes a row (column to text), says whether it counts.

    Raises:
        KittError: the file cannot be read, a column is missing or a row is wrong; names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            if not (columns & {"path", "file"}) or "label" not in columns:
                raise KittError(f"the manifest {path} has no columns path and label", "its first line names them")
            clips = []
            for row in reader:
                filled = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
                if keep is None or keep(filled):
                    clips.append(_clip(filled, path, reader.line_num, grammar))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KittError(f"the manifest {path} cannot be read ({error})") from error
    if not clips:
        raise KittError(f"the manifest {path} has no rows" + (" of that kind" if keep else ""))
    return clips


def _clip(row: Mapping[str, str], manifest: Path, line: int, grammar: Grammar) -> Clip:
    name = row.get("path") or row.get("file") or ""
    if not name:
        raise KittError(f"line {line} of {manifest} names no file")
    try:
        start = float(row.get("start") or 0.0)
        end = float(row["end"]) if row.get("end") else None
    except ValueError as error:
        raise KittError(f"line {line} of {manifest}: start and end must be seconds", "write them as 1.25") from error
    if start < 0.0 or (end is not None and end <= start):
        raise KittError(f"line {line} of {manifest}: the part from {start:g} to {end} s is empty")
    label, language = row["label"], row.get("language", "")
    meaning = label_meaning(grammar, label, language)
    return Clip(manifest.parent / name, label_words(label), language, meaning, row.get("speaker", ""), start, end)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Accuracy, misses and confusions over all, by language and by word, with counts.

    The macro average is the mean of the words' accuracies: rare words count as much as frequent ones.
    """
    words: dict[tuple[str, str], list[Outcome]] = {}
    languages: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        words.setdefault((outcome.clip.language, outcome.clip.words), []).append(outcome)
        languages.setdefault(outcome.clip.language, []).append(outcome)
    rows = [
        {"language": language, "word": word, "meaning": row[0].clip.meaning, **_counts(row), "heard": _confusions(row)}
        for (language, word), row in sorted(words.items())
    ]
    return {
        **_counts(outcomes),
        "macro_accuracy": _mean([row["accuracy"] for row in rows]),
        "languages": {
            language: {
                **_counts(row),
                "macro_accuracy": _mean([r["accuracy"] for r in rows if r["language"] == language]),
            }
            for language, row in sorted(languages.items())
        },
        "words": rows,
        "latency": latency([o.latency_s for o in outcomes if o.latency_s is not None]),
    }


def latency(seconds: Sequence[float]) -> dict[str, float | int]:
    """p50, p95 and greatest [ms] of times in s, and how many there were."""
    if not seconds:
        return {"count": 0}
    p50, p95 = np.percentile(np.asarray(seconds) * 1e3, [50, 95])
    row = {"p50_ms": float(p50), "p95_ms": float(p95), "max_ms": max(seconds) * 1e3}
    return {**{key: round(value, 1) for key, value in row.items()}, "count": len(seconds)}


def per_hour(found: Sequence[FalseAccept], seconds: float) -> dict[str, Any]:
    """False accepts as events per hour of audio, by command, and each with what triggered it."""
    hours = seconds / 3600.0
    return {
        "hours": round(hours, 4),
        "events": len(found),
        "per_hour": round(len(found) / hours, 3) if hours > 0 else None,
        "commands": dict(Counter(event.command for event in found).most_common()),
        "triggers": [
            {
                "file": event.file, "at_s": round(event.at_s, 2), "command": event.command, "text": event.text,
                "language": event.language, "confidence": round(event.confidence, 3), "label": event.label,
            }
            for event in found
        ],
    }  # fmt: skip


def _counts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    count = Counter(outcome.verdict for outcome in outcomes)
    total = len(outcomes)
    return {
        "count": total, "correct": count["correct"], "wrong": count["wrong"], "missed": count["missed"],
        "accuracy": round(count["correct"] / total, 4) if total else None,
        "miss_rate": round(count["missed"] / total, 4) if total else None,
    }  # fmt: skip


def _confusions(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """What was heard instead or beside, by how often."""
    wrong = (next(m for m in o.heard if m != o.clip.meaning) for o in outcomes if o.verdict == "wrong")
    return dict(Counter(wrong).most_common())


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
