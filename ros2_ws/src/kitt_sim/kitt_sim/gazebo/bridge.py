"""The configuration of ros_gz_bridge for Gazebo Harmonic: which of its topics become which of ours."""

from __future__ import annotations

from typing import Any

import yaml

from kitt_sim.gazebo.systems import AXES
from kitt_sim.world import World

BASE_POSE, BASE_COMMAND, CAMERA = "sim/base_pose", "sim/base_command", "sim/camera"
"""Topics between the bridge and our node: the car's true pose in the world, the velocity for its drive, pictures."""


def target_topic(person: str, axis: str) -> str:
    """Where our node says what position somebody's joint shall take."""
    return f"sim/people/{person}/{axis}"


def _row(ros: str, ros_type: str, gazebo: str, gazebo_type: str, *, outwards: bool = True) -> dict[str, Any]:
    return {
        "ros_topic_name": ros, "gz_topic_name": gazebo, "ros_type_name": ros_type, "gz_type_name": gazebo_type,
        "direction": "GZ_TO_ROS" if outwards else "ROS_TO_GZ",
    }  # fmt: skip


def rows(world: World) -> list[dict[str, Any]]:
    """The bridge's entries for a world."""
    result = [
        _row("clock", "rosgraph_msgs/msg/Clock", f"world/{world.name}/clock", "gz.msgs.Clock"),
        _row(CAMERA, "sensor_msgs/msg/Image", "camera/image_raw", "gz.msgs.Image"),
        _row("scan", "sensor_msgs/msg/LaserScan", "scan", "gz.msgs.LaserScan"),
        _row("imu", "sensor_msgs/msg/Imu", "imu", "gz.msgs.IMU"),
        _row(BASE_POSE, "nav_msgs/msg/Odometry", "base/pose", "gz.msgs.Odometry"),
        _row(BASE_COMMAND, "geometry_msgs/msg/Twist", "base/cmd_vel", "gz.msgs.Twist", outwards=False),
    ]
    for person in world.people:
        for axis in AXES:
            topic = target_topic(person.id, axis)
            result.append(_row(topic, "std_msgs/msg/Float64", f"{person.id}/{axis}", "gz.msgs.Double", outwards=False))
    return result


def document(world: World) -> str:
    """The YAML file."""
    return str(yaml.safe_dump(rows(world), sort_keys=False))
