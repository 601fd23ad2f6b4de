"""The recogniser for lockstep: a recording in, the commands it makes of it out, as a stream of 20 ms chunks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kitt_control.commands import Command
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.heard import Heard
from kitt_voice.opening import open_ears
from kitt_voice.recogniser import Recogniser
from kitt_voice.sources.files import read_blocks

_CHUNK = 320
_SILENCE_S = 1.0


class Ears:
    """Opens the recogniser at the first line, which takes a second."""

    def __init__(self) -> None:
        self._ears: Recogniser | None = None

    def __call__(self, sound: Path) -> list[tuple[float, Command]]:
        """Commands, each with the time [s] after the recording's start at which it is there."""
        if self._ears is None:
            self._ears = open_ears().recogniser
        silence = np.zeros(round(_SILENCE_S * SAMPLE_RATE), np.int16)
        samples = np.concatenate([silence, *read_blocks(sound), silence])
        self._ears.reset()
        found: list[tuple[float, Command]] = []
        for at in range(0, len(samples), _CHUNK):
            for event in self._ears.push(samples[at : at + _CHUNK]):
                if isinstance(event, Heard):
                    head = event.command, event.slots, event.text, event.language, float(event.confidence)
                    found.append(((at + _CHUNK) / SAMPLE_RATE - _SILENCE_S, Command(*head, "speech")))
        return found
