"""What the car's other parts report of themselves: /diagnostics, battery, bumper, as codes of the table of faults.

A node names its fault by the key «fault» among its values; without one, its error means what its node is for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kitt_control.events import FAULTS
from kitt_control.parameters import ControllerParameters
from kitt_core.contract import TOPICS
from kitt_core.health import Level

MEANINGS = {"detector": "detections_impossible", "microphone": "microphone_dead"}
"""What an error of a node means where it names no fault."""
PARTS = frozenset(row.owner for row in TOPICS.values()) - {"anyone", "console", "every node"}
"""The nodes that must not fall silent; of others, which come and go, the last word counts."""
BUMPER_TIME = 2.0  # [s] a touch counts for so long
MOST_NODES = 100


@dataclass(frozen=True)
class Status:
    """One DiagnosticStatus: `name` is the node's, or the node's and «: publishes /topic» or «: hears /topic»."""

    name: str
    level: int
    message: str = ""
    values: Mapping[str, str] | None = None


class SelfWatch:
    """Feed what comes, ask `codes` at each tick. Times are steady [s]."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._said: dict[str, set[str]] = {}
        self._charge: float | None = None
        self._touched = -math.inf
        self._touching = False

    def on_diagnostics(self, statuses: Iterable[Status], now: float) -> None:
        """One /diagnostics message: all that its node says of itself."""
        said: dict[str, set[str]] = {}
        for status in statuses:
            node = status.name.partition(":")[0].strip()
            said.setdefault(node, set())
            code = _code(node, status)
            if code:
                said[node].add(code)
        for node, codes in said.items():
            if node in self._heard or len(self._heard) < MOST_NODES:
                self._heard[node], self._said[node] = now, codes

    def on_battery(self, percentage: float, present: bool = True) -> None:
        """Charge in [0, 1]; NaN (not measured) says nothing, nor does a zero of a battery that is not there."""
        known = 0.0 <= percentage <= 1.0 and (present or percentage > 0.0)  # many drivers leave `present` unset
        self._charge = percentage if known else None

    def on_bumper(self, touching: bool, now: float) -> None:
        """The bumper touches something or does not any more."""
        self._touching = touching
        if touching:
            self._touched = now

    def codes(self, now: float, p: ControllerParameters) -> tuple[str, ...]:
        """The faults that hold now."""
        codes = ["bumper"] if self._touching or now - self._touched <= BUMPER_TIME else []
        if self._charge is not None and self._charge < p.battery_low:
            codes.append("battery_empty" if self._charge < p.battery_empty else "battery_low")
        for node, heard in self._heard.items():
            if node in PARTS and now - heard > p.node_silent_time:
                codes.append(MEANINGS.get(node, "node_silent"))
            else:
                codes += sorted(self._said[node])
        return tuple(dict.fromkeys(codes))


def _code(node: str, status: Status) -> str:
    """The fault that a status means, "" for none."""
    named = (status.values or {}).get("fault", "")
    if named:
        return named if named in FAULTS else ""
    if ":" not in status.name:
        return MEANINGS.get(node, "") if status.level >= Level.ERROR else ""
    topic = status.name.rpartition(" ")[2]
    row = TOPICS.get(topic)
    if "publishes" not in status.name or row is None or row.rate_hz is None or status.level < Level.WARN:
        return ""
    try:
        rate = float((status.values or {}).get("rate_hz", "nan"))
    except ValueError:
        return ""
    if rate > row.rate_hz[1]:
        return "node_flooding"
    return "node_late" if rate < row.rate_hz[0] else ""
