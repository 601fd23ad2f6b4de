"""`kitt record --out FILE.mcap`: the topics of the running car into a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kitt_cli import recorder
from kitt_cli.mcap_file import KEEP_FREE
from kitt_inference.errors import KittError


def command(
    out: Annotated[Path, typer.Option("--out", "-o", help="MCAP file to make")],
    topics: Annotated[str, typer.Option(help="names parted by commas; without: the contract's, images as JPEG")] = "",
    duration: Annotated[float, typer.Option(min=0.0, help="seconds; 0: until Ctrl-C")] = 0.0,
    limit: Annotated[float, typer.Option(min=0.0, help="Largest size [MB]; 0: any.")] = 0.0,
    keep_free: Annotated[float, typer.Option(min=0.0, help="So much of the disk is left free [MB].")] = KEEP_FREE / 1e6,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object at the end")] = False,
) -> None:
    """Record topics into an MCAP file until Ctrl-C, or until it or the disk is as full as it may get."""
    if out.suffix != ".mcap":
        raise KittError(f"{out} is no .mcap file", "give --out NAME.mcap")
    names = [name.strip() for name in topics.split(",") if name.strip()] or None

    def started(session: recorder.Recorder) -> None:
        left_out = f", without {', '.join(session.skipped)} (not built)" if session.skipped else ""
        print(f"recording {len(session.counts)} topics into {out}{left_out}", file=sys.stderr, flush=True)

    done = recorder.record(
        out, names, duration or None, on_start=started, limit=int(limit * 1e6), keep_free=int(keep_free * 1e6)
    )
    if as_json:
        print(json.dumps(done))
        return
    for name, count in done["topics"].items():
        print(f"{count:8d}  {name}", file=sys.stderr)
    size = done["bytes"] / 1e6
    if done["ended"]:
        print(f"warning: {done['ended']}", file=sys.stderr)
    print(f"{done['messages']} messages, {size:.1f} MB in {done['seconds']:.1f} s: {out}", file=sys.stderr)
