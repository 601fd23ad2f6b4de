"""Any rate to 16 kHz."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.resample import Resampler, to_int16


def tone(frequency: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    resampler = Resampler(rate)
    return np.concatenate((resampler.push(samples), resampler.flush()))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44099, 44100, 48000, 96000, 192000])
def test_a_tone_keeps_pitch_height_and_place(rate):
    got = resampled(tone(1000, rate), rate)
    assert len(got) == 16000
    assert np.abs(got - tone(1000, 16000))[200:-200].max() < 1e-4


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_chunks_do_not_matter(rate):
    samples = np.random.default_rng(0).standard_normal(rate)
    resampler, pieces, at = Resampler(rate), [], 0
    for size in (1, 0, 7, 480, 3000, rate):
        pieces.append(resampler.push(samples[at : at + size]))
        at += size
    joined = np.concatenate([*pieces, resampler.flush()])
    assert np.array_equal(joined, resampled(samples, rate))


@pytest.mark.parametrize(("frequency", "rate"), [(8500, 48000), (9000, 44100), (20000, 96000)])
def test_what_would_fold_back_is_gone(frequency, rate):
    assert np.abs(resampled(tone(frequency, rate), rate)[200:-200]).max() < 1e-3


def test_speech_band_is_whole():
    for frequency in (100, 3000, 7000):
        assert np.abs(resampled(tone(frequency, 48000), 48000)[500:-500]).max() == pytest.approx(1.0, abs=0.01)


def test_the_right_rate_passes_bit_for_bit():
    samples = np.random.default_rng(0).integers(-32768, 32768, 5000).astype(np.int16)
    assert np.array_equal(to_int16(resampled(samples / np.float32(32768), 16000)), samples)


def test_impossible_rates_are_refused():
    for rate in (0, -16000, 100, 10**7):
        with pytest.raises(KittError, match="cannot be used"):
            Resampler(rate)


def test_to_int16_cuts_off_and_silences_what_is_no_number():
    assert to_int16(np.array([2.0, -2.0, np.nan, np.inf, 0.5])).tolist() == [32767, -32768, 0, 32767, 16384]
