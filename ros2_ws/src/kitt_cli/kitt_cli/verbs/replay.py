"""`kitt replay BAG`: play a recording; with --compare, through the networks and against a stored reference."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from kitt_cli import process_replay
from kitt_inference.errors import KittError


def command(
    bag: Annotated[Path, typer.Argument(metavar="BAG", help="MCAP file, as `kitt record` makes it.")],
    speed: Annotated[float, typer.Option(min=0.01, max=100.0, help="Recorded seconds a second.")] = 1.0,
    start: Annotated[float, typer.Option("--from", min=0.0, help="Begin so many seconds after its beginning.")] = 0.0,
    duration: Annotated[float, typer.Option(min=0.0, help="Seconds of the recording; 0: to its end.")] = 0.0,
    topics: Annotated[
        str, typer.Option(help="Names parted by commas; without: all but what could move or stop a car.")
    ] = "",
    clock: Annotated[bool, typer.Option("--clock", help="Publish its time on /clock, for use_sim_time.")] = False,
    compare: Annotated[
        Path | None, typer.Option(help="Play nothing: camera and audio through today's networks, against this file.")
    ] = None,
    update_refs: Annotated[bool, typer.Option("--update-refs", help="With --compare: write it anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, nothing else.")] = False,
) -> None:
    """Play a recording until its end or Ctrl-C, or compare today's networks with what was stored of it."""
    if update_refs and compare is None:
        raise KittError("--update-refs has no file to write", "add --compare FILE")
    if compare is not None:
        _compare(bag, compare, update_refs, as_json)
        return
    from kitt_cli import replay

    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    names = [name.strip() for name in topics.split(",") if name.strip()] or None
    done = replay.play(
        bag, speed=speed, start_s=start, duration_s=duration or None, topics=names, clock=clock,
        stopping=lambda: bool(stopping),
    )  # fmt: skip
    if as_json:
        print(json.dumps(done))
        return
    for name, count in done["topics"].items():
        print(f"{count:8d}  {name}", file=sys.stderr)
    if done["left_out"]:
        print(f"left out: {', '.join(done['left_out'])}", file=sys.stderr)


def _compare(bag: Path, file: Path, update: bool, as_json: bool) -> None:
    found = process_replay.outputs(bag)
    known = file.exists()
    if not known and not update:
        raise KittError(f"there is no reference {file}", "make it with --update-refs")
    lines = process_replay.compare(process_replay.load(file), found) if known else []
    if update:
        process_replay.save(file, found)
    counts = {"pictures": len(found["frames"]), "commands": len(found["heard"]), "differences": len(lines)}
    if as_json:
        print(json.dumps({**counts, "models": found["models"], "lines": lines, "updated": update}))
    else:
        print("\n".join(process_replay.summary(lines)), end="\n" if lines else "")
        print(", ".join(f"{count} {name}" for name, count in counts.items()), file=sys.stderr)
    raise typer.Exit(1 if lines and not update else 0)
