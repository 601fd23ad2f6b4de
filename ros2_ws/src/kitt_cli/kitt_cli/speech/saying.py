"""`kitt say` at work: texts to a loudspeaker or into a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import typer

from kitt_cli.verbs.models import fetch_progress
from kitt_inference.errors import KittError
from kitt_voice.speech import kokoro
from kitt_voice.speech.base import RATE
from kitt_voice.speech.normalise import speakable
from kitt_voice.speech.queue import ANSWER
from kitt_voice.speech.speaker import Speaker
from kitt_voice.speech.studio import Studio
from kitt_voice.speech.voices import AUTO, name_of

_OPEN_S = 10.0


def make_ready(voice: str, language: str) -> None:
    """Fetch what the voice needs and can be had. Raises KittError when there is none for the language."""
    if voice in (AUTO, "kokoro") and language in ("fr", "es"):
        try:
            kokoro.Kokoro.name_for(language)
        except KittError:
            try:
                with fetch_progress() as report:
                    kokoro.fetch(report)
            except KittError as error:
                typer.echo(f"warning: {error}", err=True)
    name_of(voice, language)


class Mouth:
    """What `IntoFile` and `Loud` share; a context manager."""

    def __init__(self, voice: str, language: str) -> None:
        self._studio, self._language = Studio(voice), language
        self._voice = voice
        self._said: list[dict[str, Any]] = []
        self.seconds = 0.0

    def __enter__(self) -> Mouth:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def say(self, text: str) -> str:
        """Say it; why it was not said, or not all of it, else "". Raises KittError when voice or output fail."""
        said = speakable(text, self._language)
        seconds = self._say(text, said.pieces) if said.pieces else 0.0
        self.seconds += seconds
        entry = {"text": text[:200], "spoken": list(said.pieces), "seconds": round(seconds, 3), "reason": said.reason}
        self._said.append(entry)
        return said.reason

    def report(self) -> dict[str, Any]:
        """What was said, for JSON."""
        names = {"language": self._language, "voice": name_of(self._voice, self._language)}
        return {**names, "seconds": round(self.seconds, 3), "said": self._said, **self._where()}

    def _say(self, text: str, pieces: tuple[str, ...]) -> float:
        raise NotImplementedError

    def _where(self) -> dict[str, Any]:
        raise NotImplementedError


class IntoFile(Mouth):
    """A WAV file, 24 kHz, 16 bit, mono."""

    def __init__(self, voice: str, language: str, path: Path) -> None:
        """Raises KittError when it cannot be written."""
        import soundfile

        super().__init__(voice, language)
        self._path = path
        if path.suffix.lower() != ".wav":
            raise KittError(f"{path} is no WAV file's name", "let it end in .wav")
        try:
            self._file = soundfile.SoundFile(str(path), "w", RATE, 1, "PCM_16")
        except (soundfile.LibsndfileError, OSError) as error:
            raise KittError(f"{path} cannot be written ({error})", "make its folder, or name another") from error

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _say(self, text: str, pieces: tuple[str, ...]) -> float:
        samples = np.concatenate([self._studio.make(piece, self._language) for piece in pieces])
        self._file.write(samples)
        return len(samples) / RATE

    def _where(self) -> dict[str, Any]:
        return {"file": str(self._path)}


class Loud(Mouth):
    """A loudspeaker."""

    def __init__(self, voice: str, language: str, device: str) -> None:
        super().__init__(voice, language)
        self._speaker = Speaker(self._studio, device)

    def __enter__(self) -> Loud:
        self._speaker.start()
        end_s = time.monotonic() + _OPEN_S
        while not self._speaker.status.connected:
            if self._speaker.status.fault or time.monotonic() > end_s:
                self._speaker.stop()
                self._check()
            time.sleep(0.02)
        return self

    def __exit__(self, *error: object) -> None:
        self._speaker.stop()

    def _say(self, text: str, pieces: tuple[str, ...]) -> float:
        begin_s = None
        self._speaker.say(text, self._language, ANSWER)
        while not self._speaker.idle:
            state = self._speaker.speaking
            begin_s = begin_s or (state.begin_s if state.speaking else None)
            time.sleep(0.02)
        self._check()
        return time.monotonic() - begin_s if begin_s is not None else 0.0

    def _check(self) -> None:
        status = self._speaker.status
        if status.fault:
            raise KittError(status.fault, status.remedy + "; --out FILE.wav needs no loudspeaker")

    def _where(self) -> dict[str, Any]:
        return {"device": self._speaker.status.output}
