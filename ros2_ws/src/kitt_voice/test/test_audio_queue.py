"""Audio from the callback to the thread: gaps, overruns, capture times."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.audio_queue import Chunk, ChunkQueue, StreamClock

NS = 1_000_000_000
CHUNK = np.zeros(320, np.int16)


def put(queue, number, stamp_s, samples=CHUNK):
    queue.put(number, round(stamp_s * NS), 16000, samples)


def test_chunks_come_in_order_without_gaps():
    queue = ChunkQueue()
    for number in range(5):
        put(queue, number, 10 + number * 0.02)
    assert [queue.take(0.1).sequence for _ in range(5)] == list(range(5))
    assert (queue.gaps, queue.dropped_s, queue.take(0.0)) == (0, 0.0, None)


@pytest.mark.parametrize(
    ("sequence", "stamp_s"), [(3, 10.04), (2, 10.14), (0, 10.04), (2, 9.0)], ids=["lost", "late", "anew", "back"]
)
def test_a_jump_in_count_or_time_is_a_gap(sequence, stamp_s):
    queue = ChunkQueue()
    put(queue, 0, 10.0)
    put(queue, 1, 10.02)
    put(queue, sequence, stamp_s)
    assert [queue.take(0.0).gap for _ in range(3)] == [False, False, True]
    assert queue.gaps == 1


def test_jitter_of_stamps_is_no_gap():
    queue = ChunkQueue()
    for number, late in enumerate((0.0, 0.01, -0.01, 0.02)):
        put(queue, number, 10 + number * 0.02 + late)
    assert queue.gaps == 0


def test_the_newest_two_seconds_are_kept():
    queue = ChunkQueue()
    for number in range(150):
        put(queue, number, number * 0.02)
    first = queue.take(0.0)
    assert (first.sequence, first.gap) == (50, True)
    assert queue.dropped_s == pytest.approx(1.0)
    assert queue.gaps == 0  # the microphone lost nothing


@pytest.mark.parametrize(("rate", "count"), [(44100, 320), (16000, 0)])
def test_other_audio_is_refused(rate, count):
    with pytest.raises(KittError, match="16000"):
        ChunkQueue().put(0, 0, rate, np.zeros(count, np.int16))


def test_closing_wakes_the_thread():
    queue = ChunkQueue()
    thread = threading.Thread(target=queue.take, args=(30.0,))
    thread.start()
    time.sleep(0.05)
    queue.close()
    thread.join(2.0)
    assert not thread.is_alive()


def test_stream_times_become_capture_times():
    clock = StreamClock()
    assert clock.capture_ns(1.0) == 0
    clock.note(Chunk(0, 100 * NS, CHUNK))
    clock.note(Chunk(1, 100 * NS + 25_000_000, CHUNK))  # 5 ms late: what was said in it was captured then
    assert clock.capture_ns(0.01) == 100 * NS + 10_000_000
    assert clock.capture_ns(0.03) == 100 * NS + 35_000_000
    assert clock.capture_ns(-0.01) == 100 * NS - 10_000_000
    clock.reset()
    assert clock.capture_ns(0.0) == 0
