"""`kitt setup`: the environment stands by the time this runs; model and meshes are fetched here."""

from __future__ import annotations

from rich.console import Console

from kitt_cli import supplies


def command() -> None:
    """Make everything ready that the other verbs need, so that they start at once."""
    console = Console(stderr=True)
    supplies.fetch(console)
    supplies.fetch_voice(console)
    console.print("ready: ./kitt demo")
