"""Pieces of text become sound here: synthesised once, kept in memory, and on disk where they must start at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np

from kitt_inference.download import cache_root
from kitt_inference.errors import KittError
from kitt_voice.speech.base import RATE, Samples, Voice
from kitt_voice.speech.character import kitt
from kitt_voice.speech.voices import AUTO, name_of, open_voice

_KEPT = 128  # pieces in memory: about 25 MB
_AGAIN_S = 10.0  # so long a voice that could not be opened is not tried again
_LONGEST_S = 60.0
_PAUSES_S = {",": 0.08, ":": 0.15, ";": 0.15}
_SENTENCE_S = 0.25


class Studio:
    """May be used from any thread; one piece is synthesised at a time."""

    def __init__(self, voice: str = AUTO, chorus: bool = True, folder: Path | None = None) -> None:
        """`voice`: see `voices.open_voice`; `folder`: where prepared pieces lie, else in KITT's cache."""
        self._voice, self._chorus = voice, chorus
        self._folder = folder or cache_root() / "voice"
        self._voices: dict[str, Voice] = {}
        self._names: dict[str, str] = {}
        self._refused: dict[str, tuple[float, KittError]] = {}
        self._kept: OrderedDict[str, Samples] = OrderedDict()
        self._lock, self._making = threading.Lock(), threading.Lock()

    def voice(self, language: str) -> Voice:
        """The voice of a language, opened at its first use.

        Raises:
            KittError: it cannot be had; tried again after 10 s.
        """
        if language in self._voices:
            return self._voices[language]
        when_s, error = self._refused.get(language, (-_AGAIN_S, KittError("")))
        if time.monotonic() - when_s < _AGAIN_S:
            raise error
        try:
            self._voices[language] = open_voice(self._voice, language)
        except KittError as problem:
            self._refused[language] = (time.monotonic(), problem)
            raise
        return self._voices[language]

    def ready(self, piece: str, language: str) -> Samples | None:
        """A piece that is here already: from memory or from disk."""
        try:
            key = self._key(piece, language)
        except KittError:
            return None
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        samples = _read(self._path(key))
        if samples is not None:
            self._keep(key, samples)
        return samples

    def make(self, piece: str, language: str, lasting: bool = False) -> Samples:
        """A piece as (n,) float32 at `RATE`, in KITT's manner and with the pause behind it.

        Args:
            lasting: keep it on disk, so that it starts at once also after the next start.

        Raises:
            KittError: there is no voice, or it failed.
        """
        with self._making:
            voice = self.voice(language)
            samples = self.ready(piece, language)
            key = self._key(piece, language)
            if samples is None:
                said = voice.speak(piece, language)[: int(_LONGEST_S * RATE)]
                pause_s = _PAUSES_S.get(piece[-1:], _SENTENCE_S)
                samples = np.concatenate((kitt(said, self._chorus), np.zeros(int(pause_s * RATE), np.float32)))
                self._keep(key, samples)
            if lasting and not self._path(key).exists():
                _write(self._path(key), samples)
        return samples

    def _keep(self, key: str, samples: Samples) -> None:
        with self._lock:
            self._kept[key] = samples
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def _key(self, piece: str, language: str) -> str:
        if language in self._voices:
            name = self._voices[language].name
        else:  # what was prepared earlier starts at once, before the voice is loaded
            name = self._names.get(language) or name_of(self._voice, language)
            self._names[language] = name
        said = "\0".join((name, language, piece, str(self._chorus), str(RATE)))
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.npy"


def _read(path: Path) -> Samples | None:
    """Samples from disk; a damaged file is removed and made anew."""
    if not path.is_file():
        return None
    try:
        raw = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raw = None
    if raw is None or raw.dtype != np.int16 or raw.ndim != 1 or not len(raw):
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return np.asarray(raw / np.float32(32767), np.float32)


def _write(path: Path, samples: Samples) -> None:
    """Whole or not at all; a full or read-only disk costs only the time next time."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, (np.clip(samples, -1, 1) * 32767).astype(np.int16))
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
