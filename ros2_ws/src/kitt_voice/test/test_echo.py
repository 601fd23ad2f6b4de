"""The echo canceller, on sounds whose echo is known."""

from __future__ import annotations

import numpy as np
import pytest

from echo_sounds import echo, level_db, room, talk
from kitt_voice.echo import BLOCK, DELAY, EchoCanceller
from kitt_voice.features import SAMPLE_RATE


def through(canceller: EchoCanceller, near: np.ndarray, far: np.ndarray | None) -> np.ndarray:
    blocks = range(0, len(near) - BLOCK + 1, BLOCK)
    return np.concatenate(
        [canceller.process(near[i : i + BLOCK], None if far is None else far[i : i + BLOCK]) for i in blocks]
    )


@pytest.mark.parametrize("delay", [0, 777, 1600])
def test_an_echo_is_gone_within_two_seconds(delay):
    far = talk(4.0, 1)
    near = echo(far, room(delay, 2))
    out = through(EchoCanceller(), near, far)
    last = slice(2 * SAMPLE_RATE, len(out))
    assert level_db(out[last]) < level_db(near[last]) - 25.0


def test_what_somebody_else_says_meanwhile_stays():
    far, other = talk(8.0, 1), talk(8.0, 3)
    other[: 3 * SAMPLE_RATE] = 0.0
    near = echo(far, room(777, 2)) + other  # the echo is 7 dB louder
    out = through(EchoCanceller(), near, far)
    said, heard = other[3 * SAMPLE_RATE : len(out) - DELAY], out[3 * SAMPLE_RATE + DELAY :]
    assert np.corrcoef(said, near[3 * SAMPLE_RATE : len(out) - DELAY])[0, 1] < 0.6
    assert np.corrcoef(said, heard)[0, 1] > 0.8
    assert level_db(heard) > level_db(said) - 8.0


def test_where_nothing_was_played_sound_passes_unchanged():
    near = talk(1.0, 4)
    out = through(EchoCanceller(), near, None)
    assert np.array_equal(out[DELAY:], near[: len(out) - DELAY])
    assert not out[:DELAY].any()


def test_where_no_echo_comes_back_what_is_said_stays():
    far, near = talk(10.0, 1), talk(10.0, 3)
    near[: 5 * SAMPLE_RATE] = 0.0
    out = through(EchoCanceller(), near, far)
    assert np.corrcoef(out[5 * SAMPLE_RATE + DELAY :], near[5 * SAMPLE_RATE : len(out) - DELAY])[0, 1] > 0.9


def test_another_path_is_learnt_anew():
    far = talk(8.0, 1)
    half = len(far) // 2
    near = np.concatenate((echo(far, room(300, 2))[:half], echo(far, room(900, 5))[half:]))
    out = through(EchoCanceller(), near, far)
    last = slice(half + 3 * SAMPLE_RATE, len(out))
    assert level_db(out[last]) < level_db(near[last]) - 12.0


def test_the_path_is_remembered_over_silence():
    canceller, far = EchoCanceller(), talk(4.0, 1)
    through(canceller, echo(far, room(777, 2)), far)
    through(canceller, np.zeros(SAMPLE_RATE, np.float32), None)
    again = talk(0.5, 7)
    near = echo(again, room(777, 2))
    assert level_db(through(canceller, near, again)) < level_db(near) - 25.0


@pytest.mark.parametrize("loud", [0.0, 1.0, 1e3])
def test_silence_and_the_greatest_loudness_stay_numbers(loud):
    rng = np.random.default_rng(6)
    near, far = (np.clip(loud * rng.standard_normal(SAMPLE_RATE), -1, 1).astype(np.float32) for _ in range(2))
    assert np.isfinite(through(EchoCanceller(), near, far)).all()
