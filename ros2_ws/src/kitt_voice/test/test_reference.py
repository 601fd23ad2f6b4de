"""What leaves the loudspeaker, as others are told of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kitt_voice.features import SAMPLE_RATE
from kitt_voice.speech.base import RATE
from kitt_voice.speech.buffer import PlaybackBuffer
from kitt_voice.speech.reference import BLOCK, Reference

PULL = 240  # 10 ms


def tone(seconds: float, rate: int) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 440.0 * np.arange(int(seconds * rate)) / rate).astype(np.float32)


def pulled(reference, samples, begin_s, late_s=lambda i: 0.0):
    told = []
    for i in range(len(samples) // PULL):
        leaves_s = begin_s + i * PULL / RATE + late_s(i)
        told += reference.blocks(samples[i * PULL : (i + 1) * PULL], leaves_s)
    return told


def test_the_sound_comes_at_16_khz_with_the_times_at_which_it_leaves():
    told = pulled(Reference(print), tone(1.0, RATE), 5.0, late_s=lambda i: 0.003 * (i % 3))
    assert [block.sequence for block in told] == list(range(len(told)))
    assert [block.leaves_s for block in told] == pytest.approx([5.0 + 0.02 * i for i in range(len(told))], abs=1e-3)
    heard = np.concatenate([block.samples for block in told]) / 32768
    assert heard[BLOCK:-BLOCK] == pytest.approx(tone(1.0, SAMPLE_RATE)[BLOCK : len(heard) - BLOCK], abs=0.01)


def test_silence_is_counted_but_not_told():
    sound = np.concatenate((tone(0.2, RATE), np.zeros(5 * RATE, np.float32), tone(0.2, RATE)))
    told = pulled(Reference(print), sound, 5.0)
    numbers = [block.sequence for block in told]
    gaps = [after - before for before, after in itertools.pairwise(numbers) if after != before + 1]
    assert len(gaps) == 1 and gaps[0] > 200
    assert told[-1].leaves_s == pytest.approx(5.0 + 0.02 * numbers[-1], abs=1e-3)


def test_after_an_underrun_the_times_are_right_again_at_once():
    told = pulled(Reference(print), tone(2.0, RATE), 5.0, late_s=lambda i: 0.03 if i >= 100 else 0.0)
    late_s = [block.leaves_s - (5.0 + 0.02 * block.sequence) for block in told]
    assert late_s[40] == pytest.approx(0.0, abs=1e-3)
    assert late_s[65:] == pytest.approx([0.03] * len(late_s[65:]), abs=1e-3)


def test_a_thread_tells_what_the_output_pulls():
    told = []
    reference, buffer = Reference(told.append), PlaybackBuffer()
    buffer.tap, buffer.volume = reference.tap, 0.5
    reference.start()
    buffer.put(tone(0.5, RATE))
    for i in range(70):
        buffer.pull(PULL, 5.0 + i * PULL / RATE)
    reference.stop()
    assert 25 <= len(told) <= 35
    assert max(int(np.abs(block.samples.astype(int)).max()) for block in told) == pytest.approx(0.15 * 32768, rel=0.02)
