"""What the demo needs beside the environment: models to see and hear with, and meshes for the simulator."""

from __future__ import annotations

from rich.console import Console

from kitt_cli.verbs.models import fetch_progress
from kitt_inference import zoo
from kitt_inference.errors import KittError
from kitt_sim import assets
from kitt_sim.gazebo import tree
from kitt_voice.speech import kokoro
from kitt_voice.vad import vad_file

LAUNCHED_AS = {"builtin": "builtin", "gazebo": "gazebo11"}
"""The simulators by the launch file's names: the command runs the Gazebo that `kitt setup gazebo` brings."""


def fetch(console: Console, model: str = "auto") -> None:
    """Bring models and meshes into the cache, with progress; quick when they are there.

    The simulator draws plain shapes where the meshes cannot be had, and the ears do without a voice detector; without a
    detector's model there is nothing to see with.

    Raises:
        KittError: no model can be had.
    """
    with fetch_progress() as report:
        resolved = zoo.resolve(model, report)
        console.print(f"model {resolved.card.name}: {resolved.reason}", highlight=False)
        try:
            vad_file(report)
        except KittError as error:
            console.print(f"[yellow]warning:[/] no voice activity detector: {error}", highlight=False)
    if not assets.missing():
        return
    with console.status("meshes") as status:

        def show(what: str, part: float) -> None:
            status.update(f"meshes: {what} {part:.0%}")
            if not console.is_terminal and part in (0.0, 1.0):
                console.print(f"meshes: {what}", highlight=False)

        try:
            assets.fetch(show)
        except KittError as error:
            console.print(f"[yellow]warning:[/] {error} The simulator draws plain shapes instead.", highlight=False)


def fetch_voice(console: Console) -> None:
    """Bring the models of KITT's French and Spanish voice into the cache; without, espeak-ng or the text must do."""
    try:
        with fetch_progress() as report:
            kokoro.fetch(report)
    except KittError as error:
        console.print(f"[yellow]warning:[/] no French and Spanish voice: {error}", highlight=False)


def fetch_gazebo(console: Console) -> None:
    """Bring Gazebo 11 into the cache, with progress; quick when it is there.

    Raises:
        KittError: it cannot be had on this machine; names the remedy.
    """
    if tree.ready():
        return
    with console.status("Gazebo 11") as status:
        last = [""]

        def show(what: str, part: float) -> None:
            status.update(f"Gazebo 11: {what} {part:.0%}")
            step = what.split(",", maxsplit=1)[0]
            if not console.is_terminal and step != last[0]:
                console.print(f"Gazebo 11: {step}", highlight=False)
            last[0] = step

        tree.fetch(show)
