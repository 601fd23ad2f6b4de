"""What KITT learns of its operator lies in the user's data folder, in files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def user_data(name: str) -> Path:
    """`$XDG_DATA_HOME/kitt/NAME`, else `~/.local/share/kitt/NAME`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kitt" / name


def write_json(path: Path, content: Any) -> None:
    """Write a new file beside the old one and put it in its place, so that a power cut leaves one of them.

    Args:
        path: the file; its folder is made.
        content: what JSON can hold.

    Raises:
        OSError: no room, no right.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=path.name, delete=False
    ) as draft:  # fmt: skip
        json.dump(content, draft, ensure_ascii=False)
    Path(draft.name).replace(path)
