"""/cmd_vel in the type that the base wants: TwistStamped, Twist or AckermannDriveStamped."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from std_msgs.msg import Header

from kitt_control.ackermann import steering_of
from kitt_control.nodes import wire
from kitt_core.convert import to_stamp
from kitt_core.geometry import Twist2D
from kitt_core.ports import message_type

TYPES = ("twist_stamped", "twist", "ackermann_drive_stamped")


def message_class(kind: str) -> Any:
    """The message class of one of TYPES.

    Raises:
        KittError: ackermann_msgs is wanted and not installed.
    """
    return {"twist_stamped": TwistStamped, "twist": Twist}.get(kind) or message_type(
        "ackermann_msgs/msg/AckermannDriveStamped"
    )


def velocity_message(kind: str, twist: Twist2D, now_ns: int, wheelbase: float, most_steering: float) -> Any:
    """A twist as a message of one of TYPES; `now_ns` ROS time [ns], `wheelbase` [m], `most_steering` [rad].

    Raises:
        KittError: ackermann_msgs is wanted and not installed.
    """
    if kind == "twist_stamped":
        return wire.to_twist_stamped(twist, now_ns)
    if kind == "twist":
        return wire.to_twist(twist)
    message = message_class(kind)(header=Header(stamp=to_stamp(now_ns), frame_id="base_link"))
    message.drive.speed, message.drive.steering_angle = steering_of(twist, wheelbase, most_steering)
    return message
