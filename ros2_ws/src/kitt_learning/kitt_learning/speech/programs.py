"""Speech synthesisers that are programs: how to run one."""

from __future__ import annotations

import shutil
import subprocess

from kitt_learning.speech.voices import SynthesisError, Voice

TIMEOUT_S = 30.0


def run(voice: Voice, command: list[str], text: str = "") -> bytes:
    """What a program prints when it is given a text.

    Raises:
        SynthesisError: it is missing, failed, or gave no answer in time.
    """
    if shutil.which(command[0]) is None:
        raise SynthesisError(voice, f"{command[0]} is not installed")
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise SynthesisError(voice, f"no answer in {TIMEOUT_S:.0f} s") from error
    errors = done.stderr.decode(errors="replace")
    if done.returncode or errors.startswith("Fatal"):
        raise SynthesisError(voice, errors or f"exit status {done.returncode}")
    return done.stdout
