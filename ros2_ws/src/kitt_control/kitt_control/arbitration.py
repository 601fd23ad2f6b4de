"""Who drives: the stick goes before spoken and typed commands, those before autonomous ones; a stop from anyone wins.

The stick has a deadman: /cmd_vel_manual is obeyed only while it keeps coming. After a stop it must come to rest or let
go before it counts again, so that a hand that still pushes does not undo the stop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.commands import Command
from kitt_control.parameters import ControllerParameters
from kitt_core.geometry import Twist2D

JOYSTICK, AUTONOMOUS, NOBODY = "joystick", "autonomous", "none"
PRIORITIES = {JOYSTICK: 3, "speech": 2, "text": 2, "console": 2, AUTONOMOUS: 1, NOBODY: 0}
"""Drivers as /kitt/state names them. Of two with the same priority the newer one drives."""
BY_ITSELF = frozenset({"patrol"})
"""Commands after which the car drives by itself: whoever speaks next may take over, and so may a program."""


def driver_of(command: Command | None) -> str:
    """Who drives while a command is carried out; an unknown source is a program."""
    if command is None:
        return NOBODY
    return command.source if command.source in PRIORITIES and command.name not in BY_ITSELF else AUTONOMOUS


def may_take_over(command: Command, active: Command | None) -> bool:
    """Whether a new motion may replace the one being carried out."""
    source = command.source if command.source in PRIORITIES else AUTONOMOUS
    return PRIORITIES[source] >= PRIORITIES[driver_of(active)]


@dataclass(frozen=True)
class Stick:
    """The newest /cmd_vel_manual: its twist, its stamp in ROS time [s] and its receipt in steady time [s]."""

    twist: Twist2D
    stamp: float
    received: float


class HandControl:
    """Whether somebody steers by hand now, and what they ask for."""

    def __init__(self) -> None:
        self.locked = False
        self._held = False
        self._rest_since: float | None = None

    def lock(self) -> None:
        """Do not obey the stick before it was at rest or let go."""
        self.locked, self._held = True, False

    def asks(self, stick: Stick | None, now: float, ros: float, p: ControllerParameters) -> Twist2D | None:
        """The twist that the stick asks for; None while nobody steers. `now` steady, `ros` ROS time [s]."""
        if stick is None or not self._fresh(stick, now, ros, p):
            self.locked = self._held = False  # let go
            return None
        if not (math.isfinite(stick.twist.linear) and math.isfinite(stick.twist.angular)):
            self._held = False
            return None
        if stick.twist.linear != 0.0 or stick.twist.angular != 0.0:
            self._held, self._rest_since = not self.locked, None
            return None if self.locked else stick.twist
        self.locked = False
        self._rest_since = now if self._rest_since is None else self._rest_since
        self._held = self._held and now - self._rest_since < p.manual_rest_time
        return stick.twist if self._held else None

    @staticmethod
    def _fresh(stick: Stick, now: float, ros: float, p: ControllerParameters) -> bool:
        ages = now - stick.received, ros - stick.stamp
        return all(-p.manual_max_age <= age <= p.manual_max_age for age in ages)
