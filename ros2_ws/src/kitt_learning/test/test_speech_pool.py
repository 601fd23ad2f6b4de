"""Streams from other processes: how often each is learnt from, when others are made, when the corpus is read anew."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tone_corpus import NEEDS

pytest.importorskip("soxr", reason=NEEDS)
from kitt_learning.speech import pool
from kitt_learning.speech.mixing import Stream


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "POOL", 48)
    monkeypatch.setattr(pool, "LEAST_POOL", 24)


def chunk_of(steps: int) -> list[Stream]:
    return [Stream(np.zeros((steps, 80), np.float16), np.zeros(steps, np.uint8), np.zeros(0, np.int16))] * 24


def test_a_stream_is_learnt_from_twice_before_a_new_one_is_waited_for(few: None, tmp_path: Path) -> None:
    mixed = pool.Pool((tmp_path,), (), 1, (90, 0.0), 0)
    for _ in range(4):
        mixed._queue.put(chunk_of(90))
    time.sleep(0.2)
    made = []
    for _ in range(16):
        assert len(mixed.batch(8)) == 8
        made.append(mixed.made)
    assert made[0] == 48  # as many as it needs to begin, and one chunk more
    assert made[5:7] == [48, 72]  # 48 were learnt from: half as many may be new
    assert made[-1] == 96 and mixed._used == 128
    mixed.close()


def test_a_phase_begins_with_streams_of_its_own(few: None, tmp_path: Path) -> None:
    mixed = pool.Pool((tmp_path,), (), 1, (90, 0.0), 0)
    for steps in (90, 90, 150, 150):
        mixed._queue.put(chunk_of(steps))
    time.sleep(0.2)
    assert {len(stream.features) for stream in mixed.batch(8)} == {90}
    mixed.turn((150, 0.3))
    assert {len(stream.features) for stream in mixed.batch(8)} == {150}
    mixed.close()


def test_a_corpus_may_grow_while_it_is_learnt_from() -> None:
    """...and it is read anew for another phase."""
    made: list[int] = []
    read: list[int] = []
    phase = [90.0, 0.0]

    def mixer(corpus: Any, noise: Any, seed: int, steps: int, hardness: float) -> Any:
        read.append(seed)
        return SimpleNamespace(stream=lambda: len(read))

    def put(chunk: list[int], timeout: float) -> None:
        made.extend(chunk[:1])
        if len(made) == 2 * pool.REREAD:
            phase[:] = 150.0, 0.3
        if len(made) == 2 * pool.REREAD + 3:
            raise StopIteration

    out = SimpleNamespace(cancel_join_thread=lambda: None, put=put)
    with pytest.raises(StopIteration):
        pool._mix(out, (), (), mixer, 5, phase, os.getppid())
    assert made == [1] * pool.REREAD + [2] * pool.REREAD + [3] * 3
    assert len(set(read)) == 3  # and not the same streams again
