"""`kitt explain THING --out report.html`: what a picture, a sound or a text does inside the networks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_console.inside.figures import Section, report
from kitt_console.inside.looks import Looks, style
from kitt_inference.errors import KittError
from kitt_inference.pictures import PICTURES, read_picture


def command(
    thing: Annotated[
        str, typer.Argument(metavar="IMAGE|WAV|TEXT", help="A picture's or a recording's file; else a text.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file to write; needs no network to be read.")] = Path(
        "report.html"
    ),
    lang: Annotated[str, typer.Option(help="Of a text: en, fr or es; else it is found out.")] = "",
    model: Annotated[str, typer.Option(help="Of a picture: the detector, as for `kitt detect`.")] = "auto",
    as_text: Annotated[bool, typer.Option("--text", help="It is a text, whatever it looks like.")] = False,
) -> None:
    """Look inside: filters and feature maps of a picture, gates and memory of a word, the next word of a text."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise KittError(f"{out} is no .html file", "give --out NAME.html")
    title, sections = _look(thing, lang, model, as_text)
    page = report(title, sections, style())
    try:
        out.write_text(page, "utf-8")
    except OSError as error:
        raise KittError(f"{out} cannot be written: {error.strerror}", "give a path that you may write") from error
    print(f"{out}: {title}, {len(page) / 1e6:.1f} MB", file=sys.stderr)


def _look(thing: str, lang: str, model: str, as_text: bool) -> tuple[str, list[Section]]:
    looks = Looks()
    path = Path(thing) if len(thing) < 1024 and "\0" not in thing else None
    suffix = "" if path is None or as_text else path.suffix.lower()
    if path is not None and suffix in PICTURES:
        return f"KITT sees {path.name}", looks.picture(read_picture(path), model)
    from kitt_cli.speech.sound import SUFFIXES

    if path is not None and suffix in SUFFIXES:
        return f"KITT hears {path.name}", looks.sound(_sound(path))
    if path is not None and not as_text and path.is_file():
        kinds = ", ".join(sorted(PICTURES | SUFFIXES))
        raise KittError(f"{path} is neither a picture nor a recording by its name", f"{kinds}; --text for a text")
    return f"KITT reads «{' '.join(thing.split())[:60]}»", looks.text(thing, lang)


def _sound(path: Path) -> Any:
    from kitt_cli.speech.sound import read_all

    return read_all(path, lambda line: print(f"warning: {line}", file=sys.stderr))
