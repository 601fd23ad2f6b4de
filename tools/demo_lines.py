#!/usr/bin/env python3
"""Speak the lines of the demo and of the scenarios anew, each into its place: 16 kHz mono FLAC, about 20 KB each.

Needs Debian's flite (permissive licence), whose voice rms is of CMU Arctic. The same text gives the same sound.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import yaml

from kitt_cli.demo.script import LINES, SILENCE_S
from kitt_sim.scenarios.scenario import LIBRARY, Line
from kitt_voice.resample import to_int16

_SLOWNESS = 1.1


def lines() -> dict[Path, str]:
    """File to text of every line that somebody says to the car."""
    found = {line.file: line.spoken for line in LINES}
    for path in sorted(LIBRARY.glob("*.yaml")):
        for step in yaml.safe_load(path.read_text())["steps"]:
            if "say" in step:
                line = Line(**step["say"])
                found[line.file] = line.text
    return found


def main() -> None:
    """Write one file for each line."""
    silence = np.zeros(round(SILENCE_S * 16_000), np.float32)
    for file, text in lines().items():
        file.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "line.wav"
            stretch = f"duration_stretch={_SLOWNESS}"
            subprocess.run(["flite", "-voice", "rms", "--setf", stretch, "-t", text, "-o", str(wav)], check=True)
            said, rate = soundfile.read(wav, dtype="float32")
        if rate != 16_000:
            sys.exit(f"error: flite speaks at {rate} samples a second, not at 16000")
        samples = to_int16(np.concatenate([silence, said * (0.5 / np.abs(said).max()), silence]))
        soundfile.write(file, samples, 16_000, subtype="PCM_16")
        sys.stdout.write(f"{file.name}: {len(samples) / 16_000:.2f} s, {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
