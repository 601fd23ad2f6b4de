"""What the gate is told, and whether it may be believed: one watched input, and the two clocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

from kitt_control.reasons import Reason

T = TypeVar("T")
MAX_STEP = 0.1  # [s] a longer pause between two steps earns no more acceleration than this


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
        self._fault: Reason | None = verdicts.missing

    def admits(self, stamp: float, now_steady: float, now_ros: float, future_tolerance: float) -> bool:
        """Whether a value may be taken; False when its stamp is not finite, lies ahead, or before the one we hold.

        An older stamp than the held one is dropped: it arrived out of order, and the held one ages on.
        """
        if not (math.isfinite(stamp) and math.isfinite(now_steady) and math.isfinite(now_ros)):
            return self.refuse(self.verdicts.invalid)
        if stamp > now_ros + future_tolerance:
            return self.refuse(self.verdicts.future)
        return stamp >= self.stamp

    def accept(self, value: T, stamp: float, now_steady: float, now_ros: float, future_tolerance: float) -> bool:
        """Take a value if its stamp admits it; False when not."""
        if not self.admits(stamp, now_steady, now_ros, future_tolerance):
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


class ClockWatch:
    """Compares ROS time and the steady clock from step to step; after a jump no stamp from before can be believed."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None

    def step(self, now_steady: float, now_ros: float, tolerance: float) -> tuple[Reason | None, float]:
        """What is wrong with the clocks, and the time since the last step [s], at most `MAX_STEP`."""
        if not (math.isfinite(now_steady) and math.isfinite(now_ros)):
            self._last = None
            return Reason.CLOCK_JUMP, 0.0
        last, self._last = self._last, (now_steady, now_ros)
        if now_ros <= 0.0:
            return Reason.NO_CLOCK, 0.0
        if last is None or last[1] <= 0.0:
            return None, 0.0
        steady, ros = now_steady - last[0], now_ros - last[1]
        if steady < 0.0 or ros < 0.0 or abs(ros - steady) > tolerance:
            return Reason.CLOCK_JUMP, 0.0
        return None, min(steady, MAX_STEP)
