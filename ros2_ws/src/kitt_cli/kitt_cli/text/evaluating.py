"""What `kitt eval text` does: one part of the words measured, on the corpora's test part or a user's own files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kitt_cli.text.parts import LANGUAGES, MEASURED, checked
from kitt_inference.errors import KittError

Progress = Callable[[str, int, int], None]


def evaluate(files: Sequence[Path], languages: str, part: str, rivals: bool, progress: Progress) -> dict[str, Any]:
    """The figures of a part.

    Raises:
        KittError: a file, a language or a part is not there, or the part cannot be measured here.
    """
    checked(part, MEASURED, "part")
    codes = list(dict.fromkeys(checked(code.strip(), LANGUAGES, "language") for code in languages.split(",")))
    if files and len(codes) > 1:
        raise KittError("files are in one language", "give it, as --lang en")
    if part == "voice":
        if files:
            raise KittError("the voice is measured on its own ten answers", "leave the files away")
        from kitt_cli.speech.judging import judge_voices
        from kitt_voice.speech.voices import CHOICES

        return judge_voices(codes, CHOICES if rivals else CHOICES[:1], progress)
    texts = {codes[0]: [line for file in files for line in [*_lines(file), ""]]} if files else None
    try:
        module = importlib.import_module(f"kitt_learning.text.evaluate_{part}")
    except ModuleNotFoundError as error:
        raise KittError(f"{part} cannot be measured: {error.name} is missing", "`./kitt setup`") from error
    tell = progress if part == "completion" else lambda line: progress(line, 0, 0)
    found: dict[str, Any] = module.evaluate(texts, codes, rivals, tell)
    return found


def _lines(file: Path) -> list[str]:
    """A text file's lines: a sentence each, an empty one between documents.

    Raises:
        KittError: it is missing, not UTF-8, or empty.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(f"{file} cannot be read ({error})", "give a UTF-8 text file, a sentence a line") from error
    if not any(line.strip() for line in lines):
        raise KittError(f"{file} is empty", "give a UTF-8 text file, a sentence a line")
    return lines


def show(found: Mapping[str, Any], console: Any) -> None:
    """Figures as tables, a column for each mapping; then lists, such as mistakes, an entry a line."""
    from rich.table import Table

    for title, rows in _tables(found, ""):
        table = Table("", *rows, title=title)
        for figure in dict.fromkeys(name for row in rows.values() for name in row):
            table.add_row(figure.replace("_", " "), *(_cell(row.get(figure)) for row in rows.values()))
        console.print(table)
    for title, entries in _lists(found, ""):
        console.print(f"{title.replace('_', ' ')}:", markup=False)
        for entry in entries:
            line = entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)
            console.print(f"  {line}", soft_wrap=True, markup=False, highlight=False)
    for name, value in found.items():
        if not isinstance(value, (Mapping, list)):
            console.print(f"{name}: {value}", soft_wrap=True)


def _tables(found: Mapping[str, Any], path: str) -> list[tuple[str, dict[str, Mapping[str, Any]]]]:
    inner = {str(key): value for key, value in found.items() if isinstance(value, Mapping)}
    rows = {key: {n: v for n, v in value.items() if not isinstance(v, (Mapping, list))} for key, value in inner.items()}
    tables: list[tuple[str, dict[str, Mapping[str, Any]]]] = []
    if any(rows.values()):
        tables.append((path, {key: row for key, row in rows.items() if row}))
    for key, value in inner.items():
        tables += _tables(value, _joined(path, key))
    return tables


def _lists(found: Mapping[str, Any], path: str) -> Iterator[tuple[str, list[Any]]]:
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from _lists(value, _joined(path, key))
        elif isinstance(value, list):
            yield _joined(path, key), value


def _joined(path: str, key: str) -> str:
    return f"{path}, {key}" if path else key


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
