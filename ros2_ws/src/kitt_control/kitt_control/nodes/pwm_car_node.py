"""The model car's driver as a node: /cmd_vel in, pulses out. It moves only while the safety gate speaks."""

from __future__ import annotations

import sys
import time
from typing import Any

from kitt_control.nodes import wire
from kitt_control.pwm_car import Pca9685, PwmCar, PwmCarParameters
from kitt_core.health import Level
from kitt_core.node import KittNode, run

PERIOD = 0.05  # [s]


class PwmCarNode(KittNode):
    """Messages to the driver."""

    node_name = "base"
    parameters = PwmCarParameters

    def on_setup(self) -> None:
        self._car = PwmCar(Pca9685(self.params.i2c_address), self.params)
        self.listen("/cmd_vel", self._on_velocity, newest_only=True)

    def on_start(self) -> None:
        self.every(PERIOD, self._tick)

    def on_stop(self) -> None:
        self._car.stop()

    def on_parameters(self, old: Any, new: Any) -> None:
        del old
        if hasattr(self, "_car"):
            self._car.p = new

    def _on_velocity(self, message: Any) -> None:
        age = self.now() * 1e-9 - wire.seconds(message.header.stamp)
        self._car.command(wire.to_twist2d(message.twist), age, time.monotonic())

    def _tick(self) -> None:
        self._car.tick(time.monotonic())
        self.set_status(Level.ERROR if self._car.trouble else Level.OK, self._car.trouble or "driving as told")


def main() -> None:
    """Entry point."""
    sys.exit(run(PwmCarNode))
