#!/usr/bin/env python3
"""Speak the demo's lines anew into ros2_ws/src/kitt_cli/kitt_cli/demo/lines/: 16 kHz mono FLAC, about 20 KB each.

Needs hibari-tts==0.2.1 (Apache-2.0) beside KITT's own environment: `pip install hibari-tts==0.2.1`. The same text gives
the same sound.
"""

from __future__ import annotations

import sys

import numpy as np
import soundfile
from hibari import Hibari

from kitt_cli.demo.script import FOLDER, LINES, SILENCE_S
from kitt_voice.resample import Resampler, to_int16

_VOICE_RATE = 24_000


def main() -> None:
    """Write one file for each line of the demo's script."""
    voice = Hibari()
    FOLDER.mkdir(exist_ok=True)
    for line in LINES:
        resampler = Resampler(_VOICE_RATE)
        sound = np.asarray(voice(line.spoken, seed=0), np.float32)
        said = np.concatenate([resampler.push(sound), resampler.flush()])
        silence = np.zeros(round(SILENCE_S * 16_000), np.float32)
        samples = to_int16(np.concatenate([silence, said * (0.5 / np.abs(said).max()), silence]))
        soundfile.write(line.file, samples, 16_000, subtype="PCM_16")
        sys.stdout.write(f"{line.file.name}: {len(samples) / 16_000:.2f} s, {line.file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
