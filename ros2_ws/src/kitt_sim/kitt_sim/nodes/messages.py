"""The simulator's values as messages."""

from __future__ import annotations

import array
import math
from functools import cache
from typing import Any

import numpy as np
from geometry_msgs.msg import Pose, Quaternion, TransformStamped, Vector3
from kitt_interfaces.msg import BoundingBox, Collision, GroundTruth, GroundTruthObject
from nav_msgs.msg import Odometry as OdometryMsg
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Imu, LaserScan
from std_msgs.msg import Header

from kitt_core.geometry import Pose2D, quaternion_from_yaw
from kitt_sim.camera import CameraModel
from kitt_sim.imu import ImuReading, ImuSpec
from kitt_sim.scan import Scan, ScanSpec
from kitt_sim.simulator import CollisionEvent, Odometry, Simulator


def _quaternion(xyzw: tuple[float, float, float, float]) -> Quaternion:
    x, y, z, w = xyzw
    return Quaternion(x=x, y=y, z=z, w=w)


def _pose(at: Pose2D, z: float = 0.0) -> Pose:
    pose = Pose(orientation=_quaternion(quaternion_from_yaw(at.yaw)))
    pose.position.x, pose.position.y, pose.position.z = at.x, at.y, z
    return pose


def camera_info(camera: CameraModel, header: Header) -> CameraInfo:
    """The intrinsics; no distortion."""
    k = [float(v) for v in camera.k.ravel()]
    return CameraInfo(
        header=header, width=camera.width, height=camera.height, distortion_model="plumb_bob", d=[0.0] * 5, k=k,
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], p=[*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0],
    )  # fmt: skip


def laser_scan(scan: Scan, spec: ScanSpec, header: Header) -> LaserScan:
    """One turn, taken at one moment: no time passes between its rays."""
    return LaserScan(
        header=header, angle_min=scan.angle_min, angle_max=scan.angle_max, angle_increment=scan.angle_increment,
        time_increment=0.0, scan_time=1.0 / spec.rate_hz, range_min=scan.range_min, range_max=scan.range_max,
        ranges=array.array("f", scan.ranges.tobytes()),
    )  # fmt: skip


def imu(reading: ImuReading, spec: ImuSpec, header: Header) -> Imu:
    """One reading (REP 145). The orientation is exact, hence its small variance: zero would mean unknown."""
    wx, wy, wz = reading.angular_velocity
    ax, ay, az = reading.linear_acceleration
    return Imu(
        header=header, orientation=_quaternion(reading.orientation), orientation_covariance=_diagonal(1e-6),
        angular_velocity=Vector3(x=wx, y=wy, z=wz), angular_velocity_covariance=_diagonal(spec.gyro_variance),
        linear_acceleration=Vector3(x=ax, y=ay, z=az), linear_acceleration_covariance=_diagonal(spec.accel_variance),
    )  # fmt: skip


@cache
def _diagonal(variance: float) -> NDArray[np.float64]:
    return (np.eye(3) * variance).ravel()


def odometry(odom: Odometry, header: Header) -> OdometryMsg:
    """Pose in odom, twist in base_link; exact, so the covariances are small but not zero (zero means unknown)."""
    message = OdometryMsg(header=header, child_frame_id="base_link")
    message.pose.pose = _pose(odom.pose)
    message.twist.twist.linear.x, message.twist.twist.angular.z = odom.twist.linear, odom.twist.angular
    diagonal = [1e-6 if i % 7 == 0 else 0.0 for i in range(36)]
    message.pose.covariance, message.twist.covariance = diagonal, list(diagonal)
    return message


def base_transform(odom: Odometry, header: Header) -> TransformStamped:
    """odom to base_link."""
    result = TransformStamped(header=header, child_frame_id="base_link")
    result.transform.translation.x, result.transform.translation.y = odom.pose.x, odom.pose.y
    result.transform.rotation = _quaternion(quaternion_from_yaw(odom.pose.yaw))
    return result


def fixed_transforms(camera: CameraModel, scanner: ScanSpec, imu: ImuSpec, stamp: Any) -> list[TransformStamped]:
    """base_link to camera_link, laser and imu_link, camera_link to camera_optical_frame (REP 103)."""
    half = camera.pitch / 2
    rows = (
        ("base_link", "camera_link", (camera.x, camera.y, camera.z), (0.0, math.sin(half), 0.0, math.cos(half))),
        ("camera_link", "camera_optical_frame", (0.0, 0.0, 0.0), (-0.5, 0.5, -0.5, 0.5)),
        ("base_link", "laser", (scanner.x, scanner.y, scanner.z), (0.0, 0.0, 0.0, 1.0)),
        ("base_link", "imu_link", (imu.x, imu.y, imu.z), (0.0, 0.0, 0.0, 1.0)),
    )
    result = []
    for parent, child, (x, y, z), turn in rows:
        transform = TransformStamped(header=Header(stamp=stamp, frame_id=parent), child_frame_id=child)
        transform.transform.translation = Vector3(x=x, y=y, z=z)
        transform.transform.rotation = _quaternion(turn)
        result.append(transform)
    return result


def ground_truth(simulator: Simulator, header: Header) -> GroundTruth:
    """What is where now; the header's frame must be odom."""
    odom = simulator.odom()
    message = GroundTruth(header=header, car=_pose(odom.pose), collisions=len(simulator.collisions))
    message.car_twist.linear.x, message.car_twist.angular.z = odom.twist.linear, odom.twist.angular
    message.least_person_distance = float(simulator.least_person_distance)
    turn = -simulator.world.spawn.yaw
    for item in simulator.ground_truth():
        if item.class_name == "building":
            continue
        length, width, height = item.size
        entry = GroundTruthObject(
            id=item.id, class_name=item.class_name, pose=_pose(simulator.in_odom(item.pose), item.z + height / 2),
            size=Vector3(x=length, y=width, z=height), distance=float(item.distance), in_view=item.box is not None,
            visible_fraction=float(item.visible),
        )  # fmt: skip
        vx, vy = item.velocity
        entry.velocity.x = math.cos(turn) * vx - math.sin(turn) * vy
        entry.velocity.y = math.sin(turn) * vx + math.cos(turn) * vy
        if item.box is not None:
            x0, y0, x1, y1 = (float(v) for v in item.box)
            entry.box = BoundingBox(x_min=x0, y_min=y0, x_max=x1, y_max=y1)
        message.objects.append(entry)
    return message


def collision(event: CollisionEvent, header: Header) -> Collision:
    """One collision."""
    return Collision(header=header, object_id=event.object_id, class_name=event.class_name, speed=float(event.speed))
