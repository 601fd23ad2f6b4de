"""Log-mel features: equal to torchaudio's, on any chunking."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from kitt_voice.features import HOP, N_FFT, N_MELS, LogMel, as_float, stack

HERE = Path(__file__).parent


def _maker():
    spec = importlib.util.spec_from_file_location("make_features_reference", HERE / "make_features_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sound():
    return _maker().signal(3.0, seed=2)


def test_equal_to_what_torchaudio_gave():
    with np.load(HERE / "features_reference.npz") as reference:
        got = LogMel().push(reference["samples"])
        assert got.shape == reference["log_mel"].shape == (27, N_MELS)
        assert got.dtype == np.float32
        assert np.abs(got - reference["log_mel"]).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_equal_to_torchaudio(seed):
    reason = "what training needs is not here: ./kitt test brings it"
    pytest.importorskip("torch", reason=reason)
    pytest.importorskip("torchaudio", reason=reason, exc_type=ImportError)
    maker = _maker()
    samples = maker.signal(5.0, seed)
    reference = maker.torchaudio_log_mel(samples)
    got = LogMel().push(samples)
    assert got.shape == reference.shape
    assert np.abs(got - reference).max() < 1e-4


@pytest.mark.parametrize("sizes", [[1], [159, 161], [320], [512], [7, 0, 4000, 160, 31]])
def test_chunks_do_not_matter(sound, sizes):
    whole = LogMel().push(sound)
    mel, frames, at, turn = LogMel(), [], 0, 0
    while at < len(sound):
        size = sizes[turn % len(sizes)]
        frames.append(mel.push(sound[at : at + size]))
        at, turn = at + size, turn + 1
    joined = np.concatenate(frames)
    assert joined.shape == whole.shape == ((len(sound) - N_FFT) // HOP + 1, N_MELS)
    assert np.abs(joined - whole).max() < 1e-5


def test_frames_come_as_soon_as_they_can(sound):
    mel = LogMel()
    assert len(mel.push(sound[: N_FFT - 1])) == 0
    assert len(mel.push(sound[N_FFT - 1 : N_FFT])) == 1
    assert len(mel.push(sound[N_FFT : N_FFT + HOP])) == 1


def test_integers_and_fractions_are_the_same_sound(sound):
    assert np.array_equal(LogMel().push(sound), LogMel().push(as_float(sound)))
    assert np.abs(LogMel().push(sound) - LogMel().push(as_float(sound).astype(np.float64))).max() < 1e-6


def test_reset_begins_a_new_stream(sound):
    mel = LogMel()
    mel.push(sound[:1234])
    mel.reset()
    assert np.array_equal(mel.push(sound), LogMel().push(sound))


def test_what_was_given_may_be_overwritten(sound):
    mel, buffer = LogMel(), sound[:700].copy()
    first = mel.push(buffer)
    kept = first.copy()
    buffer[:] = 0
    joined = np.concatenate((first, mel.push(sound[700:2000])))
    assert np.abs(joined - LogMel().push(sound[:2000])).max() < 1e-5
    assert np.array_equal(first, kept)


def test_silence_is_the_floor():
    assert LogMel().push(np.zeros(1000, dtype=np.int16)) == pytest.approx(np.log(1e-6))


def test_two_frames_a_step():
    frames = np.arange(5 * N_MELS, dtype=np.float32).reshape(5, N_MELS)
    stacked = stack(frames)
    assert stacked.shape == (2, 2 * N_MELS)
    assert np.array_equal(stacked[1], np.concatenate((frames[2], frames[3])))


@pytest.mark.parametrize("bad", [np.zeros((10, 2), np.int16), np.zeros(10, np.uint8), np.zeros(10, np.int32)])
def test_bad_samples_are_refused(bad):
    with pytest.raises(ValueError, match="wanted"):
        LogMel().push(bad)
