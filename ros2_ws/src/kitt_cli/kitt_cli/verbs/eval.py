"""kitt eval: figures on the user's own data."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kitt_inference.errors import KittError

app = typer.Typer(help="Figures on your own data.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Figures on your own data."""


@app.command()
def detector(
    annotations: Annotated[Path, typer.Option(help="Boxes in COCO's JSON format.")],
    images: Annotated[Path, typer.Option(help="The folder that the photographs' names start from.")],
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    backend: Annotated[str, typer.Option(help="auto or a backend's name.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: the backend's choice.")] = 0,
    cat_ids: Annotated[str, typer.Option(help="Only these categories, as 10,13.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """COCO's average precision of a detector (score from 0.01, suppression at IoU 0.6, at most 100 boxes a picture)."""
    from kitt_cli.verbs.models import fetch_progress
    from kitt_inference import evaluation, zoo
    from kitt_inference.detection import ObjectDetector
    from kitt_inference.session import open_session

    categories = _numbers(cat_ids)
    with fetch_progress() as report:
        resolved = zoo.resolve(model, report)
    session = open_session(resolved.file, backend, threads)
    subject = ObjectDetector(
        resolved.card,
        session,
        score=evaluation.SCORE,
        nms_iou=evaluation.NMS_IOU,
        max_detections=evaluation.MAX_DETECTIONS,
    )
    with fetch_progress() as report:
        result = evaluation.evaluate(
            subject, annotations, images, categories, lambda done, total: report("photographs", done, total)
        )
    figures = {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(result).items()}
    if as_json:
        setting = {"model": resolved.card.name, "model_sha256": resolved.card.sha256, "backend": session.backend}
        print(json.dumps({**setting, "annotations": str(annotations), **figures}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value", title=f"{resolved.card.name} on {result.images} photographs, {result.boxes} boxes")
    for key, value in figures.items():
        table.add_row(key, ", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
    Console().print(table)


@app.command()
def speech(
    manifest: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Clips: path, label, language; start, end, speaker optional.")
    ] = None,
    stream: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Long recordings without commands; may be repeated.")
    ] = None,
    grammar: Annotated[Path | None, typer.Option(metavar="FILE", help="Further phrases; else the user's own.")] = None,
    lang: Annotated[str, typer.Option(help="Languages to listen for.")] = "en,fr,es",
    noise: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Noise to mix in; may be repeated; else pink noise.")
    ] = None,
    snr: Annotated[str, typer.Option(help="Signal-to-noise ratios in dB, as clean,20,10,5,0.")] = "clean",
    with_rivals: Annotated[
        bool, typer.Option("--rivals", help="Beside PocketSphinx and Whisper tiny.en (see `kitt eval rivals`).")
    ] = False,
    split: Annotated[
        str, typer.Option(help="all, or the speakers that `kitt train speech` keeps out: test, dev, train.")
    ] = "all",
    limit: Annotated[int, typer.Option(min=0, help="At most so many clips, drawn by the seed; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the noise and the drawing.")] = 0,
    model: Annotated[str, typer.Option(help="auto, a folder of models/, a card or an ONNX file.")] = "auto",
    int8: Annotated[bool | None, typer.Option("--int8/--no-int8", help="The model's smaller network.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Accuracy, misses, confusions, false accepts an hour and latency of the recogniser at its shipped thresholds.

    A clip whose label is empty or no command in its language should leave the car silent. Faulty files are told in a
    line each, exit status 2.
    """
    from rich.console import Console

    from kitt_cli.speech import tables
    from kitt_cli.speech.evaluate import Plan, evaluate, keep_split
    from kitt_cli.speech.progress import counting

    plan = Plan(
        manifest=manifest,
        streams=tuple(stream or ()),
        grammar=grammar,
        languages=lang,
        noises=tuple(noise or ()),
        snrs=_ratios(snr),
        with_rivals=with_rivals,
        limit=limit,
        seed=seed,
        model=model,
        int8=int8,
        keep=keep_split(split),
    )
    with counting() as tell:
        report, problems = evaluate(plan, tell)
    if as_json:
        print(json.dumps(report))
    else:
        tables.show(report, Console())
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        raise typer.Exit(2)


@app.command()
def text(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Your own sentences, one a line; else the corpora's test part."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Languages; with files the one they are in.")] = "en,fr,es",
    part: Annotated[str, typer.Option(help="completion, correction, understanding or voice.")] = "completion",
    with_rivals: Annotated[bool, typer.Option("--rivals", help="Beside the alternatives, in the same run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Figures of completion, correction, understanding, or of how well KITT's voice is understood."""
    from rich.console import Console

    from kitt_cli.speech.progress import counting
    from kitt_cli.text import evaluating

    with counting() as tell:
        found = evaluating.evaluate(files or [], lang, part, with_rivals, tell)
    if as_json:
        print(json.dumps(found))
    else:
        evaluating.show(found, Console())


@app.command()
def rivals() -> None:
    """Install PocketSphinx and Whisper tiny.en beside KITT, in the cache, for `kitt eval speech --rivals` (500 MB)."""
    from kitt_cli.speech import rivals as peers

    peers.install()
    print(f"installed in {peers.environment()}: {', '.join(peers.PACKAGES)}")


def _ratios(text: str) -> tuple[float | None, ...]:
    try:
        return tuple(None if part.strip() == "clean" else float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise KittError(f"--snr {text} is no list of ratios in dB", "write them as clean,20,10,5,0") from error


def _numbers(text: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")] if text.strip() else None
    except ValueError as error:
        raise KittError(f"--cat-ids {text} is no list of category numbers", "write them as 10,13") from error
