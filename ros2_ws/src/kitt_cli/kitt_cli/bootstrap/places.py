"""Where things lie, and what has been done already."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kitt_cli.bootstrap.progress import SetupError

ROOT = Path(os.environ.get("KITT_ROOT") or Path(__file__).resolve().parents[5])
STATE = ROOT / ".kitt"
VENV = STATE / "venv"
BUILD = STATE / "build"
INSTALL = STATE / "install"
LOG = STATE / "log"
SOURCES = ROOT / "ros2_ws" / "src"
REQUIREMENTS = ROOT / "requirements"
ENVIRONMENT = STATE / "environment.json"
_STAMPS = STATE / "stamps.json"


def packages() -> dict[str, Path]:
    """Name to folder of every ROS package of the workspace."""
    return {manifest.parent.name: manifest.parent for manifest in sorted(SOURCES.glob("*/package.xml"))}


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """sha256 over the names and contents of files and over further words."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


class Stamps:
    """Remembers with which inputs each step was last finished."""

    def __init__(self) -> None:
        try:
            self._done: dict[str, str] = json.loads(_STAMPS.read_text())
        except (OSError, ValueError):
            self._done = {}

    def fresh(self, step: str, value: str) -> bool:
        return self._done.get(step) == value

    def set(self, step: str, value: str) -> None:
        """Note a finished step; written at once so that an interruption loses nothing."""
        self._done[step] = value
        self._save()

    def drop(self, prefix: str) -> None:
        """Forget the steps whose names begin so."""
        self._done = {k: v for k, v in self._done.items() if not k.startswith(prefix)}
        self._save()

    def _save(self) -> None:
        temporary = _STAMPS.with_suffix(".new")
        temporary.write_text(json.dumps(self._done, indent=1))
        temporary.replace(_STAMPS)


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the set-up's lock; a second `./kitt` waits for the first.

    Raises:
        SetupError: the checkout cannot be written to.
    """
    try:
        STATE.mkdir(exist_ok=True)
        handle = (STATE / "lock").open("w")
    except OSError as error:
        raise SetupError(f"{STATE} cannot be written: {error.strerror}. Check its owner and the free space") from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
