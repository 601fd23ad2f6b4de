"""`kitt docs`: the parts of docs/ that are made from the code."""

from __future__ import annotations

from pathlib import Path

from kitt_cli.bootstrap.places import ROOT
from kitt_core import contract


def generated() -> dict[Path, str]:
    """File to text of everything in docs/ that is made from code; a test holds them equal."""
    return {ROOT / "docs" / "topics.md": contract.markdown()}


def command() -> None:
    """Write the generated parts of docs/ anew."""
    for path, text in generated().items():
        changed = not path.is_file() or path.read_text() != text
        path.write_text(text)
        print(f"{'written' if changed else 'unchanged'}: {path.relative_to(ROOT)}")
