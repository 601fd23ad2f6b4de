"""Plays a recording as the car did: the same messages, the same gaps. The half of `kitt replay` that needs ROS."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from kitt_cli.mcap_read import Stored, read
from kitt_cli.observer import Observer, observer
from kitt_core.contract import TOPICS
from kitt_inference.errors import KittError

MOVES = ("/cmd_vel", "/cmd_vel_desired", "/cmd_vel_manual", "/emergency_stop", "/text/input", "/voice/command")
"""What could move or stop a car that listens: played only where it is asked for by name."""
_DISCOVERY_S = 1.0


def play(
    path: Path,
    *,
    speed: float = 1.0,
    start_s: float = 0.0,
    duration_s: float | None = None,
    topics: Collection[str] | None = None,
    clock: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Publish a recording; gives what was published.

    Args:
        speed: recorded seconds a second.
        clock: publish the recording's time on /clock, for nodes with use_sim_time, to which the stamps are old else.

    Raises:
        KittError: see `mcap_read.read`; or none of the messages' types is built here.
    """
    counts: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    with observer("replay") as watch:
        stage = _Stage(watch, clock)
        began = first = None
        late_s = 0.0
        for stored in _chosen(read(path, topics, start_s, duration_s), topics, skipped):
            if not stage.knows(stored):
                skipped[stored.topic] += 1
                continue
            if began is None or first is None:
                watch.spin(_DISCOVERY_S)
                began, first = time.monotonic(), stored.log_ns
            due = began + (stored.log_ns - first) * 1e-9 / speed
            while (left := due - time.monotonic()) > 0 and not stopping():
                watch.spin(min(left, 0.2), stopping)
            if stopping():
                break
            late_s = max(late_s, -left)
            stage.publish(stored)
            counts[stored.topic] += 1
        watch.spin(0.2)
    if not counts and not stopping():
        raise KittError(f"{path} gave nothing to play", f"left out: {', '.join(skipped) or 'nothing was in it'}")
    return {
        "file": str(path),
        "messages": counts.total(),
        "topics": dict(sorted(counts.items())),
        "left_out": dict(sorted(skipped.items())),
        "latest_s": round(late_s, 3),
    }


def _chosen(messages: Iterable[Stored], topics: Collection[str] | None, skipped: Counter[str]) -> Iterable[Stored]:
    for stored in messages:
        if topics is None and stored.topic.endswith(MOVES):
            skipped[stored.topic] += 1
        else:
            yield stored


class _Stage:
    """The publishers, made when their first message is due."""

    def __init__(self, watch: Observer, clock: bool) -> None:
        self._watch = watch
        self._publishers: dict[str, Any] = {}
        self._clock: Any = None
        if clock:
            from rosgraph_msgs.msg import Clock

            self._clock = watch.node.create_publisher(Clock, "/clock", 1)

    def knows(self, stored: Stored) -> bool:
        """Whether the message can be published; makes its publisher."""
        from kitt_core.ports import message_type

        if self._clock is not None and stored.topic == "/clock":
            return False
        if stored.topic not in self._publishers:
            try:
                kind = message_type(stored.type)
            except KittError:
                self._publishers[stored.topic] = None
            else:
                row = TOPICS.get(stored.topic)
                qos = self._watch.qos(stored.topic, 10) if row else 10
                self._publishers[stored.topic] = self._watch.node.create_publisher(kind, stored.topic, qos)
        return self._publishers[stored.topic] is not None

    def publish(self, stored: Stored) -> None:
        """As it was recorded, byte for byte."""
        if self._clock is not None:
            from kitt_core.convert import to_stamp

            message = self._clock.msg_type()
            message.clock = to_stamp(stored.log_ns)
            self._clock.publish(message)
        self._publishers[stored.topic].publish(stored.data)
