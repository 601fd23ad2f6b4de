"""Speech in which every phone is a chord of two tones, and an acoustic model that reads it.

With it audio, features, decoding, files and nodes can be tested before and without a trained network.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX, PHONES
from kitt_text.words import tokens

RATE = 16000
LOW, HIGH = range(6, 21, 2), range(23, 40, 2)  # mel bands of the two tones
_TONE_S, _PAUSE_S = 0.06, 0.04
_AUDIBLE = -6.0  # log-mel above which a band sounds
_HANG = 6  # steps that speech goes on in a pause

GRAMMAR = """
languages: [en, fr, es]
fillers: {en: [please], fr: [alors], es: [oye]}
stop_words: [stop]
macros: {}
units:
  distance: {m: [meter, meters]}
  angle: {rad: [radian]}
  duration: {s: [seconds]}
commands:
  stop: {en: [stop], fr: [stop], es: [alto]}
  go: {en: [go, start driving], fr: [roule], es: [conduce]}
  left: {en: [left, turn left], fr: [gauche], es: [izquierda]}
  right: {en: [right, turn right], fr: [droite], es: [derecha]}
  what_do_you_see: {en: [what do you see], fr: [que vois tu], es: [que ves]}
objects:
  dog: {en: [dog/dogs], fr: [chien/chiens], es: [perro/perros]}
"""


def band_hertz(band: int) -> float:
    """The centre of a mel band of kitt_voice.features."""
    edges = np.linspace(2595 * np.log10(1 + 20 / 700), 2595 * np.log10(1 + 7600 / 700), 42)
    return float(700 * (10 ** (edges[band + 1] / 2595) - 1))


def say(text: str, language: str = "en", level: float = 0.3, around_s: float = 0.6) -> np.ndarray:
    """int16 samples of a text with silence before and after."""
    lexicon = Lexicon.load(language)
    parts = [np.zeros(round(around_s * RATE))]
    for word in tokens(text):
        for phone in lexicon.pronounce(word)[0]:
            at = np.arange(round(_TONE_S * RATE)) / RATE
            low, high = divmod(INDEX[phone], len(HIGH))
            chord = np.sin(2 * np.pi * band_hertz(LOW[low]) * at) + np.sin(2 * np.pi * band_hertz(HIGH[high]) * at)
            fade = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.005)
            parts += [level * chord * fade / 2, np.zeros(round(_PAUSE_S * RATE))]
    parts.append(np.zeros(round(around_s * RATE)))
    return np.rint(np.concatenate(parts) * 32767).astype(np.int16)


class ToneModel:
    """Reads the chords (kitt_voice.acoustic.Acoustic)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.quiet = 100

    def step(self, features: np.ndarray) -> tuple[np.ndarray, float]:
        mel = features.reshape(-1, 40).mean(axis=0)
        low, high = (int(np.argmax(mel[list(bands)])) for bands in (LOW, HIGH))
        audible = mel[LOW[low]] > _AUDIBLE and mel[HIGH[high]] > _AUDIBLE
        self.quiet = 0 if audible else self.quiet + 1
        row = np.full(len(PHONES), -12.0, np.float32)
        index = low * len(HIGH) + high
        row[index if audible and 0 < index < len(PHONES) else 0] = -1e-4
        return row, 0.98 if self.quiet < _HANG else 0.02


def install() -> None:
    """From now on every recogniser that is opened in this process has a `ToneModel`."""
    from kitt_inference.shipped import ShippedModel
    from kitt_voice import opening

    opening.find = lambda model="auto", int8=False: ShippedModel("tones", Path("tones.onnx"), "0" * 64, {})
    opening.AcousticModel.load = classmethod(lambda cls, path: ToneModel())


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    """A mono WAV of int16 samples."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path
