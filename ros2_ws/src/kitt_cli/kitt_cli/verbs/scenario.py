"""`kitt scenario`: scenarios with expectations, played in a simulator, judged by its ground truth."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kitt_cli import supplies
from kitt_cli.bootstrap.places import ROOT
from kitt_cli.interruption import InterruptionError, signals
from kitt_cli.scenario import film
from kitt_inference.errors import KittError
from kitt_sim.scenarios.record import Record
from kitt_sim.scenarios.scenario import names, scenario_by_name

_NEEDED = 20_000_000  # bytes: a run leaves one to three millions, its log the most
app = typer.Typer(help="Scenarios: drive them and judge what happened.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]


@app.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """The scenarios there are."""
    rows = [
        {"name": s.name, "world": s.world, "steps": len(s.steps), "description": s.description}
        for s in map(scenario_by_name, names())
    ]
    if as_json:
        print(json.dumps({"scenarios": rows}))
        return
    table = Table("scenario", "world", "steps", "", box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@app.command("run")
def run_scenario(
    name: Annotated[str, typer.Argument(help="Its name, or a file that ends in .yaml.")],
    sim: Annotated[
        str,
        typer.Option(help="builtin, gazebo; lockstep, gazebo-lockstep: the car's modules alone, time is simulated."),
    ] = "builtin",
    seeds: Annotated[int, typer.Option(help="So many runs, each varied by its seed.", min=1, max=1000)] = 1,
    seed: Annotated[int, typer.Option(help="The first seed; 0 is the scenario as it is written.", min=0)] = 0,
    model: Annotated[str, typer.Option(help="The detector's model, or auto.")] = "auto",
    video: Annotated[Path | None, typer.Option(help="Film the camera's view into this MP4 file.")] = None,
    as_json: Json = False,
) -> None:
    """Play a scenario and judge it; exit status 1 where an expectation is not met."""
    summary = play(name, sim, range(seed, seed + seeds), model, video, Console(stderr=True))
    if as_json:
        print(json.dumps(summary))
    else:
        tell(summary, Console())
    if summary["interrupted"]:
        raise typer.Exit(130)
    if not summary["passed"]:
        raise typer.Exit(1)


def play(name: str, sim: str, seeds: range, model: str, video: Path | None, console: Console) -> dict[str, Any]:
    """Plays all seeds and gives the one object of `--json`.

    Raises:
        KittError: there is no such scenario or simulator, or the car did not come up.
    """
    from kitt_cli.scenario.play import SIMULATORS, Player, Settings

    scenario = scenario_by_name(name)
    if sim not in SIMULATORS:
        raise KittError(f"the simulator {sim} is not there", f"there is {', '.join(SIMULATORS)}")
    if video is not None:
        film.check(video)
    folder = ROOT / "runs" / time.strftime(f"{scenario.name}-{sim}-%Y%m%d-%H%M%S")
    _check_place(folder.parent)
    supplies.fetch(console, model)
    if sim.startswith("gazebo"):
        supplies.fetch_gazebo(console)
    player = Player(Settings(sim, model, folder, video))
    runs: list[dict[str, Any]] = []
    interrupted = False
    with console.status(f"{scenario.name}: starting") as status:
        try:
            with signals():
                for count, seed in enumerate(seeds, 1):
                    progress = _Progress(console, status, f"{scenario.name} seed {seed} ({count} of {len(seeds)})")
                    runs.append(player.run(scenario, seed, progress))
                    interrupted = runs[-1]["interrupted"]
                    if interrupted:
                        break
        except InterruptionError:  # between two runs
            interrupted = True
    good = sum(run["passed"] for run in runs)
    return {
        "scenario": scenario.name, "sim": sim, "passed": good == len(seeds), "interrupted": interrupted,
        "passed_seeds": good, "seeds": len(seeds), "runs": runs, "folder": str(folder),
    }  # fmt: skip


def _check_place(runs: Path) -> None:
    """Before the car is started: is there room for what a run leaves?"""
    try:
        runs.mkdir(exist_ok=True)
        free = shutil.disk_usage(runs).free
    except OSError as error:
        raise KittError(
            f"{runs} cannot be made: {error.strerror}", "runs are kept beside the code: is it yours?"
        ) from None
    if free < _NEEDED:
        raise KittError(
            f"only {free / 1e6:.0f} MB are free for {runs}", "make room: it keeps every run, old ones may go"
        )


class _Progress:
    """Shows where a run stands; a line a step where the screen is none."""

    def __init__(self, console: Console, status: Any, title: str) -> None:
        self._console, self._status, self._title, self._step = console, status, title, ""
        status.update(f"{title}: starting the car")

    def __call__(self, step: str, record: Record) -> None:
        sample, state = record.samples[-1], record.state_at(record.now)
        line = f"{self._title}: {step}  {sample.t:5.1f} s  {sample.speed:4.2f} m/s  {state.what}"
        if not self._console.is_terminal and step != self._step:
            self._console.print(line, highlight=False)
        self._status.update(line)
        self._step = step


def tell(summary: dict[str, Any], console: Console) -> None:
    """The result as tables: the steps of the first run, and each expectation over all of them."""
    runs = summary["runs"]
    if not runs:
        console.print("nothing was played")
        return
    table = Table("step", "from [s]", "to [s]", "", "outcome", box=None)
    for step in runs[0]["steps"]:
        done = "[green]done[/]" if step["done"] else "[red]failed[/]"
        table.add_row(step["name"], f"{step['began']:.1f}", f"{step['ended']:.1f}", done, step["outcome"])
    console.print(table)
    whole = [run for run in runs if not run["interrupted"]] or runs
    table = Table("expectation", "asked", "met", "worst" if len(whole) > 1 else "measured", box=None)
    for i, verdict in enumerate(whole[0]["verdicts"]):
        all_of_it = [run["verdicts"][i] for run in whole]
        met = sum(v["passed"] for v in all_of_it)
        values = [v["value"] for v in all_of_it if v["value"] is not None]
        worst = (min if verdict["asked"].startswith(("at least", "all")) else max)(values) if values else None
        mark = "green" if met == len(whole) else "red"
        shown = "" if worst is None else f"{worst:.2f}".rstrip("0").rstrip(".")
        table.add_row(verdict["name"], verdict["asked"], f"[{mark}]{met} of {len(whole)}[/]", shown)
    console.print(table)
    ended = "interrupted; " if summary["interrupted"] else ""
    line = f"{ended}{summary['passed_seeds']} of {summary['seeds']} runs passed"
    console.print(f"{line}; paths, pictures and JSON: {summary['folder']}", highlight=False)
