#!/usr/bin/env python3
"""Speak the demo's lines anew into ros2_ws/src/kitt_cli/kitt_cli/demo/lines/: 16 kHz mono FLAC, about 20 KB each.

Needs Debian's flite (permissive licence), whose voice rms is of CMU Arctic. The same text gives the same sound.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from kitt_cli.demo.script import FOLDER, LINES, SILENCE_S
from kitt_voice.resample import to_int16

_SLOWNESS = 1.1


def main() -> None:
    """Write one file for each line of the demo's script."""
    FOLDER.mkdir(exist_ok=True)
    silence = np.zeros(round(SILENCE_S * 16_000), np.float32)
    for line in LINES:
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "line.wav"
            stretch = f"duration_stretch={_SLOWNESS}"
            subprocess.run(["flite", "-voice", "rms", "--setf", stretch, "-t", line.spoken, "-o", str(wav)], check=True)
            said, rate = soundfile.read(wav, dtype="float32")
        if rate != 16_000:
            sys.exit(f"error: flite speaks at {rate} samples a second, not at 16000")
        samples = to_int16(np.concatenate([silence, said * (0.5 / np.abs(said).max()), silence]))
        soundfile.write(line.file, samples, 16_000, subtype="PCM_16")
        sys.stdout.write(f"{line.file.name}: {len(samples) / 16_000:.2f} s, {line.file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
