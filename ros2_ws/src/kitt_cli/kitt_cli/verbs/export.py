"""kitt export: a model's file in another precision."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_inference.errors import KittError

_LEAST_SPEED = 1.5

app = typer.Typer(help="A model in another precision.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """A model in another precision."""


@app.command()
def detector(
    precision: Annotated[str, typer.Option(help="fp16 or int8; fp32 with --pixels.")] = "fp32",
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="int8: photographs to calibrate on; nothing may be measured on them."),
    ] = None,
    runtime: Annotated[str, typer.Option(help="int8: what will run it, tensorrt or onnxruntime.")] = "tensorrt",
    pixels: Annotated[
        bool, typer.Option("--pixels", help="Let the network take uint8 pixels and normalise them itself.")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it goes; else into the cache.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Write a detector in float16 (inputs and outputs stay float32) or in int8 (QDQ), with a card: take it by its path.

    For ONNX Runtime int8 must be 1.5 times as fast as float32 on one thread here; else it gets no card, exit status 2.
    """
    from kitt_cli.verbs.models import fetch_progress
    from kitt_inference import zoo
    from kitt_inference.pictures import list_pictures
    from kitt_inference.precision import export_fp16, export_int8, export_pixels, write_card

    if precision == "fp32" and not pixels:
        raise KittError("in fp32 the model is here already", "give --precision fp16 or int8, or --pixels")
    _choice("--precision", precision, ("fp32", "fp16", "int8"))
    _choice("--runtime", runtime, ("tensorrt", "onnxruntime"))
    if precision == "int8" and images is None:
        raise KittError("int8 is calibrated on photographs", "give --images a folder of some like the camera's")
    if images is not None and not images.is_dir():
        raise KittError(f"no folder at {images}", "give --images a folder of photographs")
    with fetch_progress() as report:
        resolved = zoo.resolve(model, report)
    if pixels:
        export = export_pixels(resolved.card, resolved.file, out)
        resolved = zoo.resolve(str(export.file))
    if precision == "fp16":
        export = export_fp16(resolved.card.name, resolved.file, out)
    elif precision == "int8":
        assert images is not None

        def show(done: int, total: int) -> None:
            if done == total or done % 10 == 0:
                typer.echo(f"calibrating: {done} of {total}", err=True)

        frames = list_pictures(images)
        export = export_int8(resolved.card, resolved.file, frames, engine=runtime, folder=out, progress=show)
    speed = _times_as_fast(resolved, export.file) if export.precision == "int8_cpu" else None
    if speed is not None and speed < _LEAST_SPEED:
        raise KittError(
            f"{export.file.name} is {speed:.2f} times as fast as float32 on one thread here, "
            f"at least {_LEAST_SPEED:g} is wanted",
            f"keep float32 (docs/engines.md says which models gain); `kitt bench engines --model {resolved.card.name}` "
            "measures longer",
        )
    if precision != "fp32":
        write_card(resolved.card, export)
    result: dict[str, Any] = {
        "model": resolved.card.name,
        "file": str(export.file),
        "precision": export.precision,
        "calibration": export.calibration,
        "reference_sha256": export.reference_sha256,
        **({} if speed is None else {"times_as_fast": round(speed, 2)}),
    }
    print(json.dumps(result) if as_json else export.file)


def _times_as_fast(resolved: Any, file: Path) -> float:
    """Of an export on ONNX Runtime with one thread, against its float32 file, in turns, by the processor's time."""
    from kitt_inference.engines.make import Target, measure
    from kitt_inference.session import open_session

    session = open_session(file, "onnxruntime", 1)
    try:
        spent = measure(Target(resolved.card.name, resolved.file, resolved.card), session, time.thread_time)
    finally:
        session.close()
    return spent["reference_ms"] / spent["engine_ms"]


def _choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise KittError(f"{option} is {value}", f"take one of: {', '.join(choices)}")
