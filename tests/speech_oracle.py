"""An acoustic model that knows what is said: posteriors like those of a network trained with CTC, from phones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX, PHONES
from kitt_text.words import tokens

SILENCE, SPEECH = 0.02, 0.97


class Script:
    """Posteriors and probabilities of speech, step by step; `say` and `silence` add to them."""

    def __init__(self, seed: int = 0, noise: float = 0.0) -> None:
        self.random = np.random.default_rng(seed)
        self.noise = noise
        self.rows: list[np.ndarray] = []
        self.speech: list[float] = []
        self.ends: list[int] = []

    def silence(self, seconds: float) -> Script:
        for _ in range(round(seconds / 0.02)):
            self._row(0, SILENCE)
        return self

    def phones(self, phones: Sequence[str]) -> Script:
        """Each phone a peak of one or two steps, blanks between, as CTC's networks give."""
        for phone in phones:
            for _ in range(int(self.random.integers(1, 3))):
                self._row(INDEX[phone], SPEECH)
            for _ in range(int(self.random.integers(2, 4))):
                self._row(0, SPEECH)
        self.ends.append(len(self.rows) - 1)
        return self

    def say(self, text: str, language: str = "en", variant: int = 0) -> Script:
        lexicon = Lexicon.load(language)
        for word in tokens(text):
            variants = lexicon.pronounce(word)
            self.phones(variants[min(variant, len(variants) - 1)])
        return self

    def _row(self, best: int, speech: float) -> None:
        logits = self.random.normal(0.0, 1.0, len(PHONES)) * max(self.noise, 0.3)
        logits[best] += 9.0
        logits[0] += 3.0
        self.rows.append((logits - np.logaddexp.reduce(logits)).astype(np.float32))
        self.speech.append(speech)


class OracleAcoustic:
    """Plays a script, whatever the features are; after its end there is silence."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.at = 0
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def step(self, features: np.ndarray) -> tuple[np.ndarray, float]:
        at, self.at = self.at, self.at + 1
        if at < len(self.script.rows):
            return self.script.rows[at], self.script.speech[at]
        silence = np.full(len(PHONES), -12.0, np.float32)
        silence[0] = -0.001
        return silence, SILENCE


class Layered(OracleAcoustic):
    """With a last layer, which a verifier asks for."""

    top = np.zeros(4, np.float32)
