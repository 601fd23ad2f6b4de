"""hibari: English, 0.01 of real time on one core. The package hibari-tts (Apache-2.0) brings model and lexicon."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.speech.base import Samples, stretched

# The packaged voice is a woman's: lower, and from a larger throat, it is KITT's.
_PITCH, _UP, _DOWN = 0.62, 8, 7


class HibariVoice:
    """Speaks English."""

    def __init__(self, language: str) -> None:
        """Raises KittError when the package is missing or damaged, or the language is not English."""
        self.name = self.name_for(language)
        import hibari

        try:
            self._engine: Any = hibari.Hibari(threads=1)
            self._synth = hibari.dsp.synth
            self._engine.g2p  # noqa: B018  (loads the lexicon now, not with the first word)
        except Exception as error:  # whatever a damaged file makes ONNX Runtime or json raise
            raise KittError(
                f"the package hibari-tts is damaged ({error})", "pip install --force-reinstall hibari-tts"
            ) from error

    @staticmethod
    def name_for(language: str) -> str:
        """See `voices.name_of`."""
        if language != "en":
            raise KittError(f"hibari does not speak «{language}»", "it speaks English")
        if importlib.util.find_spec("hibari") is None:
            raise KittError("the English voice needs the package hibari-tts", "./kitt setup, or pip install hibari-tts")
        return f"hibari heart {_PITCH} {_UP}/{_DOWN}"

    def speak(self, text: str, language: str) -> Samples:
        """See `Voice.speak`."""
        noise = np.random.default_rng(0)  # the same text gives the same sound
        parts = []
        for said in self._engine.phonemize(text):
            numbers = self._engine.ids(said)
            if len(numbers) < 3:
                continue
            feeds = {"ids": np.asarray([numbers], np.int64), "speed": np.asarray([_UP / _DOWN], np.float32)}
            *filters, pitch = (out[0] for out in self._engine.sess.run(None, feeds))
            parts.append(stretched(self._synth(*filters, pitch * _PITCH * _UP / _DOWN, noise), _UP, _DOWN))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
