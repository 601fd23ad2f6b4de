"""One watched input: the newest value with its two times, and whether it may be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

from kitt_control.reasons import Reason

T = TypeVar("T")


@dataclass(frozen=True)
class Verdicts:
    """The reasons by which one kind of input is refused."""

    missing: Reason
    stale: Reason
    invalid: Reason
    future: Reason


COMMAND = Verdicts(Reason.NO_COMMAND, Reason.COMMAND_STALE, Reason.COMMAND_INVALID, Reason.COMMAND_FUTURE)
SCAN = Verdicts(Reason.SCAN_MISSING, Reason.SCAN_STALE, Reason.SCAN_INVALID, Reason.SCAN_FUTURE)
TRACKS = Verdicts(Reason.TRACKS_MISSING, Reason.TRACKS_STALE, Reason.TRACKS_INVALID, Reason.TRACKS_FUTURE)
ODOM = Verdicts(Reason.ODOM_MISSING, Reason.ODOM_STALE, Reason.ODOM_INVALID, Reason.ODOM_FUTURE)


class Watched(Generic[T]):
    """Newest good value of one input. A bad one blots it out until a good one comes: in doubt there is none.

    Age is measured twice: by the stamp against ROS time, and by the receipt against the steady clock. The first
    catches data that was long on its way, the second a sender (or a clock) that has stopped.
    """

    def __init__(self, verdicts: Verdicts) -> None:
        self.verdicts = verdicts
        self.value: T | None = None
        self.stamp = -math.inf
        self.received = -math.inf
        self.backwards = 0
        self._fault: Reason | None = verdicts.missing

    def accept(self, value: T, stamp: float, now_steady: float, now_ros: float, future_tolerance: float) -> bool:
        """Take a value; False when its stamp is not finite, lies ahead, or lies before the one we hold.

        An older stamp than the held one is dropped and counted: it arrived out of order, and the held one ages on.
        """
        if not (math.isfinite(stamp) and math.isfinite(now_steady) and math.isfinite(now_ros)):
            return self.refuse(self.verdicts.invalid)
        if stamp > now_ros + future_tolerance:
            return self.refuse(self.verdicts.future)
        if stamp < self.stamp:
            self.backwards += 1
            return False
        self.value, self.stamp, self.received, self._fault = value, stamp, now_steady, None
        return True

    def refuse(self, reason: Reason) -> bool:
        """Blot the value out for a reason; always False."""
        self.value, self._fault = None, reason
        return False

    def forget(self) -> None:
        """As if nothing had ever come."""
        self.value, self._fault = None, self.verdicts.missing
        self.stamp = self.received = -math.inf

    def age(self, now_steady: float, now_ros: float) -> float:
        """The greater of both ages [s]."""
        return max(now_ros - self.stamp, now_steady - self.received)

    def doubt(self, now_steady: float, now_ros: float, max_age: float) -> Reason | None:
        """Why the value may not be used, or None. An age of exactly `max_age` is still good."""
        if self._fault is not None:
            return self._fault
        return self.verdicts.stale if self.age(now_steady, now_ros) > max_age else None
