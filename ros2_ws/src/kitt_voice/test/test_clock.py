"""The stream's clock: robust against late callbacks, follows drift, never goes backwards."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_voice.clock import StreamClock

BLOCK, RATE = 320, 16000


def run(late_s: np.ndarray, ppm: float = 0.0, age_s: float = 0.0, start_s: float = 100.0) -> np.ndarray:
    """Stamps minus true capture times, for blocks that come late by late_s."""
    clock, errors = StreamClock(RATE), []
    real_rate = RATE * (1 + ppm * 1e-6)
    for i, late in enumerate(late_s):
        begin = start_s + i * BLOCK / real_rate
        now = begin + BLOCK / real_rate + late
        errors.append(clock.stamp(BLOCK, now, age_s) - begin)
    return np.array(errors)


def test_exact_without_jitter():
    assert np.abs(run(np.zeros(500))).max() < 1e-9


def test_late_callbacks_do_not_matter():
    rng = np.random.default_rng(0)
    late = rng.exponential(0.004, 2000)
    late[rng.random(2000) < 0.02] += 0.3
    errors = run(np.maximum.accumulate(np.arange(2000) * 0.02 + late) - np.arange(2000) * 0.02)
    assert np.abs(errors[100:]).max() < 0.003


@pytest.mark.parametrize("ppm", [-200, 200])
def test_follows_a_crystal_that_is_off(ppm):
    rng = np.random.default_rng(1)
    errors = run(rng.exponential(0.002, 30000), ppm)  # ten minutes
    assert np.abs(errors[100:]).max() < 0.002


def test_bursts_at_the_start_are_soon_forgotten():
    late = np.zeros(200)
    late[:3] = (0.03, 0.02, 0.008)
    assert np.abs(run(late)[30:]).max() < 1e-6


def test_the_drivers_age_counts_when_it_says_more_than_the_block():
    assert run(np.full(300, 0.03), age_s=0.05)[-1] == pytest.approx(0.0, abs=1e-6)
    for nonsense in (0.0002, -3.0, 1e9, float("nan")):
        assert run(np.zeros(300), age_s=nonsense)[-1] == pytest.approx(0.0, abs=1e-6)


def test_after_lost_samples_times_are_right_again_at_once():
    clock = StreamClock(RATE)
    for i in range(100):
        clock.stamp(BLOCK, 100 + (i + 1) * 0.02, 0.0)
    clock.lost()
    assert clock.stamp(BLOCK, 103.02, 0.0) == pytest.approx(103.0)
    assert clock.stamp(BLOCK, 103.04, 0.0) == pytest.approx(103.02)


def test_never_backwards():
    rng = np.random.default_rng(2)
    clock, now, stamps = StreamClock(RATE), 50.0, []
    for i in range(3000):
        now = max(now, 50 + i * 0.02 + rng.exponential(0.02) + (2.0 if i % 700 == 699 else 0.0))
        if rng.random() < 0.01:
            clock.lost()
        stamps.append(clock.stamp(BLOCK, now, rng.uniform(0, 0.1)))
    assert (np.diff(stamps) >= 0).all()
