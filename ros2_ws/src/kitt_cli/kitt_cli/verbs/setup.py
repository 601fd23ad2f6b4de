"""`kitt setup`: the environment stands by the time this runs; models, meshes and, if wanted, Gazebo come here."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from kitt_cli import supplies
from kitt_inference.errors import KittError


def command(
    part: Annotated[
        str, typer.Argument(help="Leave out for what every other verb needs; gazebo: Gazebo 11, one gigabyte.")
    ] = "",
) -> None:
    """Make everything ready that the other verbs need, so that they start at once; with `gazebo` also Gazebo 11."""
    console = Console(stderr=True)
    if part not in ("", "gazebo"):
        raise KittError(f"there is nothing called {part} to set up", "leave it out, or write gazebo")
    if part == "gazebo":
        supplies.fetch_gazebo(console)
        console.print("Gazebo 11 is ready: ./kitt demo --sim gazebo")
        return
    supplies.fetch(console)
    supplies.fetch_voice(console)
    console.print("ready: ./kitt demo")
