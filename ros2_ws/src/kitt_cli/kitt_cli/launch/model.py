"""What a launch file evaluates to: a list of processes, and the arguments it declares."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Argument:
    """One `<arg>`: a named value that a user may give as `name:=value`."""

    name: str
    default: str | None  # as written, substitutions unexpanded; None: the user must give it
    description: str = ""
    choices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "default": self.default,
            "description": self.description,
            "choices": list(self.choices),
        }


@dataclass(frozen=True)
class Process:
    """One program to start, with everything evaluated.

    `name` is unique within a description: the ROS node's name where one is given ("detector"), else the executable's.
    `label` is what prefixes its output, as `ros2 launch` writes it ("detector_node-1").
    """

    name: str
    label: str
    command: tuple[str, ...]
    environment: Mapping[str, str | None] = field(default_factory=dict)  # changes; None: variable removed
    cwd: str | None = None
    output: str = "log"
    respawn: bool = False
    respawn_delay: float = 0.0  # s
    source: str = ""  # "file:line" of the element that asked for it

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "label": self.label,
            "command": list(self.command),
            "environment": dict(self.environment),
            "cwd": self.cwd,
            "output": self.output,
            "respawn": self.respawn,
            "respawn_delay": self.respawn_delay,
            "source": self.source,
        }

    def shell_line(self) -> str:
        """The command as one would type it."""
        changed = [f"{key}={shlex.quote(value)}" for key, value in self.environment.items() if value is not None]
        removed = [f"-u {shlex.quote(key)}" for key, value in self.environment.items() if value is None]
        prefix = ["env", *removed] if removed else []
        return " ".join([*prefix, *changed, shlex.join(self.command)])


@dataclass(frozen=True)
class Description:
    """A launch file, evaluated."""

    file: Path
    arguments: tuple[Argument, ...]
    processes: tuple[Process, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "file": str(self.file),
            "arguments": [argument.to_dict() for argument in self.arguments],
            "processes": [process.to_dict() for process in self.processes],
        }
