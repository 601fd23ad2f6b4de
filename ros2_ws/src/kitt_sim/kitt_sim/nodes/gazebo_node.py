"""Gazebo 11 as a node: the same topics as the built-in simulator's, from Gazebo's physics, cameras and laser."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt_core.convert import stamp_ns
from kitt_core.geometry import Twist2D
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_sim.camera_fault import CameraFault
from kitt_sim.gazebo.clock import StampClock
from kitt_sim.gazebo.session import Session
from kitt_sim.imu import ImuReading
from kitt_sim.nodes.outputs import MOTION, SENSORS, Outputs, truth_of
from kitt_sim.parameters import GazeboParameters
from kitt_sim.scan import Scan
from kitt_sim.worlds import world_by_name


class GazeboBridge(KittNode):
    """Starts Gazebo, hands on what it gives, and ends it."""

    node_name = "simulator"
    parameters = GazeboParameters

    def on_setup(self) -> None:
        params: GazeboParameters = self.params
        log = Path(params.log) if params.log else None
        self._session = Session(world_by_name(params.world, params.seed), window=params.window, log=log)
        self._refused = self._pictures = 0
        self._fault = CameraFault()
        self._running = False
        self._newest: tuple[float, NDArray[np.uint8]] | None = None
        self._wake = threading.Event()
        names = (*SENSORS, *MOTION, *(("clock",) if params.publish_clock else ()))
        self._out = Outputs(self.advertise, names, self.get_logger().warning)
        self.listen("/cmd_vel", self._command, newest_only=True)
        self.listen("/sim/event", self._event)

    def on_start(self) -> None:
        # with /clock everybody's time is Gazebo's; without it stamps must be the system's, however slow Gazebo is
        self._stamps = StampClock(follow=not self.params.publish_clock)
        self._stamps.observe(self._session.time, time.time_ns())
        self._out.static(self._session.car, self._stamps.stamp_ns(self._session.time))
        self._running = True
        self._publisher = threading.Thread(target=self._publish_images, name="pictures", daemon=True)
        self._publisher.start()
        self._session.on_tick, self._session.on_imu = self._tick, self._imu
        self._session.on_image, self._session.on_scan = self._image, self._scan
        self.every(1.0, self._check)

    def on_stop(self) -> None:
        self._running = False
        self._wake.set()
        self._publisher.join(timeout=2.0)
        self._session.command(Twist2D(0.0, 0.0))

    def on_teardown(self) -> None:
        self._session.close()

    def _check(self) -> None:
        if not self._session.alive:
            self.get_logger().fatal(f"Gazebo has ended: {self._session.server.last_words()}")
            sys.exit(1)  # the launch file starts both anew
        self.set_status(Level.OK, f"{self._session.rate:.2f} simulated seconds per second, {self._pictures} pictures")

    def _command(self, message: Any) -> None:
        now = self._stamps.stamp_ns(self._session.time)
        age = (now - stamp_ns(message.header.stamp)) * 1e-9
        twist = Twist2D(message.twist.linear.x, message.twist.angular.z)
        if abs(age) > self.params.max_command_age or not twist.is_finite:
            self._refused += 1  # the vehicle brakes by itself when no fresh command comes
            return
        self._session.command(twist)

    def _event(self, message: Any) -> None:
        if not self._fault.take(message.data):
            self._session.raise_event(message.data)

    def _tick(self) -> None:
        if not self._running:
            return
        moment = self._session.moment
        self._stamps.observe(moment.time, time.time_ns())
        stamp, simulator = self._stamps.stamp_ns(moment.time), self._session.at(moment.time)
        self._out.clock(stamp)
        self._out.motion(simulator, stamp)
        self._out.news(simulator, stamp)

    def _scan(self, scan: Scan) -> None:
        if self._running:
            self._out.scan(scan, self._session.car.scanner, self._stamps.stamp_ns(scan.time))

    def _imu(self, reading: ImuReading) -> None:
        if self._running:
            self._out.imu(reading, self._session.car.imu, self._stamps.stamp_ns(reading.time))

    def _image(self, seconds: float, picture: NDArray[np.uint8]) -> None:
        # handed over: whoever is slow to take pictures must not make Gazebo's connection wait
        self._newest = (seconds, picture)
        self._wake.set()

    def _publish_images(self) -> None:
        while self._running:
            if not self._wake.wait(timeout=0.2) or self._newest is None or not self._running:
                continue
            self._wake.clear()
            seconds, picture = self._newest
            stamp, simulator = self._stamps.stamp_ns(seconds), self._session.at(seconds)
            self._out.picture(self._fault.apply(picture), simulator.camera, stamp)
            self._out.truth(truth_of(simulator, stamp))
            self._pictures += 1


def main() -> int:
    """Entry point."""
    return run(GazeboBridge)


if __name__ == "__main__":
    sys.exit(main())
