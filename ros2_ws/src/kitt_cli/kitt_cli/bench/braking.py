"""`kitt bench braking`: the way the simulated car needs to stand, beside the way that the safety gate assumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kitt_cli.bench.over_ros import ros_missing
from kitt_cli.bench.simulated_car import SimulatedCar, simulated_car
from kitt_cli.bench.statistics import machine
from kitt_control.corridor import stopping_distance
from kitt_control.parameters import GateParameters
from kitt_inference.errors import KittError

SPEEDS = (0.8, 1.5, 2.4)  # [m/s]
_NEARLY = 0.02  # [m/s] below the wished speed counts as driving it
_SPEED_UP_S = 8.0
_PATIENCE_S = 40.0
_STAND_S = 5.0


def bench_braking(speeds: Sequence[float], times: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Drive by the stick at each speed [m/s], press the emergency stop, measure the way by odometry.

    Raises:
        KittError: no ROS, or the car does not come up, reach a speed or stand.
    """
    if lacking := ros_missing():
        raise KittError("braking cannot be measured here", lacking)
    about, p = machine(), GateParameters()
    rows: list[dict[str, Any]] = []
    with simulated_car({"/cmd_vel", "/odom"}, whole=True, ears="false") as car:
        for wished in speeds:
            found = [_brake(car, wished) for _ in range(times)]
            ways = [way for _, way in found]
            assumed = min(stopping_distance(speed, p.deceleration, p.reaction_time, 0.0) for speed, _ in found)
            row = {
                "speed": wished, "count": times, "median_m": round(float(np.median(ways)), 3),
                "most_m": round(max(ways), 3), "assumed_m": round(assumed, 3), "holds": max(ways) <= assumed,
            }  # fmt: skip
            rows.append(row)
            tell(f"{wished:g} m/s: {row['most_m']:.2f} m at most, {row['assumed_m']:.2f} m assumed")
    return {"machine": about, "speeds": rows, "holds": all(row["holds"] for row in rows)}


def _brake(car: SimulatedCar, wished: float) -> tuple[float, float]:
    """Speed [m/s] at the stop and the way from its sending to standing [m]."""
    begin = time.monotonic()
    while car.odom[2] < wished - _NEARLY:
        held = time.monotonic() - begin
        if held > _PATIENCE_S:
            raise KittError(f"the car does not reach {wished:g} m/s: gate «{car.reason}»", "is the machine busy?")
        if held % _SPEED_UP_S < _SPEED_UP_S - 1.0:  # else let go: after a fault the stick counts only anew
            car.push(wished)
        car.eyes.spin(0.05)
    stamp, place, speed = car.odom
    place += speed * (time.time() - stamp)  # where it is by now
    car.emergency_stop()
    if not car.eyes.spin(_STAND_S, lambda: car.odom[2] == 0.0):
        raise KittError("the car does not stand after an emergency stop", "see docs/troubleshooting.md")
    way = car.odom[1] - place
    car.eyes.spin(0.5)
    car.release()
    return speed, way
