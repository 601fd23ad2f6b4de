"""What every simulator's node gives: the same topics from the same values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage

from kitt_core.convert import compressed_to_msg, image_to_msg, to_stamp
from kitt_sim.camera import CameraModel
from kitt_sim.car import Car
from kitt_sim.imu import ImuReading, ImuSpec
from kitt_sim.nodes import messages
from kitt_sim.scan import Scan, ScanSpec
from kitt_sim.simulator import Simulator

MOTION = ("odom", "tf", "tf_static", "sim/ground_truth", "sim/collision", "sim/event")
CAMERA = ("camera/image_raw", "camera/image_raw/compressed", "camera/camera_info")
SENSORS = (*CAMERA, "scan", "imu")


class Outputs:
    """Publishers, and what is published on them; stamps are capture times in nanoseconds."""

    def __init__(self, advertise: Callable[[str], Any], names: tuple[str, ...], warn: Callable[[str], object]) -> None:
        """`advertise` makes a publisher of the contract, `warn` tells of collisions."""
        self._out = {name: advertise(f"/{name}") for name in names}
        self._warn = warn
        self._told = self._reported = 0

    def static(self, car: Car, stamp_ns: int) -> None:
        """Where the sensors sit."""
        fixed = messages.fixed_transforms(car.camera, car.scanner, car.imu, to_stamp(stamp_ns))
        self._out["tf_static"].publish(TFMessage(transforms=fixed))

    def clock(self, stamp_ns: int) -> None:
        """Simulated time, where it is published."""
        if "clock" in self._out:
            self._out["clock"].publish(Clock(clock=to_stamp(stamp_ns)))

    def motion(self, simulator: Simulator, stamp_ns: int) -> None:
        """Odometry and its transform."""
        header, odom = Header(stamp=to_stamp(stamp_ns), frame_id="odom"), simulator.odom()
        self._out["odom"].publish(messages.odometry(odom, header))
        self._out["tf"].publish(TFMessage(transforms=[messages.base_transform(odom, header)]))

    def scan(self, scan: Scan, spec: ScanSpec, stamp_ns: int) -> None:
        """A turn of the laser."""
        self._out["scan"].publish(messages.laser_scan(scan, spec, Header(stamp=to_stamp(stamp_ns), frame_id="laser")))

    def imu(self, reading: ImuReading, spec: ImuSpec, stamp_ns: int) -> None:
        """A reading of the IMU."""
        header = Header(stamp=to_stamp(stamp_ns), frame_id="imu_link")
        self._out["imu"].publish(messages.imu(reading, spec, header))

    def news(self, simulator: Simulator, stamp_ns: int) -> None:
        """What has happened since the last call: events and collisions."""
        for name in simulator.actors.happened[self._told :]:
            self._told += 1
            self._out["sim/event"].publish(String(data=name))
        for event in simulator.collisions[self._reported :]:
            self._reported += 1
            self._warn(f"collision with {event.object_id} at {event.speed:.2f} m/s")
            header = Header(stamp=to_stamp(stamp_ns), frame_id="base_link")
            self._out["sim/collision"].publish(messages.collision(event, header))

    def picture(self, picture: NDArray[np.uint8], camera: CameraModel, stamp_ns: int) -> None:
        """A picture (H, W, 3), BGR, with its intrinsics, and as JPEG while somebody wants that."""
        header = Header(stamp=to_stamp(stamp_ns), frame_id="camera_optical_frame")
        self._out["camera/image_raw"].publish(image_to_msg(picture, header))
        self._out["camera/camera_info"].publish(messages.camera_info(camera, header))
        if self._out["camera/image_raw/compressed"].wanted:
            done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
            if done:
                self._out["camera/image_raw/compressed"].publish(compressed_to_msg(jpeg.tobytes(), header))

    def truth(self, message: Any) -> None:
        """A ground truth, made when its moment was."""
        self._out["sim/ground_truth"].publish(message)


def truth_of(simulator: Simulator, stamp_ns: int) -> Any:
    """The ground truth of this moment as a message."""
    return messages.ground_truth(simulator, Header(stamp=to_stamp(stamp_ns), frame_id="odom"))
