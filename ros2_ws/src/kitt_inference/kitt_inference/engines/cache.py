"""Engines on disk: a plan and a record beside it. What does not fit its record is never loaded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from kitt_inference.download import cache_root
from kitt_inference.engines.key import EngineKey
from kitt_inference.errors import KittError

PLAN, RECORD, TIMING = ".engine", ".json", "timing.cache"
_CACHE_REMEDY = "make it writable (`sudo chown -R $USER {}`), or set KITT_CACHE to a folder that is"


@dataclass(frozen=True)
class Entry:
    """One record of the cache.

    Attributes:
        model, reference_sha256: the model's name and the float32 file it stands for.
        key: the engine's key in plain values. sha256, size: of the plan, "" and 0 when it was refused.
        report: what the parity gate measured. refused: why the gate refused it, "" for an engine that may run.
        speed: milliseconds of engine and reference, where measured.
    """

    digest: str
    model: str
    reference_sha256: str
    key: dict[str, Any]
    sha256: str
    size: int
    report: dict[str, Any]
    speed: dict[str, float]
    refused: str = ""


class EngineCache:
    """The folder `engines` of KITT's cache."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_root() / "engines"

    def check_writable(self) -> None:
        """Raise KittError with the remedy unless engines can be stored."""
        probe = self.folder / f".probe-{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise KittError(
                f"the engine cache {self.folder} cannot be written ({error.strerror})",
                _CACHE_REMEDY.format(self.folder),
            ) from error

    @property
    def timing_file(self) -> Path:
        """TensorRT's own notes on how fast its kernels are, which make the next build shorter."""
        return self.folder / TIMING

    def plan_file(self, digest: str) -> Path:
        """Where an engine's plan is, or would be."""
        return self.folder / (digest + PLAN)

    def store(self, key: EngineKey, plan: bytes, entry: dict[str, Any]) -> Entry:
        """Write plan, then record, each at one stroke. entry: the fields of `Entry` that the plan does not give."""
        self.check_writable()
        refused = entry.get("refused", "")
        made = Entry(
            digest=key.digest,
            key=key.as_json(),
            sha256="" if refused else hashlib.sha256(plan).hexdigest(),
            size=0 if refused else len(plan),
            **entry,
        )
        if refused:
            self.plan_file(key.digest).unlink(missing_ok=True)
        else:
            _write(self.plan_file(key.digest), plan)
        _write(self.folder / (key.digest + RECORD), json.dumps(made.__dict__, indent=1).encode())
        return made

    def find(self, key: EngineKey) -> Entry | None:
        """The record of a key, None when there is none or it is damaged."""
        entry = self._read(self.folder / (key.digest + RECORD))
        return entry if entry is not None and entry.key == key.as_json() else None

    def fault(self, entry: Entry) -> str:
        """What is wrong with a record's plan, "" when it may be loaded."""
        if entry.refused:
            return f"refused: {entry.refused}"
        file = self.plan_file(entry.digest)
        try:
            plan = file.read_bytes()
        except OSError:
            return "its plan is missing"
        if len(plan) != entry.size:
            return f"truncated: {len(plan)} bytes instead of {entry.size}"
        return "" if hashlib.sha256(plan).hexdigest() == entry.sha256 else "damaged: its sha256 differs"

    def read(self, entry: Entry) -> bytes:
        """The plan. Raises KittError when it is not the one of its record."""
        fault = self.fault(entry)
        if fault:
            raise KittError(
                f"the engine {entry.digest[:12]}… of {entry.model} is {fault}", f"`kitt engine build {entry.model}`"
            )
        return self.plan_file(entry.digest).read_bytes()

    def entries(self) -> list[Entry]:
        """All records that can be read."""
        files = sorted(self.folder.glob("*" + RECORD)) if self.folder.is_dir() else []
        return [entry for file in files if (entry := self._read(file)) is not None]

    def strangers(self) -> list[Path]:
        """Files that belong to no readable record."""
        if not self.folder.is_dir():
            return []
        known = {self.plan_file(entry.digest) for entry in self.entries()}
        known |= {self.folder / (entry.digest + RECORD) for entry in self.entries()}
        return [file for file in sorted(self.folder.iterdir()) if file not in known | {self.timing_file}]

    def remove(self, entry: Entry) -> None:
        """Delete an engine and its record."""
        self.plan_file(entry.digest).unlink(missing_ok=True)
        (self.folder / (entry.digest + RECORD)).unlink(missing_ok=True)

    @staticmethod
    def _read(file: Path) -> Entry | None:
        try:
            entry = Entry(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        texts = (entry.digest, entry.model, entry.reference_sha256, entry.sha256, entry.refused)
        whole = (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(part, dict) for part in (entry.key, entry.report, entry.speed))
            and isinstance(entry.size, int)
            and {part.name for part in fields(EngineKey)} <= set(entry.key)
            and all(isinstance(value, int | float) for value in entry.speed.values())
        )
        return entry if whole and entry.digest == file.stem else None


@contextlib.contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """A path to write to that takes the file's place at one stroke at the end."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        yield draft
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _write(file: Path, data: bytes) -> None:
    try:
        with replaced(file) as draft:
            draft.write_bytes(data)
    except OSError as error:
        raise KittError(f"{file} cannot be written ({error.strerror})", _CACHE_REMEDY.format(file.parent)) from error
