"""Shards of tone_speech: a corpus to learn from and noise to mix in, made in a second."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kitt_learning.speech.shards import SAMPLE_RATE, Shard
from tone_speech import say

NEEDS = "what training needs is not here: ./kitt test brings it"
"""Why a test is skipped."""


def about(text: str, engine: str = "human", language: str = "en") -> dict[str, str]:
    """The text columns of a clip."""
    return {"text": text, "language": language, "engine": engine, "voice": "v", "kind": "word"}


def write_corpus(folder: Path, texts: Iterable[str], engine: str = "human", language: str = "en") -> Path:
    """A folder with one shard of texts said in tones, 0.1 s of silence around each; "" is a second of noise."""
    rng, shard = np.random.default_rng(0), Shard()
    for text in texts:
        noise = (rng.standard_normal(SAMPLE_RATE) * 1000).astype(np.int16)
        shard.add(say(text, language, around_s=0.1) if text.strip() else noise, **about(text, engine, language))
    shard.write(folder, "a_000")
    return folder


def write_noise(folder: Path, seconds: float = 4.0, rooms: int = 3) -> Path:
    """A folder with white noise and, unless 0, rooms that decay within 50 ms."""
    rng, shard = np.random.default_rng(1), Shard()
    shard.add((rng.standard_normal(round(seconds * SAMPLE_RATE)) * 3000).astype(np.int16), **about("", "noise"))
    shard.write(folder, "a_000")
    if rooms:
        decay = np.exp(-np.arange(1600) / 200)
        rirs = rng.standard_normal((rooms, 1600)) * decay
        np.savez(folder / "rirs.npz", rirs=rirs / np.linalg.norm(rirs, axis=1, keepdims=True))
    return folder
