"""kitt train: networks from the user's own data."""

from __future__ import annotations

import typer

app = typer.Typer(help="Train a network on your own data.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Train a network on your own data."""
