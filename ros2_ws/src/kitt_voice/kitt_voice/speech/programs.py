"""Voices that are programs of the system, in processes of their own: espeak-ng (GPL-3.0) and SVOX Pico."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import tempfile
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_voice.speech.base import RATE, Samples, stretched

_TIMEOUT_S = 10.0
_WORDS_A_MINUTE = 150
_ESPEAK = {"en": "en-us", "fr": "fr-fr", "es": "es"}
_PICO = {"en": "en-GB", "fr": "fr-FR", "es": "es-ES"}


class Espeak:
    """espeak-ng."""

    def __init__(self, language: str) -> None:
        """Raises KittError when the program is not installed."""
        self.name = self.name_for(language)

    @staticmethod
    def name_for(language: str) -> str:
        """See `voices.name_of`."""
        _need("espeak-ng", "sudo apt-get install espeak-ng")
        return f"espeak {_ESPEAK[language]}"

    def speak(self, text: str, language: str) -> Samples:
        """See `Voice.speak`."""
        command = ["espeak-ng", "-v", _ESPEAK[language], "-s", str(_WORDS_A_MINUTE), "--stdout", "--", text]
        return _samples(_run(command))


class Pico:
    """SVOX Pico; Debian has it in the section non-free."""

    def __init__(self, language: str) -> None:
        """Raises KittError when the program is not installed."""
        self.name = self.name_for(language)

    @staticmethod
    def name_for(language: str) -> str:
        """See `voices.name_of`."""
        _need("pico2wave", "sudo apt-get install libttspico-utils (Debian: section non-free)")
        return f"pico {_PICO[language]}"

    def speak(self, text: str, language: str) -> Samples:
        """See `Voice.speak`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            _run(["pico2wave", "-l", _PICO[language], "-w", str(path), "--", text])
            return _samples(path.read_bytes() if path.is_file() else b"")


def _need(program: str, remedy: str) -> None:
    if shutil.which(program) is None:
        raise KittError(f"the program {program} is not installed", remedy)


def _run(command: list[str]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise KittError(f"{command[0]} gave no answer in {_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise KittError(f"{command[0]} cannot be run ({error.strerror})") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise KittError(f"{command[0]} failed ({words[-1] if words else f'exit status {done.returncode}'})")
    return done.stdout


def _samples(wav: bytes) -> Samples:
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise KittError(f"the voice gave no sound ({error})") from error
    common = math.gcd(rate, RATE)
    return stretched(samples, RATE // common, rate // common)
