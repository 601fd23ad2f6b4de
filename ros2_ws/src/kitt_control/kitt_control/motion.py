"""Manoeuvres by odometry: straight for a way or a time, a turn by an angle or for a time, and heading hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.parameters import ControllerParameters
from kitt_control.world import Odom
from kitt_core.geometry import Twist2D, wrap_angle

TIME_FACTOR = 4.0
"""A manoeuvre that takes this many times as long as reckoned, plus `TIME_EXTRA`, has failed."""
TIME_EXTRA = 10.0  # [s]


def approach_speed(room: float, deceleration: float) -> float:
    """The speed [m/s] from which braking at `deceleration` ends after `room` [m]."""
    return math.sqrt(2.0 * deceleration * room) if room > 0.0 else 0.0


def hold_heading(heading: float, yaw: float, speed: float, p: ControllerParameters) -> float:
    """Turning rate [rad/s] towards a heading; none while standing, and reversed steering needs no other sign."""
    if speed == 0.0:
        return 0.0
    rate = p.heading_gain * wrap_angle(heading - yaw)
    return max(-p.max_steer_rate, min(p.max_steer_rate, rate))


def steer(bearing: float, speed: float, p: ControllerParameters) -> Twist2D:
    """Drive [m/s] towards a bearing [rad, left positive], slower the more it must turn.

    A base that turns in place does so towards what is more than 45° aside.
    """
    rate = max(-p.max_steer_rate, min(p.max_steer_rate, p.heading_gain * bearing))
    if p.turns_in_place and abs(bearing) > math.pi / 4:
        return Twist2D(0.0, rate)
    sharp = min(1.0, abs(bearing) / (math.pi / 2))
    linear = min(speed, max(p.turn_speed, (1.0 - sharp) * speed))
    if not p.turns_in_place:  # no tighter than left and right turn
        most = linear * p.turn_rate / max(p.turn_speed, 0.05)
        rate = max(-most, min(most, rate))
    return Twist2D(linear, rate)


@dataclass
class Manoeuvre:
    """A limited motion: `sign` +1 forward or left, -1 back or right; one of way [m], angle [rad], duration [s].

    `then_drive`: afterwards go on driving (a turn while driving), else stop.
    """

    kind: str  # straight, turn
    sign: float
    amount: float
    unit: str  # m, rad, s
    start: Odom
    started: float
    then_drive: bool = False
    _turned: float = 0.0
    _yaw: float = 0.0

    def __post_init__(self) -> None:
        self._yaw = self.start.yaw

    def progress(self, odom: Odom, now: float) -> float:
        """How much is done, in the manoeuvre's unit."""
        if self.unit == "s":
            return now - self.started
        if self.unit == "m":
            dx, dy = odom.x - self.start.x, odom.y - self.start.y
            return self.sign * (math.cos(self.start.yaw) * dx + math.sin(self.start.yaw) * dy)
        self._turned += wrap_angle(odom.yaw - self._yaw)  # adds up over more than one turn
        self._yaw = odom.yaw
        return self.sign * self._turned

    def expired(self, now: float, speed: float, p: ControllerParameters) -> bool:
        """True when it takes far longer than it should; `speed` is the one of driving [m/s]."""
        pace = {"m": speed if self.sign > 0 else p.reverse_speed, "rad": p.turn_rate, "s": 1.0}[self.unit]
        return now - self.started > TIME_FACTOR * self.amount / pace + TIME_EXTRA

    def pause(self, seconds: float) -> None:
        """Time that stood still does not count."""
        self.started += seconds

    def twist(self, odom: Odom, now: float, speed: float, p: ControllerParameters) -> Twist2D | None:
        """The wish now, None when it is done."""
        left = self.amount - self.progress(odom, now)
        tolerance = {"m": 0.03, "rad": 0.02, "s": 0.0}[self.unit]
        if left <= tolerance:
            return None
        if self.kind == "turn":
            rate = p.turn_rate if self.unit == "s" else min(p.turn_rate, max(0.15, 2.0 * left))
            linear = 0.0 if p.turns_in_place else p.turn_speed * rate / p.turn_rate  # the same arc, slower
            return Twist2D(linear, self.sign * rate)
        top = speed if self.sign > 0 else p.reverse_speed
        if self.unit == "m":
            top = min(top, max(0.1, approach_speed(left, p.deceleration)))
        return Twist2D(self.sign * top, hold_heading(self.start.yaw, odom.yaw, top, p))
