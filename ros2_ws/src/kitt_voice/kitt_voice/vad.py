"""Whether somebody speaks: Silero VAD (models/silero_vad), streaming."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference import zoo
from kitt_inference.download import Progress, no_progress
from kitt_inference.session import open_session
from kitt_voice.features import SAMPLE_RATE, as_float

Array = np.ndarray[Any, Any]

WINDOW = 512  # [samples], 32 ms
_CONTEXT = 64  # samples of the window before that the network sees again


def vad_file(progress: Progress = no_progress) -> Path:
    """The network's file, fetched when it is not here. Raises KittError when it cannot be had."""
    return zoo.fetch(zoo.find("silero_vad"), progress)


class VoiceDetector:
    """Probability of speech, a number a window of 32 ms. Not thread-safe: one instance a stream."""

    def __init__(self, file: Path | None = None) -> None:
        """file: the network, else the zoo's. Raises KittError when it cannot be had or loaded."""
        self._session = open_session(file or vad_file(), "onnxruntime", threads=1)
        self._rate = np.array(SAMPLE_RATE, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state: Array = np.zeros((2, 1, 128), dtype=np.float32)
        self._rest: Array = np.zeros(0, dtype=np.float32)
        self._context: Array = np.zeros(_CONTEXT, dtype=np.float32)

    def push(self, samples: Array) -> Array:
        """Take samples, give the probabilities of the windows they complete.

        Args:
            samples: (n,) mono at 16 kHz, int16 or floating point from -1 to 1; any n.

        Returns:
            (m,) float32 from 0 to 1; number k of a stream is for samples 512 k to 512 k + 511.
        """
        signal = np.concatenate((self._rest, as_float(samples)))
        count = len(signal) // WINDOW
        probabilities = np.empty(count, dtype=np.float32)
        for i in range(count):
            window = np.concatenate((self._context, signal[i * WINDOW : (i + 1) * WINDOW]))
            outputs = self._session.run({"input": window[None], "state": self._state, "sr": self._rate})
            probabilities[i] = outputs["output"][0, 0]
            self._state, self._context = outputs["stateN"], window[-_CONTEXT:]
        self._rest = signal[count * WINDOW :]
        return probabilities
