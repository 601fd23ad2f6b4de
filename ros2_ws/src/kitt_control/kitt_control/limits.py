"""The gate's limits: of speed, of its growth, and the bar that an obstacle puts up and takes down again."""

from __future__ import annotations

import math

import numpy as np

from kitt_control.parameters import GateParameters
from kitt_control.ranging import EDGE_PX, LIVING, place_of, with_scan
from kitt_control.world import Camera, FloatArray, Track
from kitt_core.geometry import Twist2D

POINT_SPACING = 0.1  # [m] between the points that stand for a person


def scaled(twist: Twist2D, factor: float) -> Twist2D:
    """Both components times `factor`: the same arc, driven slower."""
    return Twist2D(twist.linear * factor, twist.angular * factor) if factor != 1.0 else twist


def clamp(twist: Twist2D, p: GateParameters) -> Twist2D:
    """Limit both components by one factor, so that the arc stays the same."""
    top = p.max_speed if twist.linear > 0.0 else p.max_reverse_speed
    factor = 1.0
    if abs(twist.linear) > top:
        factor = top / abs(twist.linear)
    if abs(twist.angular) * factor > p.max_angular:
        factor = p.max_angular / abs(twist.angular)
    slower = scaled(twist, factor)
    # Rounding may leave the product an ulp above the limit.
    return Twist2D(
        math.copysign(min(abs(slower.linear), top), slower.linear),
        math.copysign(min(abs(slower.angular), p.max_angular), slower.angular),
    )


def grow(last: float, target: float, most: float) -> float:
    """`target`, but its magnitude at most `most` above the last one's; a change of sign starts from zero."""
    start = abs(last) if last * target > 0.0 else 0.0
    return math.copysign(min(abs(target), start + most), target) if target != 0.0 else 0.0


def ramp(last: Twist2D, target: Twist2D, acceleration: float, dt: float, p: GateParameters) -> tuple[Twist2D, float]:
    """The next twist under acceleration and jerk limits after `dt` [s], and its acceleration [m/s^2].

    Only growth is limited: braking is never delayed.
    """
    most = min(p.max_acceleration, acceleration + p.max_jerk * dt) * dt
    linear = grow(last.linear, target.linear, most)
    start = abs(last.linear) if linear * last.linear > 0.0 else 0.0
    risen = max(0.0, (abs(linear) - start) / dt) if dt > 0.0 else 0.0
    angular = grow(last.angular, target.angular, p.max_angular_acceleration * dt)
    if target.linear != 0.0:
        # Not tighter than the wished arc while the speed still grows: starting off must not be turning in place.
        angular = math.copysign(min(abs(angular), abs(target.angular) * (linear / target.linear)), target.angular)
    return Twist2D(linear, angular), risen


def living_points(track: Track, camera: Camera | None, p: GateParameters, hits: FloatArray | None = None) -> FloatArray:
    """Points (N, 2) along the near side of somebody, with room for a step aside; none (0, 2) for other classes.

    `hits` (N, 2) are the laser's in base_link [m]: they tell where somebody stands whose feet are below the image.
    """
    nothing = np.zeros((0, 2))
    if camera is None or track.label not in LIVING or track.score < p.track_min_score:
        return nothing
    place = place_of(track, camera, p.camera_height, p.camera_x)
    if place is None:  # somebody, who knows where: in doubt at the bumper
        return np.array([[p.front, 0.0]])
    x = place.x
    if track.y + track.h / 2 >= camera.height - EDGE_PX:
        # Feet below the image: nearer than the camera can tell. Where the laser does not tell either, at the bumper.
        felt = place if hits is None else with_scan(place, hits, cut=True)
        x = min(x, p.front) if felt is place else felt.x
    low, high = place.y_right - p.person_margin, place.y_left + p.person_margin
    y = np.linspace(low, high, max(2, min(100, math.ceil((high - low) / POINT_SPACING) + 1)))
    return np.column_stack((np.full_like(y, x), y))


class Barrier:
    """Whether an obstacle bars a direction, with hysteresis in way and in time so that the car does not chatter."""

    def __init__(self, parameters: GateParameters) -> None:
        self.parameters = parameters
        self._direction: float | None = None  # -1 back, 0 turning in place, 1 forward
        self._clear_since: float | None = None

    def bars(self, free: float, allowed: float, twist: Twist2D, measured: float, now: float) -> bool:
        """Judge one step: free way [m], allowed and measured speed [m/s], steady time [s]."""
        p = self.parameters
        direction = math.copysign(1.0, twist.linear) if twist.linear != 0.0 else 0.0
        if self._direction != direction:
            self._direction, self._clear_since = None, None
        over = measured * direction > allowed + p.overspeed_tolerance
        if self._direction is None:
            if allowed < p.creep_speed or over:
                self._direction = direction
            return self._direction is not None
        if over or free < p.stop_margin + p.obstacle_hysteresis:
            self._clear_since = None
            return True
        if self._clear_since is None:
            self._clear_since = now
        if now - self._clear_since < p.clear_time:
            return True
        self._direction, self._clear_since = None, None
        return False
