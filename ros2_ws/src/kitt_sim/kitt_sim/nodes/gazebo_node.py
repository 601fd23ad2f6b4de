"""Gazebo 11 as a node: the same topics as the built-in simulator's, from Gazebo's physics, cameras and laser."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage

from kitt_core.convert import compressed_to_msg, image_to_msg, stamp_ns, to_stamp
from kitt_core.geometry import Twist2D
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_core.parameters import param
from kitt_sim.camera_fault import CameraFault
from kitt_sim.gazebo.clock import StampClock
from kitt_sim.gazebo.session import Session
from kitt_sim.nodes import messages
from kitt_sim.scan import Scan
from kitt_sim.worlds import WORLDS, world_by_name


@dataclass(frozen=True)
class GazeboParameters:
    """Parameters of the bridge to Gazebo."""

    world: str = param("street", f"the world to drive in: {', '.join(sorted(WORLDS))}, or a file", fixed=True)
    seed: int = param(0, "varies positions, facades and timing", low=0, high=2**31 - 1, fixed=True)
    publish_clock: bool = param(True, "publish /clock, for nodes with use_sim_time", fixed=True)
    window: bool = param(True, "show Gazebo's window where there is a display", fixed=True)
    log: str = param("", "file for Gazebo's own output; empty: a temporary one", fixed=True)
    max_command_age: float = param(0.25, "older commands are not obeyed", unit="s", low=0.05, high=2.0)


class GazeboBridge(KittNode):
    """Starts Gazebo, hands on what it gives, and ends it."""

    node_name = "simulator"
    parameters = GazeboParameters

    def on_setup(self) -> None:
        params: GazeboParameters = self.params
        log = Path(params.log) if params.log else None
        self._session = Session(world_by_name(params.world, params.seed), window=params.window, log=log)
        self._refused = self._reported = self._told = self._pictures = 0
        self._fault = CameraFault()
        self._running = False
        self._newest: tuple[float, NDArray[np.uint8]] | None = None
        self._wake = threading.Event()
        names = ("camera/image_raw", "camera/image_raw/compressed", "camera/camera_info", "scan", "odom", "tf",
                 "tf_static", "sim/ground_truth", "sim/collision", "sim/event", "clock")  # fmt: skip
        self._out = {name: self.advertise(f"/{name}") for name in names if name != "clock" or params.publish_clock}
        self.listen("/cmd_vel", self._command, newest_only=True)
        self.listen("/sim/event", self._event)

    def on_start(self) -> None:
        # with /clock everybody's time is Gazebo's; without it stamps must be the system's, however slow Gazebo is
        self._stamps = StampClock(follow=not self.params.publish_clock)
        self._stamps.observe(self._session.time, time.time_ns())
        car = self._session.car
        static = messages.fixed_transforms(car.camera, car.scanner, to_stamp(self._stamps.stamp_ns(self._session.time)))
        self._out["tf_static"].publish(TFMessage(transforms=static))
        self._running = True
        self._publisher = threading.Thread(target=self._publish_images, name="pictures", daemon=True)
        self._publisher.start()
        self._session.on_tick, self._session.on_image, self._session.on_scan = self._tick, self._image, self._scan
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

    def _header(self, seconds: float, frame: str) -> Header:
        return Header(stamp=to_stamp(self._stamps.stamp_ns(seconds)), frame_id=frame)

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
        if self.params.publish_clock:
            self._out["clock"].publish(Clock(clock=to_stamp(self._stamps.stamp_ns(moment.time))))
        header, simulator = self._header(moment.time, "odom"), self._session.at(moment.time)
        odom = simulator.odom()
        self._out["odom"].publish(messages.odometry(odom, header))
        self._out["tf"].publish(TFMessage(transforms=[messages.base_transform(odom, header)]))
        for name in simulator.actors.happened[self._told :]:
            self._told += 1
            self._out["sim/event"].publish(String(data=name))
        for event in simulator.collisions[self._reported :]:
            self._reported += 1
            self.get_logger().warning(f"collision with {event.object_id} at {event.speed:.2f} m/s")
            self._out["sim/collision"].publish(messages.collision(event, self._header(moment.time, "base_link")))

    def _scan(self, scan: Scan) -> None:
        if self._running:
            header = self._header(scan.time, "laser")
            self._out["scan"].publish(messages.laser_scan(scan, self._session.car.scanner, header))

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
            header, simulator = self._header(seconds, "camera_optical_frame"), self._session.at(seconds)
            picture = self._fault.apply(picture)
            self._out["camera/image_raw"].publish(image_to_msg(picture, header))
            self._out["camera/camera_info"].publish(messages.camera_info(simulator.camera, header))
            if self._out["camera/image_raw/compressed"].wanted:
                done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
                if done:
                    self._out["camera/image_raw/compressed"].publish(compressed_to_msg(jpeg.tobytes(), header))
            truth = messages.ground_truth(simulator, Header(stamp=header.stamp, frame_id="odom"))
            self._out["sim/ground_truth"].publish(truth)
            self._pictures += 1


def main() -> int:
    """Entry point."""
    return run(GazeboBridge)


if __name__ == "__main__":
    sys.exit(main())
