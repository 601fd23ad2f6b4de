"""`kitt listen` at work: audio in, a growing table or JSON out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from kitt_cli.speech.hearing import heard_values
from kitt_inference.errors import KittError
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.heard import Heard, Partial
from kitt_voice.recogniser import Recogniser

Array = np.ndarray[Any, Any]
_LONG_S = 60.0  # from here on a file's progress is told where there is no terminal
_ROW = "{:<28}  {:>8}  {:>8}  {:<14}  {:<28}  {:<4}  {:>5}"


class Listening:
    """Shows what is heard as it is heard; keeps it for JSON."""

    def __init__(self, recogniser: Recogniser, as_json: bool, json_lines: bool = False) -> None:
        self.results: list[dict[str, Any]] = []
        self.errors: list[dict[str, str]] = []
        self._recogniser = recogniser
        self._as_json, self._json_lines = as_json, json_lines
        self._console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 160, highlight=False)
        self._live: Live | None = None
        self._partial = ""

    def __enter__(self) -> Listening:
        if self._console.is_terminal:
            self._live = Live(Text(), console=self._console, refresh_per_second=8, transient=True)
            self._live.start()
        if not self._as_json:
            self._console.print(
                _ROW.format("source", "begin", "end", "command", "text", "lang", "conf."), style="bold", markup=False
            )
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def take_file(self, path: Path, blocks: Iterable[Array]) -> None:
        """One file; a fault in it is kept and the next may come.

        Args:
            blocks: int16 blocks at 16 kHz; may raise KittError at any block: what was heard before is kept.
        """
        try:
            self._hear(str(path), blocks)
        except KittError as error:
            self.problem(path, error)

    def problem(self, path: Path, error: KittError) -> None:
        """A file that cannot be heard, or not to its end."""
        words = error.message if str(path) in error.message else f"{path}: {error.message}"
        self.errors.append({"file": str(path), "message": words, "remedy": error.remedy})

    def warning(self, path: Path, line: str) -> None:
        """A file that was heard in part only."""
        self.problem(path, KittError(line))

    def take_microphone(self, name: str, blocks: Iterable[Array]) -> None:
        """A live source, until it ends."""
        self._hear(name, blocks)

    def tell_problems(self) -> None:
        """A line on standard error for each fault."""
        for error in self.errors:
            typer.echo(f"error: {KittError(error['message'], error['remedy'])}", err=True)

    def _hear(self, source: str, blocks: Iterable[Array]) -> None:
        self._recogniser.reset()
        self._partial = ""
        count, told_s, began_s = 0, 0.0, time.monotonic()
        for block in blocks:
            count += len(block)
            self._show_events(source, self._recogniser.push(block))
            audio_s, spent_s = count / SAMPLE_RATE, time.monotonic() - began_s
            self._show_status(source, audio_s, spent_s)
            if self._live is None and not self._json_lines and audio_s > _LONG_S and spent_s - told_s > 10.0:
                told_s = spent_s
                typer.echo(_progress(source, audio_s, spent_s), err=True)
        self._show_events(source, self._recogniser.flush())

    def _show_events(self, source: str, events: Iterable[object]) -> None:
        for event in events:
            if isinstance(event, Partial):
                self._partial = event.text
            elif isinstance(event, Heard):
                self._partial = ""
                self._command(source, event)

    def _command(self, source: str, heard: Heard) -> None:
        values = {"file": source, **heard_values(heard)}
        if self._json_lines:
            values["stamp"] = round(time.time(), 3)
            print(json.dumps(values), flush=True)
            return
        self.results.append(values)
        if not self._as_json:
            name = source if len(source) <= 28 else "…" + source[-27:]
            times = (_clock(heard.begin_s), _clock(heard.end_s))
            command = heard.command + _slots(values["slots"])
            row = _ROW.format(name, *times, command, heard.text, heard.language, f"{heard.confidence:.2f}")
            self._console.print(row, markup=False, soft_wrap=True)

    def _show_status(self, source: str, audio_s: float, spent_s: float) -> None:
        if self._live is not None:
            heard = f"   «{self._partial} …»" if self._partial else ""
            self._live.update(Text(_progress(source, audio_s, spent_s) + heard, style="cyan"))


def _progress(source: str, audio_s: float, spent_s: float) -> str:
    return f"{Path(source).name}: {_clock(audio_s)} of audio, {audio_s / max(spent_s, 1e-3):.1f} times as fast as said"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:.2f}"
    hours = f"{whole // 3600}:{whole % 3600 // 60:02d}" if whole >= 3600 else str(whole // 60)
    return f"{hours}:{seconds % 60:04.1f}"


def _slots(slots: list[dict[str, Any]]) -> str:
    parts = [
        s["label"] or (s["text"] if s["value"] is None else f"{s['value']:.4g} {s['unit']}".strip()) for s in slots
    ]
    return f" ({', '.join(parts)})" if parts else ""
