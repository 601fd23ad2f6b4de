"""`kitt doctor`: what is there, what is missing, and the command that mends it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from kitt_cli import checks


def command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Look at this machine: exit status 1 when something is missing that KITT needs."""
    findings = [check() for check in checks.ALL]
    healthy = all(finding.state != checks.MISSING for finding in findings)
    if as_json:
        print(json.dumps({"healthy": healthy, "checks": [finding.to_dict() for finding in findings]}))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("", "state", "found", "mended by", box=None)
        for finding in findings:
            table.add_row(finding.what, finding.state, finding.found, finding.remedy)
        Console().print(table)
    raise typer.Exit(0 if healthy else 1)
