"""The loudspeaker's samples brought to the microphone's time: delays, gaps, clocks, a speaker that begins anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echo_sounds import echo, level_db, room, talk
from kitt_inference.errors import KittError
from kitt_voice import own_echo
from kitt_voice.audio_queue import Chunk
from kitt_voice.echo import BLOCK, DELAY
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.own_echo import OwnEcho
from kitt_voice.resample import to_int16

NS = 1_000_000_000
BEGIN = 1_700_000_000 * NS


class Bench:
    """A loudspeaker and a microphone that hears it, with stamps as both would give them."""

    def __init__(self) -> None:
        self.own = OwnEcho()
        self.sequence = 0

    def run(
        self, far: np.ndarray, near: np.ndarray, late_s: float = 0.05, fast: float = 0.0, first: int = 0
    ) -> np.ndarray:
        """`late_s`: the microphone's stamp after the loudspeaker's; `fast`: by how much both outrun the stamps."""
        out, block_ns = [], 20_000_000 * (1.0 - fast)
        for i in range(len(near) // BLOCK):
            ahead = i + 4 + round(max(late_s, 0.0) / 0.02)  # what is played is told before it is heard
            for j in range(0 if not i else ahead, ahead + 1):
                if (part := far[j * BLOCK : (j + 1) * BLOCK]).shape[0] == BLOCK and part.any():
                    leaves_ns = BEGIN + int((first + j) * block_ns)
                    self.own.played(first + j, leaves_ns, SAMPLE_RATE, to_int16(part))
            stamp_ns = BEGIN + int((first + i) * block_ns + late_s * NS)
            self.sequence += 1
            chunk = Chunk(self.sequence, stamp_ns, to_int16(near[i * BLOCK : (i + 1) * BLOCK]))
            samples = self.own.clean(chunk)
            out.append(samples / 32768 if samples.dtype == np.int16 else samples)
        return np.concatenate(out)


@pytest.mark.parametrize("late_s", [-0.015, 0.0, 0.0333, 0.08])
def test_what_the_car_says_is_not_heard_wherever_the_stamps_say_it_is(late_s):
    far = talk(4.0, 1)
    out = Bench().run(far, echo(far, room(777, 2)), late_s)
    assert level_db(out[2 * SAMPLE_RATE :]) < level_db(echo(far, room(777, 2))[2 * SAMPLE_RATE :]) - 20.0


def test_until_something_is_played_the_audio_is_the_microphones():
    own = OwnEcho()
    samples = to_int16(talk(0.02, 1))
    assert own.clean(Chunk(0, BEGIN, samples)) is samples
    assert own.delay_ns == 0


def test_the_first_block_that_is_cleaned_goes_on_where_the_audio_was():
    bench, near = Bench(), talk(1.0, 4)
    bench.run(np.zeros_like(near), near)
    bench.own.played(1000, BEGIN + 20 * NS, SAMPLE_RATE, np.zeros(BLOCK, np.int16))
    out = bench.run(np.zeros_like(near), near)
    assert out[:DELAY] == pytest.approx(near[-DELAY:], abs=1e-4)
    assert out[DELAY:] == pytest.approx(near[:-DELAY], abs=1e-4)
    assert bench.own.delay_ns == DELAY * NS // SAMPLE_RATE


def test_a_sound_card_that_runs_by_another_clock_than_the_stamps_loses_nothing(monkeypatch):
    bench, far = Bench(), talk(30.0, 1)  # 15 ms apart at the end
    resets: list[object] = []
    reset = bench.own._canceller.reset
    monkeypatch.setattr(bench.own._canceller, "reset", lambda before=None: (resets.append(before), reset(before)))
    near = echo(far, room(777, 2))
    out = bench.run(far, near, fast=500e-6)
    assert len(resets) == 1
    assert level_db(out[-SAMPLE_RATE:]) < level_db(near[-SAMPLE_RATE:]) - 20.0


def test_streams_that_shift_are_brought_together_again():
    bench, far = Bench(), talk(4.0, 1)
    near = echo(far, room(777, 2))
    bench.run(far, near)
    out = bench.run(far, near, late_s=0.0, first=1000)
    assert level_db(out[2 * SAMPLE_RATE :]) < level_db(near[2 * SAMPLE_RATE :]) - 20.0


def test_a_speaker_that_begins_anew_is_followed(monkeypatch):
    monkeypatch.setattr(own_echo, "_WAIT_S", 0.0)
    bench, far = Bench(), talk(4.0, 1)
    near = echo(far, room(777, 2))
    bench.run(far, near, first=5000)
    out = bench.run(far, near)
    assert level_db(out[2 * SAMPLE_RATE :]) < level_db(near[2 * SAMPLE_RATE :]) - 20.0


def test_after_a_gap_it_goes_on():
    bench, far = Bench(), talk(4.0, 1)
    bench.run(far, echo(far, room(777, 2)))
    chunk = Chunk(9999, BEGIN + 60 * NS, to_int16(talk(0.02, 3)), gap=True)
    assert np.isfinite(bench.own.clean(chunk)).all()


def test_a_chunk_of_another_length_passes_as_it_is():
    bench, far = Bench(), talk(1.0, 1)
    bench.run(far, far)
    odd = Chunk(1, BEGIN, to_int16(talk(0.03, 2)))
    assert bench.own.clean(odd) is odd.samples
    assert len(bench.own.clean(replace(odd, samples=odd.samples[:BLOCK]))) == BLOCK


@pytest.mark.parametrize(("rate", "count"), [(24000, 320), (16000, 480), (16000, 0)])
def test_other_audio_is_refused(rate, count):
    with pytest.raises(KittError, match="send 320 at 16000 Hz"):
        OwnEcho().played(0, BEGIN, rate, np.zeros(count, np.int16))
