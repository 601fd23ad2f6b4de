"""`kitt launch PACKAGE FILE name:=value...`: what `ros2 launch` does, also where launch_ros is not installed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from kitt_cli.launch import ament, parse, run
from kitt_cli.launch.model import Argument, Description
from kitt_inference.errors import KittError


def command(
    words: Annotated[
        list[str],
        typer.Argument(metavar="PACKAGE FILE [name:=value]...", help="or a launch file's path, then name:=value"),
    ],
    show_args: Annotated[bool, typer.Option("--show-args", "-s", help="list the file's arguments")] = False,
    print_: Annotated[bool, typer.Option("--print", "-p", help="show what would be started, start nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="with --show-args or --print: one JSON object")] = False,
    builtin: Annotated[bool, typer.Option("--builtin", help="this runner, even where ros2 launch is there")] = False,
) -> None:
    """Start the nodes of a launch file; Ctrl-C ends them all."""
    file, rest = _target(words)
    if not builtin and not as_json and not print_ and has_ros2_launch():
        # The real one takes our place and never comes back.
        os.execvp("ros2", ["ros2", "launch", *(["--show-args"] if show_args else []), *words])
    given = _arguments(rest)
    if as_json and not (show_args or print_):
        raise KittError("--json has nothing to print while nodes run", "add --print or --show-args")
    if show_args:
        arguments = parse.declared_arguments(file, given)
        print(json.dumps([argument.to_dict() for argument in arguments]) if as_json else _argument_list(arguments))
        return
    description = parse.load(file, given)
    if print_:
        print(json.dumps(description.to_dict()) if as_json else _process_list(description))
        return
    raise typer.Exit(run.run(description))


def has_ros2_launch() -> bool:
    """True where the real `ros2 launch` with the XML frontend and launch_ros can take over."""
    installed = set(ament.package_names())
    return shutil.which("ros2") is not None and {"launch_ros", "launch_xml", "ros2launch"} <= installed


def _target(words: list[str]) -> tuple[Path, list[str]]:
    """The launch file that the words name, and the words after it."""
    first = Path(words[0])
    if first.suffix == ".xml" or "/" in words[0]:
        if not first.is_file():
            raise KittError(f"launch file {words[0]} does not exist", "give the path of a launch file that is there")
        return first, words[1:]
    if len(words) < 2 or ":=" in words[1]:
        raise KittError(
            f"{words[0]!r} names a package but no launch file follows",
            "write kitt launch PACKAGE FILE, for example kitt launch kitt_bringup kitt.launch.xml",
        )
    file = ament.find_launch_file(words[0], words[1])
    if file.suffix != ".xml":
        raise KittError(f"{file.name} is not an XML launch file", "install ros2 launch for other formats")
    return file, words[2:]


def _arguments(words: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or not name:
            raise KittError(f"{word!r} is no launch argument", "write name:=value")
        given[name] = value
    return given


def _argument_list(arguments: list[Argument]) -> str:
    lines = ["Arguments (pass arguments as '<name>:=<value>'):"]
    for argument in arguments:
        choices = f" One of: {', '.join(argument.choices)}." if argument.choices else ""
        default = "required" if argument.default is None else f"default: {argument.default!r}"
        lines += ["", f"    '{argument.name}':", f"        {argument.description}{choices}", f"        ({default})"]
    return "\n".join(lines if arguments else [*lines, "", "    none"])


def _process_list(description: Description) -> str:
    lines = []
    for process in description.processes:
        respawn = f", respawns after {process.respawn_delay:g} s" if process.respawn else ""
        lines += [f"[{process.label}] {process.name} ({process.source}{respawn})", f"    {process.shell_line()}"]
    return "\n".join(lines) or "nothing to start"
