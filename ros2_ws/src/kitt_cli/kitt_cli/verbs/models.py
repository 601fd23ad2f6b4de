"""kitt models: the zoo of networks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from kitt_inference import zoo
from kitt_inference.card import ModelCard
from kitt_inference.download import Progress
from kitt_inference.errors import KittError

app = typer.Typer(help="The models: list, fetch, verify.", no_args_is_help=True)

_INPUTS = {"vad": "sound", "voice": "phonemes"}
"""What models other than detectors take."""

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]


@contextmanager
def fetch_progress() -> Iterator[Progress]:
    """A progress bar on standard error for what the zoo fetches; nothing shows while nothing is fetched."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
    )
    shown = bars.Progress(*columns, console=console, transient=True)
    tasks: dict[str, Any] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = shown.add_task(what, total=total or None)
            if not console.is_terminal:
                typer.echo(f"working on {what}", err=True)
            elif len(tasks) == 1:
                shown.start()
        shown.update(tasks[what], completed=done, total=total or None)

    try:
        yield report
    finally:
        if tasks and console.is_terminal:
            shown.stop()


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Show the models: state, size, licence, measured accuracy."""
    rows = [_row(card) for card in zoo.cards(None)]
    if as_json:
        print(json.dumps({"models_dir": str(zoo.models_dir()), "cache": str(zoo.cache_dir()), "models": rows}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "model", "state", "MB", "licence", "input", "AP", "AP50", "sources", title=f"cache: {zoo.cache_dir()}"
    )
    for row in rows:
        measured = row["measured"][0] if row["measured"] else {}
        figures = [f"{measured[key]:.1f}" if key in measured else "" for key in ("ap", "ap50")]
        size = f"{row['size'] / 1e6:.1f}"
        sources = ", ".join(row["sources"])
        table.add_row(row["name"], row["state"], size, row["licence"], row["input"], *figures, sources)
    Console().print(table)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Models by name; none: the best that can be had.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every model of the zoo.")] = False,
    force: Annotated[bool, typer.Option(help="Also when the file is here.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch models into the cache: from KITT_MODEL_MIRROR, else from their cards' sources, verified by sha256."""
    fetched, problems = [], []
    with fetch_progress() as report:
        if not names and not everything:
            fetched.append(_best(report, force))
        else:
            wanted = zoo.cards(None) if everything else [zoo.find(name) for name in names or ()]
            for card in wanted:
                try:
                    file = zoo.fetch(card, report, force)
                    fetched.append({"name": card.name, "file": str(file), "reason": "verified"})
                except KittError as error:
                    problems.append(error)
    if as_json:
        print(json.dumps({"fetched": fetched, "problems": [str(error) for error in problems]}))
    else:
        for entry in fetched:
            print(f"{entry['name']}: {entry['file']} ({entry['reason']})")
    tell_all(problems)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models by name; none: all that are here.")] = None,
    as_json: Json = False,
) -> None:
    """Check the files in the cache against the sha256 of their cards."""
    wanted = [zoo.find(name) for name in names] if names else zoo.cards(None)
    states = {card.name: zoo.verify(card) for card in wanted}
    bad = [name for name, state in states.items() if state != "verified" and (names or state != "missing")]
    if as_json:
        print(json.dumps({"states": states, "good": not bad}))
    else:
        for name, state in states.items():
            print(f"{name}: {state}")
    tell_all([KittError(f"{name} is {states[name]}", f"`kitt models fetch {name}` mends it") for name in bad])


def _best(report: Progress, force: bool) -> dict[str, str]:
    """Fetch the best model that any source gives."""
    problems = []
    for card in zoo.cards():
        try:
            file = zoo.fetch(card, report, force)
        except KittError as error:
            problems.append(error.message)
            continue
        reason = "the best that can be had" + (f"; {'; '.join(problems)}" if problems else "")
        return {"name": card.name, "file": str(file), "reason": reason}
    raise KittError("no model of the zoo can be had: " + "; ".join(problems), zoo.OFFLINE)


def _row(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "state": zoo.verify(card),
        "file": str(zoo.cached_file(card)),
        "sha256": card.sha256,
        "size": card.size,
        "licence": card.licence,
        "task": card.task,
        "input": _INPUTS.get(card.task) or f"{card.input.width}x{card.input.height}",
        "sources": [source.kind for source in card.sources],
        "measured": [dict(entry) for entry in card.measured],
    }


def tell_all(problems: list[KittError]) -> None:
    """Tell each problem in a line; all but the last here, the last as the command's own error."""
    for error in problems[:-1]:
        typer.echo(f"error: {error}", err=True)
    if problems:
        raise problems[-1]
