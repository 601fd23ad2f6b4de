from __future__ import annotations

import threading
import time

from kitt_core.worker import NewestWorker


def wait_until(condition, timeout_s: float = 3.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.002)


def test_newest_wins_and_the_replaced_are_counted() -> None:
    gate, done = threading.Event(), []

    def work(item: int) -> None:
        gate.wait(3)
        done.append(item)

    worker: NewestWorker[int] = NewestWorker(work, "test", lambda _: None)
    worker.start()
    worker.offer(0)
    wait_until(lambda: worker.status.busy_s > 0)
    begin = time.perf_counter()
    for item in range(1, 101):
        worker.offer(item)
    assert time.perf_counter() - begin < 0.5
    gate.set()
    wait_until(lambda: worker.status.processed == 2)
    assert worker.stop()
    assert done == [0, 100]
    assert worker.status.replaced == 99


def test_an_exception_is_reported_and_the_next_item_is_worked_on() -> None:
    errors: list[Exception] = []

    def work(item: str) -> None:
        if item == "bad":
            raise ValueError("no picture")

    worker: NewestWorker[str] = NewestWorker(work, "test", errors.append)
    worker.start()
    worker.offer("bad")
    wait_until(lambda: worker.status.failed == 1)
    assert worker.status.error == "ValueError: no picture"
    worker.offer("good")
    wait_until(lambda: worker.status.processed == 1)
    assert worker.status.error == ""
    assert len(errors) == 1
    worker.stop()


def test_stop_start_and_a_stuck_item() -> None:
    release = threading.Event()
    worker: NewestWorker[int] = NewestWorker(lambda _: release.wait(3) and None, "test", lambda _: None)
    worker.start()
    worker.offer(1)
    wait_until(lambda: worker.status.busy_s > 0)
    assert not worker.stop(timeout_s=0.05)
    release.set()
    assert worker.stop()
    worker.start()
    worker.offer(2)
    wait_until(lambda: worker.status.processed == 2)
    assert worker.stop()
