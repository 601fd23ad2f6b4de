"""A route taught by «remember this place»: places in the odom frame, driven one after the other, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.motion import TIME_EXTRA, TIME_FACTOR, steer
from kitt_control.parameters import ControllerParameters
from kitt_control.world import Odom
from kitt_core.geometry import Pose2D, Twist2D

MOST_PLACES = 50
PASSED = 2.0  # [m] a place that was missed by less than this and lies behind was reached: a car cannot go sideways


@dataclass
class Route:
    """The places, and which is next."""

    def __post_init__(self) -> None:
        self.places: list[tuple[float, float]] = []
        self.next = 0
        self._leg_begins: float | None = None
        self._leg_length = 0.0

    def remember(self, odom: Odom, p: ControllerParameters) -> bool:
        """Add where the car stands; False when the route is full. The same place twice in a row is one."""
        here = (odom.x, odom.y)
        if self.places and math.dist(here, self.places[-1]) < p.patrol_reached:
            return True
        if len(self.places) >= MOST_PLACES:
            return False
        self.places.append(here)
        return True

    def forget(self) -> None:
        """No places."""
        self.places, self.next, self._leg_begins = [], 0, None

    def begin(self, odom: Odom) -> bool:
        """Start with the place after the nearest one; False with fewer than two places."""
        if len(self.places) < 2:
            return False
        nearest = min(range(len(self.places)), key=lambda i: math.dist(self.places[i], (odom.x, odom.y)))
        self.next, self._leg_begins = (nearest + 1) % len(self.places), None
        return True

    def twist(self, odom: Odom, now: float, speed: float, p: ControllerParameters) -> Twist2D | None:
        """Towards the next place; None when a leg takes far longer than it should. `now` steady [s]."""
        ahead, left = self._look(odom)
        distance = math.hypot(ahead, left)
        if distance <= p.patrol_reached or (ahead < 0.0 and abs(left) < PASSED and distance < PASSED):
            self.next, self._leg_begins = (self.next + 1) % len(self.places), None
            ahead, left = self._look(odom)
        if self._leg_begins is None:
            self._leg_begins, self._leg_length = now, math.hypot(ahead, left)
        if now - self._leg_begins > TIME_FACTOR * self._leg_length / speed + TIME_EXTRA:
            return None
        return steer(math.atan2(left, ahead), speed, p)

    def pause(self, seconds: float) -> None:
        """Time that stood still does not count against the leg."""
        if self._leg_begins is not None:
            self._leg_begins += seconds

    def _look(self, odom: Odom) -> tuple[float, float]:
        return Pose2D(odom.x, odom.y, odom.yaw).to_local(*self.places[self.next])
