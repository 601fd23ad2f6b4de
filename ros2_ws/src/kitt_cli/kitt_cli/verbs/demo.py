"""`kitt demo`: the whole car in the built-in simulator, driving by what it sees."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from kitt_cli import supplies
from kitt_cli.bootstrap.places import ROOT
from kitt_cli.demo import table
from kitt_cli.demo.report import RunReport
from kitt_cli.verbs import scenario as played
from kitt_console import links
from kitt_inference.errors import KittError
from kitt_sim.worlds import WORLDS, world_by_name

FREE = "street"
"""The scenario without steps: drive on, wherever the world is."""


def command(
    sim: Annotated[str, typer.Option(help="The simulator: builtin or gazebo.")] = "builtin",
    scenario: Annotated[
        str, typer.Option(help="What to drive: street, tour, or another of `kitt scenario list`.")
    ] = FREE,
    world: Annotated[str, typer.Option(help=f"Where: {', '.join(WORLDS)}, or a file. Of no use with tour.")] = "street",
    duration: Annotated[float, typer.Option(help="Seconds to drive.", min=1.0, max=36000.0)] = 75.0,
    seed: Annotated[int, typer.Option(help="Varies the street; the same seed gives the same one.", min=0)] = 0,
    model: Annotated[str, typer.Option(help="The detector's model, or auto.")] = "auto",
    record: Annotated[Path | None, typer.Option(help="Record the run into this MCAP file.")] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="A line now and then instead of the live table.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end, nothing else.")] = False,
) -> None:
    """The whole car in a simulator: it drives down a street, stops at the sign and for people."""
    console = Console(stderr=True)
    if scenario != FREE:
        _play(scenario, sim, seed, model, record, as_json, console)
        return
    _check(sim, world, record)
    supplies.fetch(console, model)
    if sim == "gazebo":
        supplies.fetch_gazebo(console)
    from kitt_cli.demo.run import DemoSettings, drive

    folder = ROOT / "runs" / time.strftime("demo-%Y%m%d-%H%M%S")
    arguments = {"sim": supplies.LAUNCHED_AS[sim], "model": model, "world": world, "seed": str(seed)}
    live = console.is_terminal and not headless
    if live:  # who watches the table has eyes for the page, too
        port = links.free_port(8080)
        arguments |= {"console": "true", "console_port": str(port)}
        console.print(f"watch and command the car on {links.links('127.0.0.1', port, None)['drive']}")
    else:
        arguments |= {"window": "false"}
    settings = DemoSettings(duration, arguments, record, folder)
    console.print(f"starting the car; its nodes' output goes to {folder}/nodes.log")
    summary = (_drive_live if live else _drive_headless)(drive, settings, console)
    (folder / "summary.json").write_text(json.dumps(summary, indent=1))
    if as_json:
        print(json.dumps(summary))
    else:
        _tell(summary, console)
    if summary["interrupted"]:
        raise typer.Exit(130)
    if summary["collisions"] or summary["distance_m"] < 1.0:
        raise typer.Exit(1)


def _play(name: str, sim: str, seed: int, model: str, record: Path | None, as_json: bool, console: Console) -> None:
    """A scenario with steps; each is reported with its times and its outcome."""
    if record is not None:
        raise KittError(
            "a scenario is not recorded", "leave --record out: its folder under runs/ keeps path and pictures"
        )
    summary = played.play(name, sim, range(seed, seed + 1), model, None, console)
    if as_json:
        print(json.dumps(summary))
    else:
        played.tell(summary, console)
    if not summary["passed"]:
        raise typer.Exit(130 if summary["interrupted"] else 1)


def _check(sim: str, world: str, record: Path | None) -> None:
    if sim not in supplies.LAUNCHED_AS:
        raise KittError(f"the simulator {sim} is not there", f"there are {', '.join(supplies.LAUNCHED_AS)}")
    world_by_name(world)
    if record is not None and not os.access(record.resolve().parent, os.W_OK):
        raise KittError(f"{record} cannot be written", "give a file in a folder that exists and is yours")


def _drive_headless(drive: Any, settings: Any, console: Console) -> dict[str, Any]:
    last = [-10.0]

    def tick(report: RunReport, rates: dict[str, float], elapsed_s: float) -> None:
        if elapsed_s - last[0] < 5.0:
            return
        last[0] = elapsed_s
        seen = ", ".join(sorted(set(report.seen_now))) or "nothing"
        console.print(
            f"{elapsed_s:5.1f} s  {report.distance:5.1f} m  {report.speed:4.2f} m/s  {report.state}  sees {seen}  "
            f"{rates.get('/detections', 0.0):.0f} Hz",
            highlight=False,
        )

    return dict(drive(settings, tick))


def _drive_live(drive: Any, settings: Any, console: Console) -> dict[str, Any]:
    with Live(console=console, refresh_per_second=8, transient=False) as live:

        def tick(report: RunReport, rates: dict[str, float], elapsed_s: float) -> None:
            live.update(table.render(report, rates, elapsed_s))

        return dict(drive(settings, tick))


def _tell(summary: dict[str, Any], console: Console) -> None:
    latency = summary["latency"]["stamp_to_detections"]
    least = summary["least_person_distance_m"]
    console.print(
        f"\n{summary['distance_m']} m in {summary['seconds']} s, {summary['frames']} frames, "
        f"{summary['lost_frames']} lost; stamp to /detections p95 {latency['p95_ms']} ms",
        highlight=False,
    )
    spoken = summary["spoken"]
    console.print(f"  {spoken['understood']} of {spoken['said']} spoken lines understood", highlight=False)
    for line in spoken["lines"]:
        if line["typed"]:
            console.print(f"  «{line['text']}» was not understood and therefore typed", highlight=False)
    for stop in summary["stops"]:
        console.print(f"  stopped at {stop['at_s']} s: {stop['reason']}", highlight=False)
    console.print(f"  least distance to a person {least} m, {len(summary['collisions'])} collisions", highlight=False)
    console.print(f"  all of it: {summary['folder']}/summary.json", highlight=False)
