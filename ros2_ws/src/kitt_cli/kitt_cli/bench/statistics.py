"""Rates and percentiles, and what they were measured on."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Rate:
    """count runs in seconds [s], one after the other."""

    count: int
    seconds: float

    @property
    def hz(self) -> float:
        return self.count / self.seconds if self.seconds > 0 else 0.0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.count + other.count, self.seconds + other.seconds)

    def as_json(self) -> dict[str, Any]:
        return {"hz": round(self.hz, 3), "count": self.count, "seconds": round(self.seconds, 3)}


def measure_rate(run: Callable[[int], object], seconds: float, warm_up: int = 3) -> Rate:
    """How often run(0), run(1), ... is done in about `seconds` [s], after a few unmeasured times."""
    for index in range(warm_up):
        run(index)
    begin, count = time.perf_counter(), 0
    while count < 3 or time.perf_counter() - begin < seconds:
        run(count)
        count += 1
    return Rate(count, time.perf_counter() - begin)


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float | int]:
    """p50, p95 and p99 [ms] of times in s, and how many there were."""
    if not seconds:
        return {"count": 0}
    found = np.percentile(np.asarray(seconds) * 1e3, [50, 95, 99])
    named = zip(("p50_ms", "p95_ms", "p99_ms"), found, strict=True)
    return {**{name: round(float(value), 3) for name, value in named}, "count": len(seconds)}


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, load before the run, Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(errors="replace").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return {
        "processor": model,
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
