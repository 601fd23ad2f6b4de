"""Provenance: what a wished velocity rests on, and whether that chain holds. Part of the safety gate.

A wish that is not zero counts only together with its cause: who ordered it and when, on which frame, scan and track it
rests. Each link has an age of its own, measured at the wish, whose own age the gate watches.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from kitt_control.parameters import GateParameters
from kitt_control.reasons import Reason
from kitt_core.geometry import Twist2D

JOYSTICK, SPEECH = "joystick", "speech"  # as /kitt/cause names its sources
BY_SIGHT = ("following", "approaching")
"""States of the controller in which it may only move towards a track that is seen."""
KEPT = 50  # frames and causes: two seconds and more
SAME_STAMP = 1e-5  # [s] stamps lose a few hundred nanoseconds on their way through floating point


@dataclass(frozen=True)
class Provenance:
    """What the wish of `stamp` rests on. Stamps are ROS times [s], 0 where there is no such cause."""

    stamp: float
    twist: Twist2D
    behaviour: str = ""
    command: str = ""  # its words
    source: str = ""  # speech, text, console, joystick, or a program's name
    begin: float = 0.0  # of the words: the audio's range, or the moment of the line
    end: float = 0.0
    frame: float = 0.0
    scan: float = 0.0
    track_id: str = ""


@dataclass(frozen=True)
class Wish:
    """A wished twist that waits for its cause; `stamp` ROS time, `received` steady time [s]."""

    twist: Twist2D
    stamp: float
    received: float


@dataclass(frozen=True)
class Flaw:
    """Why a chain does not hold, and which link of it. CAUSE_MISSING: not yet, the rest may be on its way."""

    reason: Reason
    link: str


class Chain:
    """The newest wish that has not been judged yet, the causes told lately, the frames and tracks seen lately."""

    def __init__(self) -> None:
        self.wish: Wish | None = None
        self._causes: deque[Provenance] = deque(maxlen=KEPT)
        self._frames: deque[tuple[float, frozenset[str]]] = deque(maxlen=KEPT)

    def forget(self) -> None:
        """As if nothing had ever come."""
        self.wish = None
        self._causes.clear()
        self._frames.clear()

    def on_cause(self, cause: Provenance) -> None:
        """What some wish rests on, before or after that wish."""
        self._causes.append(cause)

    def on_frame(self, stamp: float, track_ids: frozenset[str]) -> None:
        """A frame was seen, with these tracks."""
        self._frames.append((stamp, track_ids))

    def cause_of(self, stamp: float) -> Provenance | None:
        """The newest cause told for the wish of a stamp."""
        return next((cause for cause in reversed(self._causes) if cause.stamp == stamp), None)

    def flaw(self, wish: Wish, p: GateParameters) -> Flaw | None:
        """What is wrong with the chain of a wish, None when it holds."""
        cause = self.cause_of(wish.stamp)
        if cause is None:
            return Flaw(Reason.CAUSE_MISSING, "cause")
        if cause.twist != wish.twist:
            return Flaw(Reason.CAUSE_BROKEN, "velocity")
        spoken = cause.source == SPEECH
        if not cause.command or not cause.source or cause.begin > cause.end or (spoken and not cause.begin > 0.0):
            return Flaw(Reason.CAUSE_BROKEN, "command")
        order_age = p.manual_max_age if cause.source == JOYSTICK else p.order_max_age
        links = [("command", cause.end, order_age)]
        links += [("scan", cause.scan, p.scan_max_age)] if p.require_scan else []
        links += [("frame", cause.frame, p.tracks_max_age)] if p.require_tracks else []
        for link, stamp, max_age in links:
            reason = _doubt(wish.stamp - stamp, stamp, max_age, p)
            if reason is not None:
                return Flaw(reason, link)
        return self._unseen(cause, wish, p) if p.require_tracks else None

    def _unseen(self, cause: Provenance, wish: Wish, p: GateParameters) -> Flaw | None:
        """What the wish claims to have seen and the gate has not."""
        if not any(abs(stamp - cause.frame) < SAME_STAMP for stamp, _ in self._frames):
            return Flaw(Reason.CAUSE_MISSING, "frame")
        if not cause.track_id:
            return Flaw(Reason.CAUSE_BROKEN, "track") if cause.behaviour in BY_SIGHT else None
        seen = max((stamp for stamp, ids in self._frames if cause.track_id in ids), default=None)
        if seen is None:
            return Flaw(Reason.CAUSE_MISSING, "track")
        return Flaw(Reason.CAUSE_STALE, "track") if wish.stamp - seen > p.track_max_age else None


def _doubt(age: float, stamp: float, max_age: float, p: GateParameters) -> Reason | None:
    """Why a link of that age [s] may not be believed, None when it may. Exactly `max_age` is still good."""
    if not (math.isfinite(stamp) and stamp > 0.0):
        return Reason.CAUSE_BROKEN
    if age < -p.future_tolerance:
        return Reason.CAUSE_FUTURE
    return Reason.CAUSE_STALE if age > max_age else None
