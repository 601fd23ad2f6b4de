"""Sound for the verbs: recordings in files and folders, clips of a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.evaluation import Clip
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.sources.files import Warn, read_blocks

Array = np.ndarray[Any, Any]
SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".w64", ".caf", ".au"})


def recordings(paths: Iterable[Path], problem: Callable[[Path, KittError], None]) -> Iterator[Path]:
    """The files, and the sound files within folders, by name. An empty folder goes to `problem`."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not found:
            problem(
                path, KittError(f"{path} holds no sound files", f"their names end in {', '.join(sorted(SUFFIXES))}")
            )
        yield from found


def read_all(path: Path, on_warning: Warn) -> Array:
    """A whole file as int16 at 16 kHz. Raises KittError."""
    return np.concatenate(list(read_blocks(path, SAMPLE_RATE, on_warning)))


def read_clip(clip: Clip) -> Array:
    """A clip as float32 in [-1, 1] at 16 kHz.

    Raises:
        KittError: the file cannot be read, breaks off, or ends before the clip does.
    """

    def broken(line: str) -> None:
        raise KittError(line)

    samples = read_all(clip.path, broken)
    end = len(samples) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
    part = samples[round(clip.start_s * SAMPLE_RATE) : end]
    if not len(part):
        raise KittError(f"{clip.path} ends before {clip.start_s:g} s")
    return part.astype(np.float32) / 32768.0
