"""kitt correct: misspelt words mended in their sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from kitt_inference.errors import KittError


def command(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="The text; else standard input.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en, fr, es; auto finds it out for each line.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object, with each change; a line a line.")] = False,
) -> None:
    """Mend misspelt words and near misses of commands; names, numbers and right words stay. Reads lines from a pipe."""
    from kitt_text.correction import Corrector
    from kitt_text.grammar import own_grammar

    if not text and sys.stdin.isatty():
        raise KittError("there is no text", "kitt correct 'the networc', or a pipe: kitt correct < file.txt")
    corrector = Corrector.open("" if lang == "auto" else lang, grammar=own_grammar())
    told = ""
    for line, end in [(" ".join(text), "\n")] if text else _lines():
        found = corrector.correct(line)
        if as_json:
            print(json.dumps(asdict(found)), flush=True)
            continue
        _write(found.text + end)
        if text:
            for edit in found.edits:
                typer.echo(f"{edit.original} -> {edit.replacement} ({edit.confidence:.2f})", err=True)
        if found.reason and found.reason != told and (text or "command" not in found.reason):
            typer.echo(found.reason, err=True)
            told = found.reason


def _lines() -> Iterator[tuple[str, str]]:
    """The lines of standard input and their ends; bytes that are no UTF-8 pass through."""
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "surrogateescape")
        body = line.rstrip("\r\n")
        yield body, line[len(body) :]


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
