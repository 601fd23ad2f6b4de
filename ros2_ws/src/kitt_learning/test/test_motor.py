"""Motor noise follows the speed."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_learning.speech.motor import motor_noise


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def test_silent_when_standing_louder_when_faster():
    loud = [rms(motor_noise(np.full(16000, v))) for v in (0.0, 0.2, 1.0, 2.0)]
    assert loud[0] == 0.0
    assert 0 < loud[1] < loud[2] < loud[3]
    assert 0.03 < loud[2] < 0.3


def test_pitch_follows_speed():
    for speed in (0.5, 1.0, 2.0):
        power = np.abs(np.fft.rfft(motor_noise(np.full(32000, speed)) * np.hanning(32000))) ** 2
        whine = 15 * speed / (2 * np.pi * 0.06) * 12 * 2  # [bins of half a hertz]
        near = power[int(whine * 0.97) : int(whine * 1.03)].mean()
        beside = power[int(whine * 1.08) : int(whine * 1.3)].mean()
        print(speed, near / beside)
        assert near > 5 * beside


def test_backward_sounds_like_forward_and_seeds_differ():
    speed = np.linspace(0, 2, 16000)
    assert np.array_equal(motor_noise(speed, seed=3), motor_noise(-speed, seed=3))
    assert not np.array_equal(motor_noise(speed, seed=3), motor_noise(speed, seed=4))


def test_a_car_that_starts_is_silent_before():
    sound = motor_noise(np.concatenate((np.zeros(8000), np.linspace(0, 1, 8000))))
    assert not sound[:8000].any()
    assert rms(sound[-2000:]) > 0.03
    assert np.abs(sound).max() <= 1.0


def test_ratio_mixing_keeps_speech_found_by_the_features():
    """Mixed at 10 dB, features of a voiced sound still stand out of the motor's by their harmonics."""
    from kitt_voice.features import LogMel

    t = np.arange(16000) / 16000
    voiced = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 12)) * ((t > 0.4) & (t < 0.7))
    noise = motor_noise(np.full(16000, 1.0))
    noise *= rms(voiced[6400:11200]) / rms(noise) / 10 ** (10 / 20)
    mel = LogMel().push((0.1 * (voiced + noise)).astype(np.float32))
    assert mel[45:65].mean() > mel[5:30].mean() + 1.0


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.array([1.0, np.nan]), np.array([np.inf])])
def test_bad_speeds_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        motor_noise(bad)


def test_nothing_in_nothing_out():
    assert len(motor_noise(np.zeros(0))) == 0
