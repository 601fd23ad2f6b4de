"""kitt export: a model's file in another precision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_inference.errors import KittError

app = typer.Typer(help="A model in another precision.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """A model in another precision."""


@app.command()
def detector(
    precision: Annotated[str, typer.Option(help="fp16 or int8.")],
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="int8: photographs to calibrate on; nothing may be measured on them."),
    ] = None,
    runtime: Annotated[str, typer.Option(help="int8: what will run it, tensorrt or onnxruntime.")] = "tensorrt",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it goes; else into the cache.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Write a detector in float16 (inputs and outputs stay float32) or in int8 (QDQ), for engines and for measuring.

    For ONNX Runtime on the CPU int8 gains too little and is there to be measured (docs/engines.md).
    """
    from kitt_cli.verbs.models import fetch_progress
    from kitt_inference import zoo
    from kitt_inference.pictures import list_pictures
    from kitt_inference.precision import export_fp16, export_int8

    _choice("--precision", precision, ("fp16", "int8"))
    _choice("--runtime", runtime, ("tensorrt", "onnxruntime"))
    if precision == "int8" and images is None:
        raise KittError("int8 is calibrated on photographs", "give --images a folder of some like the camera's")
    if images is not None and not images.is_dir():
        raise KittError(f"no folder at {images}", "give --images a folder of photographs")
    with fetch_progress() as report:
        resolved = zoo.resolve(model, report)
    if precision == "fp16":
        export = export_fp16(resolved.card.name, resolved.file, out)
    else:
        assert images is not None

        def show(done: int, total: int) -> None:
            if done == total or done % 10 == 0:
                typer.echo(f"calibrating: {done} of {total}", err=True)

        frames = list_pictures(images)
        export = export_int8(resolved.card, resolved.file, frames, engine=runtime, folder=out, progress=show)
    result: dict[str, Any] = {
        "model": resolved.card.name,
        "file": str(export.file),
        "precision": export.precision,
        "calibration": export.calibration,
        "reference_sha256": export.reference_sha256,
    }
    print(json.dumps(result) if as_json else export.file)


def _choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise KittError(f"{option} is {value}", f"take one of: {', '.join(choices)}")
