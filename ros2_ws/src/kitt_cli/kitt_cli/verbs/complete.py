"""kitt complete: what a text may go on with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kitt_inference.errors import KittError

if TYPE_CHECKING:
    from kitt_text.completion import Completions


def command(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The text so far; none or -: lines of standard input.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en, fr or es; else it is found out.")] = "",
    commands: Annotated[bool, typer.Option("--commands", help="Only what the command grammar accepts.")] = False,
    count: Annotated[int, typer.Option(min=1, max=20, help="At most so many proposals.")] = 3,
    learn: Annotated[
        str, typer.Option(metavar="PHRASE", help="Learn a phrase of yours; several with commas are a routine.")
    ] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Forget all phrases of yours and the routine.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Propose continuations with their probabilities, as you type: next words, and whole commands. Moves nothing."""
    from kitt_cli.text.lines import Line, lines
    from kitt_text.completion import Completions, open_completer

    if forget or learn:
        if text is not None or (forget and learn):
            raise KittError("--learn and --forget stand alone", "kitt complete --learn «open the garage» --lang en")
        _remember(learn, lang, as_json)
        return
    completer = open_completer(lang)
    if completer.cache and completer.cache.warning:
        typer.echo(f"warning: {completer.cache.warning}", err=True)
    results = []
    alone = text not in (None, "-")
    for line in [Line(text or "")] if alone else lines():
        fault = Completions((), lang, line.fault)
        found = fault if line.fault else completer.complete(line.text, lang, commands, count)
        if as_json:
            results.append(_plain(line.shown, found))
        else:
            _show(line.shown, found, alone)
    if as_json:
        print(json.dumps(results[0] if alone else {"results": results}))


def _remember(phrase: str, lang: str, as_json: bool) -> None:
    from kitt_text.completion import open_completer
    from kitt_text.habits import taught
    from kitt_text.personal import PersonalCache
    from kitt_text.routine import Routine

    cache, routine = PersonalCache(), Routine()
    if "," in phrase:
        events = taught(phrase)
        routine.teach(events)
        told = f"learnt a routine of {len(events)}: {', then '.join(events)}"
    elif phrase:
        code = lang or open_completer().language_of(phrase)
        if code not in ("en", "fr", "es"):
            raise KittError(f"there is no language «{code}»", "there are en, fr, es")
        if not cache.learn(phrase, code):
            raise KittError(f"«{phrase[:40]}» is no phrase to learn", "give words, at most 400 characters")
        told = f"learnt ({code}): {phrase}"
    else:
        told = f"forgot {len(cache)} phrases and a routine of {routine.forget()} events"
        cache.clear()
    print(json.dumps({"phrases": len(cache), "file": str(cache.path)}) if as_json else told)


def _plain(line: str, found: Completions) -> dict[str, Any]:
    proposals = [
        {"text": item.text, "suffix": item.suffix, "score": round(item.score, 4), "command": item.command}
        for item in found.completions
    ]
    return {"text": line, "language": found.language, "completions": proposals, "reason": found.reason}


def _show(line: str, found: Completions, alone: bool) -> None:
    if not found.completions:
        typer.echo(found.reason if alone else f"{line[:60]}: {found.reason}", err=True)
    for item in found.completions:
        command_name = f"\t{item.command}" if item.command else ""
        print(f"{item.score:.3f}\t{item.text}{command_name}")
    if not alone:
        print()
