"""kitt teach: a phrase of the user's own, by a few recordings; no training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kitt_inference.errors import KittError


def command(
    phrase: Annotated[str, typer.Argument(help="What will be said, in its language's spelling.")],
    name: Annotated[
        str, typer.Option("--command", help="The command it gives; else the grammar's, or one named after it.")
    ] = "",
    recordings: Annotated[
        list[Path] | None, typer.Option("--from", metavar="WAV", help="A recording of it; three or more.")
    ] = None,
    mic: Annotated[str, typer.Option("--mic", metavar="DEVICE", help="Without --from: the microphone.")] = "default",
    times: Annotated[int, typer.Option(min=3, max=10, help="How often it is said to the microphone.")] = 4,
    lang: Annotated[str, typer.Option(help="Its language: en, fr or es.")] = "en",
    grammar: Annotated[Path | None, typer.Option(metavar="FILE", help="Your file; else the usual place.")] = None,
    model: Annotated[str, typer.Option(help="auto, a folder of models/, a card or an ONNX file.")] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Also when it sounds like another phrase.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Add a phrase that the car will understand, said the way you say it; shows how well it is heard."""
    from kitt_cli.speech import teaching

    lesson = teaching.Lesson(phrase, name, lang, grammar, model)
    if recordings:
        samples = teaching.from_files(recordings)
    else:
        samples = teaching.from_microphone(mic, phrase, times, lambda line: typer.echo(line, err=True))
    report = lesson.teach(samples, force)
    if as_json:
        print(json.dumps(report))
    else:
        _show(report)
    if not report["written"]:
        nearest = report["nearest"][0]
        raise KittError(
            f"«{phrase}» sounds too much like «{nearest['phrase']}» ({nearest['command']})",
            "choose other words, or add --force",
        )


def _show(report: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("recording", "heard as", "confidence", "agreement", title=f"«{report['phrase']}» → {report['command']}")
    for row in report["recordings"]:  # type: ignore[attr-defined]
        confidence = "" if row["confidence"] is None else f"{row['confidence']:.2f}"
        table.add_row(row["name"], row["heard"] or "nothing", confidence, f"{row['agreement']:.2f}")
    console.print(table)
    console.print("said: " + "; ".join(report["pronunciations"]))  # type: ignore[arg-type]
    for neighbour in report["nearest"]:  # type: ignore[attr-defined]
        console.print(
            f"nearest: «{neighbour['phrase']}» ({neighbour['command']}), {neighbour['distance']:.0%} of its sounds differ"
        )
    if report["written"]:
        console.print(f"written into {report['file']}", soft_wrap=True)
