"""kitt correct: misspelt words mended in their sentence."""

from __future__ import annotations

import json
import sys
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
    from kitt_cli.text.lines import Line, lines
    from kitt_text.correction import Correction, Corrector
    from kitt_text.correction_dictionary import LANGUAGES, cached
    from kitt_text.grammar import own_grammar

    if not text and sys.stdin.isatty():
        raise KittError("there is no text", "kitt correct 'the networc', or a pipe: kitt correct < file.txt")
    corrector = Corrector.open("" if lang == "auto" else lang, grammar=own_grammar())
    told = ""
    if any(not cached(code).is_file() for code in (LANGUAGES if lang == "auto" else (lang,))):
        typer.echo("the first text of a language takes some seconds: its dictionary is made, once", err=True)
    for line in [Line(" ".join(text))] if text else lines():
        found = Correction(line.text, False, 1.0, line.fault, "") if line.fault else corrector.correct(line.text)
        if as_json:
            print(json.dumps(asdict(found) | ({"text": line.shown} if line.fault else {})), flush=True)
            continue
        _write(found.text + line.end)
        if text:
            for edit in found.edits:
                typer.echo(f"{edit.original} -> {edit.replacement} ({edit.confidence:.2f})", err=True)
        if found.reason and found.reason != told and (text or "command" not in found.reason):
            typer.echo(found.reason, err=True)
            told = found.reason


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
