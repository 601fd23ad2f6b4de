from __future__ import annotations

import threading
import time

from kitt_perception.detector_health import DetectorHealth
from kitt_perception.worker import NewestWorker, WorkerStatus


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


def test_health_names_the_fault_and_the_remedy() -> None:
    well = WorkerStatus(10, 0, 0, "", 0.0)
    now = time.monotonic()
    health = DetectorHealth(started_s=now - 10)
    assert "camera node" in health.fault(well, 0.2, now)
    health.note_late(0.9)
    assert "0.90 s old, 0.20 s allowed" in health.fault(well, 0.2, time.monotonic())
    health.note_seen(3, 0.05)
    assert health.fault(well, 0.2, time.monotonic()) == ""
    assert "restart" in health.fault(WorkerStatus(1, 0, 0, "", 4.0), 0.2, time.monotonic())
    assert health.fault(WorkerStatus(1, 0, 1, "ValueError: x", 0.0), 0.2, time.monotonic()) == "ValueError: x"
