"""What a run was like, gathered message by message. Pure: times are given in seconds of one clock, nothing is read."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_MOVING = 0.15  # m/s; a car faster than this moves
_STANDING = 0.03  # m/s; a car slower than this stands
_MATCHES_KEPT = 256


@dataclass
class Stop:
    """The car came to a stand: when (s since the start), why, and for how long (None: it still stands)."""

    at_s: float
    reason: str
    duration_s: float | None = None


@dataclass
class Latencies:
    """Samples in s, reported in ms."""

    samples: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float | int | None]:
        """p50, p95 and p99 in ms and the count of samples."""
        if not self.samples:
            return {"p50_ms": None, "p95_ms": None, "p99_ms": None, "samples": 0}
        p50, p95, p99 = (float(v) * 1000.0 for v in np.percentile(self.samples, [50, 95, 99]))
        return {
            "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "p99_ms": round(p99, 1), "samples": len(self.samples),
        }  # fmt: skip


class Frames:
    """Counts camera frames from their publication to their end: processed, dropped on purpose, or lost on the way."""

    def __init__(self) -> None:
        self._stamps: list[float] = []
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] | None = None
        self.dropped = 0
        self._dropped_before = 0

    def published(self, stamp_s: float) -> None:
        """A frame was captured at ``stamp_s``."""
        self._stamps.append(stamp_s)

    def accounted(self, stamp_s: float, processed: int, dropped: int) -> None:
        """The detector has done with the frame of ``stamp_s`` and, in all, with so many."""
        received = processed + dropped
        if self._first is None or received < self._first[0]:  # the first one, or the detector was started anew
            self._first = (received, stamp_s)
            self._dropped_before = dropped
        self._last = (received, stamp_s)
        self.dropped = dropped - self._dropped_before

    def lost(self) -> int | None:
        """Frames that were published and never reached the detector; None without two results to count between."""
        if self._first is None or self._last is None or self._first == self._last:
            return None
        published = sum(1 for stamp in self._stamps if self._first[1] < stamp <= self._last[1])
        return max(0, published - (self._last[0] - self._first[0]))

    @property
    def count(self) -> int:
        return len(self._stamps)


class RunReport:
    """Fed by the watcher, read by the table and at the end."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.detections: Counter[str] = Counter()
        self.to_detections = Latencies()
        self.to_cmd_vel = Latencies()
        self.stops: list[Stop] = []
        self.sayings: list[tuple[float, str]] = []
        self.collisions: list[dict[str, Any]] = []
        self.least_person_distance = math.inf
        self.distance = 0.0
        self.speed = 0.0
        self.seen_now: list[str] = []
        self.state = "starting"
        self.reason = ""
        self.gate_reason = ""
        self.gate_message = ""
        self._moved = False
        self._odometry_at: float | None = None
        self._answered: dict[float, None] = {}

    def detected(self, stamp_s: float, received_s: float, labels: list[str]) -> None:
        """A /detections message."""
        self.detections.update(labels)
        self.seen_now = labels
        self.to_detections.samples.append(received_s - stamp_s)

    def traced(self, frame_stamp_s: float, received_s: float) -> None:
        """A /cmd_vel that rests on the frame of ``frame_stamp_s``; only the first that does so counts."""
        if frame_stamp_s <= 0.0 or frame_stamp_s in self._answered:
            return
        self._answered[frame_stamp_s] = None
        while len(self._answered) > _MATCHES_KEPT:
            del self._answered[next(iter(self._answered))]
        self.to_cmd_vel.samples.append(received_s - frame_stamp_s)

    def judged(self, reason: str, message: str) -> None:
        """A /kitt/gate message."""
        self.gate_reason, self.gate_message = reason, message

    def thought(self, state: str, reason: str) -> None:
        """A /kitt/state message."""
        self.state, self.reason = state, reason

    def said(self, at_s: float, text: str) -> None:
        """The car said something."""
        self.sayings.append((at_s, text))

    def drove(self, at_s: float, speed: float) -> None:
        """Measured speed in m/s at ``at_s`` since the start."""
        if self._odometry_at is not None:
            self.distance += abs(speed) * max(0.0, at_s - self._odometry_at)
        self._odometry_at, self.speed = at_s, speed
        if abs(speed) > _MOVING:
            if not self._moved and self.stops and self.stops[-1].duration_s is None:
                self.stops[-1].duration_s = at_s - self.stops[-1].at_s
            self._moved = True
        elif abs(speed) < _STANDING and self._moved:
            self._moved = False
            self.stops.append(Stop(at_s, self._cause()))

    def _cause(self) -> str:
        waits = {"waiting_at_sign": "stop sign", "waiting_for_person": "person"}
        if self.state in waits:
            return waits[self.state]
        if self.gate_reason in ("person", "obstacle"):
            return self.gate_reason
        return self.reason or self.gate_reason or self.state

    def touched(self, object_id: str, class_name: str, speed: float, at_s: float) -> None:
        """A collision."""
        self.collisions.append({"object": object_id, "class": class_name, "speed": round(speed, 2), "at_s": at_s})

    def summary(self, seconds: float) -> dict[str, Any]:
        """The one object of ``--json``."""
        least = self.least_person_distance
        return {
            "seconds": round(seconds, 1),
            "frames": self.frames.count,
            "dropped_frames": self.frames.dropped,
            "lost_frames": self.frames.lost(),
            "detections": dict(sorted(self.detections.items())),
            "latency": {
                "stamp_to_detections": self.to_detections.summary(),
                "stamp_to_cmd_vel": self.to_cmd_vel.summary(),
            },
            "stops": [
                {"at_s": round(s.at_s, 1), "reason": s.reason,
                 "duration_s": None if s.duration_s is None else round(s.duration_s, 1)}
                for s in self.stops
            ],
            "said": [{"at_s": round(at, 1), "text": text} for at, text in self.sayings],
            "least_person_distance_m": None if math.isinf(least) else round(least, 2),
            "distance_m": round(self.distance, 1),
            "collisions": self.collisions,
        }  # fmt: skip
