"""`kitt test`: style, types and tests of the whole project, in one go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from kitt_cli import mutation, supplies
from kitt_cli.bootstrap.places import ROOT, packages
from kitt_inference.errors import KittError

CONTEXT_SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True}


def command(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Only the fast tests, in less than five minutes.")] = False,
    mutated: Annotated[
        bool,
        typer.Option("--mutation", help="Change gate and state machine in many ways: do their tests notice? Minutes."),
    ] = False,
) -> None:
    """All tests; --quick the fast ones; --mutation tests the tests of the safety gate. Other arguments go to pytest."""
    if mutated:
        _mutation()
        return
    sources = [str(folder / name) for name, folder in packages().items() if (folder / name).is_dir()]
    checks = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy", *sources],
    }
    failed = []
    if not context.args:
        for name, arguments in checks.items():
            if _run(name, [sys.executable, "-m", *arguments], env={"MYPYPATH": _source_path()}) != 0:
                failed.append(name)
    if not context.args:
        supplies.fetch(Console(stderr=True))  # so that no test is left out for want of a model or a mesh
    selection = ["-m", "not slow"] if quick else []
    tests = [sys.executable, "-m", "pytest", *selection, "--durations=10", *context.args]
    if _run("pytest", tests, env={"OMP_NUM_THREADS": "1"}) != 0:
        failed.append("pytest")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
        raise typer.Exit(1)


def _mutation() -> None:
    """Print the score; fail below the least one."""
    try:
        mutants = mutation.run()
    except KittError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    print(mutants.table())
    print(f"{mutants.score:.1%} of all mutants noticed; at least {mutation.LEAST:.0%} wanted in each file")
    if mutants.worst < mutation.LEAST:
        raise typer.Exit(1)


def _source_path() -> str:
    return os.pathsep.join(str(folder) for folder in packages().values())


def _run(name: str, command: list[str], env: dict[str, str]) -> int:
    began = time.monotonic()
    print(f"== {name}", flush=True)
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode
    print(f"== {name}: {'ok' if code == 0 else f'failed ({code})'} in {time.monotonic() - began:.0f} s", flush=True)
    return code
