"""kitt say: a text in KITT's voice, aloud or into a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kitt_inference.errors import KittError


def command(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="What to say; none: standard input.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en, fr or es.")] = "en",
    out: Annotated[Path | None, typer.Option(metavar="FILE.wav", help="Write a WAV file instead of playing.")] = None,
    device: Annotated[str, typer.Option(help="A loudspeaker's name or number, or default.")] = "default",
    voice: Annotated[str, typer.Option(help="auto, or one of kokoro, hibari, pico, espeak.")] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")
    ] = False,
) -> None:
    """Say a text; from a pipe, each line as it comes. What cannot be said is left out, and told on standard error."""
    from kitt_cli.speech.saying import IntoFile, Loud, make_ready
    from kitt_cli.text.lines import Line, lines

    if not text and sys.stdin.isatty():
        raise KittError("there is nothing to say", 'kitt say "Hello", or echo Hello | kitt say')
    make_ready(voice, lang)
    mouth = IntoFile(voice, lang, out) if out is not None else Loud(voice, lang, device)
    with mouth:
        for line in [Line(" ".join(text))] if text else lines():
            if not text and not line.text.strip():
                continue
            reason = line.fault or mouth.say(line.text.strip())
            if reason:
                typer.echo(f"note: {reason}", err=True)
    if as_json:
        print(json.dumps(mouth.report(), ensure_ascii=False))
    elif out is not None:
        print(f"{out}: {mouth.seconds:.1f} s")
