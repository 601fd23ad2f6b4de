"""From a planar twist to the speed and steering angle of a car with a steered front axle (single-track model)."""

from __future__ import annotations

import math

from kitt_core.geometry import Twist2D

TOLERANCE = 1.1
"""An angle greater than the steering's by no more than this factor is steered as far as it goes."""


def steering_of(twist: Twist2D, wheelbase: float, most: float) -> tuple[float, float]:
    """Speed [m/s] and steering angle [rad, left positive] that drive a twist; both 0 where the car cannot.

    `wheelbase` [m] lies between the axles, `most` [rad] is the greatest angle. Turning in place and arcs tighter than
    the steering allows give a standing car: the gate has looked along the arc that was asked for, and a wider one may
    not be free. Source: Rajamani, Vehicle Dynamics and Control, ch. 2 (kinematic model without slip).
    """
    if twist.linear == 0.0 or not twist.is_finite:
        return 0.0, 0.0
    angle = math.atan(wheelbase * twist.angular / twist.linear)
    if abs(angle) > TOLERANCE * most:
        return 0.0, 0.0
    return twist.linear, max(-most, min(most, angle))
