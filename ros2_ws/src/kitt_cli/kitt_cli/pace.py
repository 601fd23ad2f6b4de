"""Rate, gaps and ages of a stream of messages."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

_GAP = 1.5  # of the median period: above that, something is missing in between


@dataclass
class Pace:
    """Collects arrival times (monotonic, s), header stamps (s) and ages (s) of one topic."""

    arrivals: list[float] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    bytes: int = 0

    def seen(self, arrival: float, size: int, stamp: float | None, now: float) -> None:
        """Note a message; `stamp` is None without a header or where it is not set, `now` on the stamp's clock."""
        self.arrivals.append(arrival)
        self.bytes += size
        if stamp is not None:
            self.stamps.append(stamp)
            self.ages.append(now - stamp)

    def summary(self) -> dict[str, float | int | None]:
        """Figures: rate and jitter from arrivals, missing and ages from stamps where there are any; times in ms."""
        periods = [b - a for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)]
        span = sum(periods)
        steps = [b - a for a, b in zip(self.stamps, self.stamps[1:], strict=False) if b > a]
        usual = statistics.median(steps) if len(steps) >= 4 else None
        ages = sorted(self.ages)
        return {
            "messages": len(self.arrivals),
            "hz": len(periods) / span if span > 0 else None,
            "jitter_ms": statistics.pstdev(periods) * 1e3 if periods else None,
            "longest_gap_ms": max(periods) * 1e3 if periods else None,
            "missing": None if usual is None else sum(round(s / usual) - 1 for s in steps if s > _GAP * usual),
            "age_p50_ms": statistics.median(ages) * 1e3 if ages else None,
            "age_p95_ms": ages[min(len(ages) - 1, int(0.95 * len(ages)))] * 1e3 if ages else None,
            "bytes_per_s": self.bytes / span if span > 0 else None,
        }
