"""kitt understand: command, slots and language of a sentence."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_cli.text.lines import Line, lines
from kitt_inference.errors import KittError
from kitt_text.grammar import Understanding, own_grammar
from kitt_text.tagging import LANGUAGES
from kitt_text.understanding import Understander

SHOWN = 80


def command(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="A sentence; else lines of input.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en, fr or es; it is found out otherwise.")] = "",
    grammar: Annotated[Path | None, typer.Option(metavar="FILE", help="Further phrases; else the user's own.")] = None,
    model: Annotated[str, typer.Option(help="auto, a folder of models/ or a card.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a sentence, on a line.")] = False,
) -> None:
    """What a sentence means: command, slots in SI units, language and confidence, or why it is no command."""
    if lang and lang not in LANGUAGES:
        raise KittError(f"there is no language {lang}", f"--lang is one of {', '.join(LANGUAGES)}")
    understander = Understander.open(model, own_grammar(str(grammar or "")), strict=model != "auto")
    if understander.fault:
        typer.echo(f"warning: only the grammar: {understander.fault}", err=True)
    for line in [Line(" ".join(text))] if text else lines():
        understood = understander.understand(line.shown, lang)
        if line.fault:
            understood = replace(understood, command="", slots=(), suggestion="", reason=line.fault)
        print(json.dumps(_values(understood), ensure_ascii=False) if as_json else _words(understood), flush=True)


def _values(understood: Understanding) -> dict[str, Any]:
    return {
        "text": understood.text, "command": understood.command, "language": understood.language,
        "confidence": round(understood.confidence, 3), "exact": understood.exact and bool(understood.command),
        "slots": [
            {"name": s.name, "text": s.text, "value": s.value if math.isfinite(s.value) else None, "unit": s.unit,
             "label": s.label}
            for s in understood.slots
        ],
        "suggestion": understood.suggestion, "reason": understood.reason,
    }  # fmt: skip


def _words(understood: Understanding) -> str:
    head = understood.command or f"no command: {understood.reason}"
    if understood.command:
        head += f" ({understood.language}, {understood.confidence:.2f})"
    slots = []
    for slot in understood.slots:
        value = f" = {slot.value:g} {slot.unit}".rstrip() if math.isfinite(slot.value) else ""
        label = f" = {slot.label}" if slot.label and slot.label != slot.text else ""
        slots.append(f"  {slot.name}: {slot.text[:SHOWN]}{value}{label}")
    return "\n".join([head, *slots])
