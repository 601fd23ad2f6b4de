"""Silero VAD: the same numbers as its own wrapper gives, on any chunking."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.sources.files import read_blocks
from kitt_voice.vad import WINDOW, VoiceDetector, vad_file

DATA = Path(os.environ.get("KITT_DATA", Path(__file__).resolve().parents[5] / "shared" / "data")) / "speech"


@pytest.fixture(scope="module")
def file():
    try:
        return vad_file()
    except KittError as error:
        pytest.skip(f"the network cannot be had ({error}): kitt models fetch silero_vad")


def plain(file: Path, signal: np.ndarray) -> list[float]:
    """As silero_vad.utils_vad.OnnxWrapper.audio_forward does it."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    state, context, found = np.zeros((2, 1, 128), np.float32), np.zeros((1, 64), np.float32), []
    for i in range(0, len(signal) - 511, 512):
        window = np.concatenate([context, signal[None, i : i + 512]], axis=1)
        out, state = session.run(None, {"input": window, "state": state, "sr": np.array(16000)})
        context = window[..., -64:]
        found.append(float(out[0, 0]))
    return found


@pytest.mark.parametrize("size", [320, 512, 5000])
def test_equal_to_the_plain_wrapper_on_any_chunking(file, size):
    rng = np.random.default_rng(1)
    envelope = np.repeat(rng.uniform(0, 1, 40), 800)
    signal = (envelope * rng.normal(0, 0.1, 32000)).astype(np.float32)
    detector = VoiceDetector(file)
    got = np.concatenate([detector.push(signal[i : i + size]) for i in range(0, len(signal), size)])
    assert len(got) == len(signal) // WINDOW
    assert got == pytest.approx(plain(file, signal), abs=1e-5)


def test_silence_and_noise_are_no_speech(file):
    noise = np.random.default_rng(0).normal(0, 1000, 32000).astype(np.int16)
    for sound in (np.zeros(32000, dtype=np.int16), noise):
        assert VoiceDetector(file).push(sound).max() < 0.3


def test_people_are_heard_and_then_silence(file):
    clips = sorted(DATA.rglob("*.flac"))[::600]
    if not clips:
        pytest.skip("no recordings here (KITT_DATA)")
    pause = np.zeros(16000, dtype=np.int16)
    for clip in clips:
        detector = VoiceDetector(file)
        speech = detector.push(np.concatenate([pause[:4000], *read_blocks(clip)]))
        assert speech.max() > 0.8, clip
        detector.push(pause)
        assert detector.push(pause).max() < 0.3, clip


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(KittError, match="no model file"):
        VoiceDetector(tmp_path / "vad.onnx")
