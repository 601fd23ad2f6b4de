"""Between messages and the plain data of gate and controller."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from geometry_msgs.msg import Twist, TwistStamped
from kitt_interfaces.msg import Trace
from std_msgs.msg import Header

from kitt_control.provenance import Provenance
from kitt_control.self_watch import Status
from kitt_control.world import Camera, Odom, Scan, Track, TrackFrame
from kitt_core.convert import colors_of, msg_to_detections, stamp_ns, to_stamp
from kitt_core.geometry import Twist2D, yaw_from_quaternion

LONGEST_TEXT = 200  # characters of a text that is handed on


def seconds(stamp: Any) -> float:
    """A builtin_interfaces/Time in s."""
    return stamp_ns(stamp) * 1e-9


def stamp_of(time_s: float | None) -> Any:
    """s as a builtin_interfaces/Time; None is zero."""
    finite = time_s is not None and math.isfinite(time_s)
    return to_stamp(round(time_s * 1e9) if finite and time_s is not None else 0)


def to_twist2d(twist: Any) -> Twist2D:
    """A Twist as a planar one; NaN where it is not planar, so that the gate refuses it."""
    others = (twist.linear.y, twist.linear.z, twist.angular.x, twist.angular.y)
    linear = twist.linear.x if all(value == 0.0 for value in others) else math.nan
    return Twist2D(float(linear), float(twist.angular.z))


def to_twist(twist: Twist2D) -> Twist:
    """A planar twist as a message."""
    message = Twist()
    message.linear.x, message.angular.z = twist.linear, twist.angular
    return message


def to_twist_stamped(twist: Twist2D, now_ns: int) -> TwistStamped:
    """The same with stamp and frame base_link."""
    return TwistStamped(header=Header(stamp=to_stamp(now_ns), frame_id="base_link"), twist=to_twist(twist))


def to_scan(message: Any) -> Scan:
    """A LaserScan."""
    return Scan(
        seconds(message.header.stamp),
        message.angle_min,
        message.angle_increment,
        message.range_min,
        message.range_max,
        np.asarray(message.ranges, dtype=np.float64),
    )


def to_tracks(message: Any) -> TrackFrame:
    """A Detection2DArray with ids."""
    colors = colors_of(message)
    tracks = tuple(
        Track(track_id, label, score, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, colors.get(index, ""))
        for index, (track_id, label, score, (x0, y0, x1, y1)) in enumerate(msg_to_detections(message))
    )
    return TrackFrame(seconds(message.header.stamp), tracks)


def to_camera(message: Any) -> Camera:
    """A CameraInfo; distortion is neglected."""
    k = message.k
    return Camera(message.width, message.height, k[0], k[4], k[2], k[5])


def to_odom(message: Any) -> Odom:
    """An Odometry."""
    pose, twist, q = message.pose.pose, message.twist.twist, message.pose.pose.orientation
    yaw = yaw_from_quaternion(q.x, q.y, q.z, q.w)
    stamp = seconds(message.header.stamp)
    return Odom(stamp, pose.position.x, pose.position.y, yaw, twist.linear.x, twist.angular.z)


def to_status(message: Any) -> Status:
    """A DiagnosticStatus."""
    level = message.level[0] if isinstance(message.level, bytes) else int(message.level)
    return Status(message.name, level, message.message, {value.key: value.value for value in message.values})


def to_provenance(message: Any) -> Provenance:
    """A Trace from the controller."""
    return Provenance(
        seconds(message.header.stamp), to_twist2d(message.twist),
        behaviour=message.behaviour[:LONGEST_TEXT], command=message.command[:LONGEST_TEXT],
        source=message.command_source[:LONGEST_TEXT], track_id=message.track_id[:LONGEST_TEXT],
        begin=seconds(message.command_begin), end=seconds(message.command_end),
        frame=seconds(message.frame_stamp), scan=seconds(message.scan_stamp),
    )  # fmt: skip


def to_trace(cause: Provenance | None, given: Twist2D, now_ns: int) -> Trace:
    """What caused the velocity `given`, with every age at `now_ns` [ns]; NaN where there is no such cause."""
    header = Header(stamp=to_stamp(now_ns), frame_id="base_link")
    c = cause or Provenance(0.0, given)
    age = {
        name: now_ns * 1e-9 - stamp if stamp > 0.0 else math.nan
        for name, stamp in (("command", c.end), ("frame", c.frame), ("scan", c.scan), ("wish", c.stamp))
    }
    return Trace(
        header=header, twist=to_twist(given), behaviour=c.behaviour, command=c.command, command_source=c.source,
        command_begin=stamp_of(c.begin), command_end=stamp_of(c.end), frame_stamp=stamp_of(c.frame),
        scan_stamp=stamp_of(c.scan), track_id=c.track_id, command_age=age["command"], frame_age=age["frame"],
        scan_age=age["scan"], wish_age=age["wish"],
    )  # fmt: skip
