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


def _numbers(text: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")] if text.strip() else None
    except ValueError as error:
        raise KittError(f"--cat-ids {text} is no list of category numbers", "write them as 10,13") from error
