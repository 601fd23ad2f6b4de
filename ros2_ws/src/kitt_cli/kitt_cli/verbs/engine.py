"""kitt engine: TensorRT engines, built here for this GPU."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_cli.verbs.models import fetch_progress, tell_all
from kitt_inference.engines import cuda, library
from kitt_inference.engines.cache import EngineCache, Entry
from kitt_inference.errors import BackendError, KittError

app = typer.Typer(help="TensorRT engines: build, list, check, clean.", no_args_is_help=True)

_AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]


@app.command()
def build(
    model: Annotated[str, typer.Argument(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    precision: Annotated[str, typer.Option(help="fp32, fp16, int8, or several: fp16,int8.")] = "fp16",
    frames: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Photographs to compare on; else the stored ones.")
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Boxes of --frames in COCO's JSON format: AP counts as well.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Also when a good engine is here, or one was refused.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Parse and build only; TensorRT for RTX needs no GPU for it.")
    ] = False,
    as_json: _AsJson = False,
) -> None:
    """Build an engine, compare it with ONNX Runtime in float32, and keep it if it passes.

    Faults are told in a line each, exit status 2.
    """
    from kitt_inference.engines.key import PRECISIONS
    from kitt_inference.engines.make import Frames, find_target, make_engine

    wanted = [part.strip() for part in precision.split(",") if part.strip()]
    if not wanted or not set(wanted) <= set(PRECISIONS):
        raise KittError(f"--precision is {precision}", f"take one or several of: {','.join(PRECISIONS)}")
    if annotations is not None and frames is None:
        raise KittError("--annotations needs the photographs too", "give --frames their folder")
    if frames is not None and not frames.is_dir():
        raise KittError(f"no folder at {frames}", "give --frames a folder of photographs")
    with fetch_progress() as report:
        target = find_target(model, report)
    results, problems = [], []
    for part in wanted:
        try:
            if dry_run:
                results.append(_dry(target, part))
            else:
                found = make_engine(target, part, Frames(frames, annotations), tell=_Progress(), force=force)
                results.append(_row(found, ""))
        except KittError as error:
            problems.append(error)
    if as_json:
        print(json.dumps({"engines": results, "problems": [str(error) for error in problems]}))
    else:
        for result in results:
            print("  ".join(f"{name} {value}" for name, value in result.items() if value != ""))
    tell_all(problems)


@app.command("list")
def list_engines(as_json: _AsJson = False) -> None:
    """Show the engines in the cache: precision, GPU, speed, what the comparison measured, state."""
    cache = EngineCache()
    rows = [_row(entry, cache.fault(entry)) for entry in cache.entries()]
    if as_json:
        print(json.dumps({"cache": str(cache.folder), "engines": rows}))
        return
    from rich.console import Console
    from rich.table import Table

    columns = ("model", "precision", "gpu", "tensorrt", "MB", "ms", "CPU, ms", "recall", "state")
    table = Table(*columns, title=f"cache: {cache.folder}")
    for row in rows:
        table.add_row(*(str(row[name]) for name in columns))
    Console().print(table)


@app.command()
def check(as_json: _AsJson = False) -> None:
    """Look whether each engine is whole and made for this machine; exit status 2 when one is not."""
    from kitt_inference.engines.make import stale

    cache = EngineCache()
    machine, note = _machine()
    faults = {entry.digest: fault for entry, fault in stale(cache, machine)}
    rows = [_row(entry, faults.get(entry.digest, "")) for entry in cache.entries()]
    strangers = [str(file) for file in cache.strangers()]
    if as_json:
        print(json.dumps({"machine": note, "engines": rows, "strangers": strangers, "good": not faults}))
    else:
        print(note)
        for row in rows:
            print(f"{row['digest'][:12]} {row['model']} {row['precision']}: {row['state']}")
        for file in strangers:
            print(f"{file}: belongs to no engine; `kitt engine clean` removes it")
    tell_all(
        [KittError(f"{digest[:12]}: {fault}", "`kitt engine clean` removes it") for digest, fault in faults.items()]
    )


@app.command()
def clean(
    everything: Annotated[bool, typer.Option("--all", help="Good ones and timings as well.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Remove engines that are damaged, refused or made for another GPU or TensorRT, and files of no engine."""
    from kitt_inference.engines.make import stale

    cache = EngineCache()
    strangers = cache.strangers()
    doomed = cache.entries() if everything else [entry for entry, _ in stale(cache, _machine()[0])]
    files = [*strangers, *([cache.timing_file] if everything and cache.timing_file.exists() else [])]
    try:
        for entry in doomed:
            cache.remove(entry)
        for file in files:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise KittError(
            f"{cache.folder} cannot be cleaned ({error.strerror})", "mend its owner, or set KITT_CACHE"
        ) from error
    removed = {"engines": [entry.digest for entry in doomed], "files": [str(file) for file in files]}
    print(json.dumps(removed) if as_json else f"{len(doomed)} engines and {len(files)} other files removed")


class _Progress:
    """A line on standard error for each thing begun, and for each tenth of it."""

    def __init__(self) -> None:
        self._last = ("", -1)

    def __call__(self, what: str, part: float) -> None:
        now = (what, int(part * 10))
        if now != self._last:
            typer.echo(f"{what}: {part:.0%}", err=True)
        self._last = now


def _dry(target: Any, precision: str) -> dict[str, Any]:
    from kitt_inference.engines.build import build_plan
    from kitt_inference.engines.make import in_precision

    loaded = library.load()
    plan = build_plan(loaded, in_precision(target, precision), tell=_Progress())
    return {"model": target.name, "precision": precision, "tensorrt": loaded.version, "MB": round(len(plan) / 1e6, 1)}


def _machine() -> tuple[dict[str, str], str]:
    """This GPU and TensorRT as keys name them, and in words; without a GPU no engine can be told to be of another."""
    machine: dict[str, str] = {}
    with contextlib.suppress(BackendError):
        loaded = library.load()
        machine |= {"library": loaded.name, "version": loaded.version}
    try:
        machine["gpu"], machine["capability"] = cuda.Device.describe(cuda.driver())
    except BackendError as error:
        return {}, f"{error.message}; only the files are checked"
    return machine, ", ".join(f"{name} {value}" for name, value in machine.items())


def _row(entry: Entry, fault: str) -> dict[str, Any]:
    return {
        "digest": entry.digest,
        "model": entry.model,
        "precision": entry.key["precision"],
        "gpu": f"{entry.key['gpu']} {entry.key['capability']}",
        "tensorrt": f"{entry.key['library']} {entry.key['version']}",
        "MB": round(entry.size / 1e6, 1),
        "ms": entry.speed.get("engine_ms", ""),
        "CPU, ms": entry.speed.get("reference_ms", ""),
        "recall": entry.report.get("recall", ""),
        "report": entry.report,
        "state": fault or "good",
    }
