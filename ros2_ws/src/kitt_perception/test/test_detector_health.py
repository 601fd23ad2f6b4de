"""What the detector says of its own health."""

from __future__ import annotations

import time

from kitt_core.worker import WorkerStatus
from kitt_perception.detector_health import DetectorHealth


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
