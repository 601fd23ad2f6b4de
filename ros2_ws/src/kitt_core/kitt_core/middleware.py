"""Settings of the middleware that must stand in the environment before rclpy starts."""

from __future__ import annotations

import os

# UDP alone: no memory and no connection is shared with a process that may be killed in the middle of a message, so that
# its death holds nobody up. Big datagrams spare fragments; with reliable QoS no image is lost (`kitt bench transport`).
FASTDDS_TRANSPORTS = "UDPv4?max_msg_size=65500B&sockets_size=8MB"


def prepare_environment() -> None:
    """Fill in what the user has not set: transports that carry images, and discovery that stays on this machine."""
    os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", FASTDDS_TRANSPORTS)
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    if "HOME" not in os.environ:
        os.environ.setdefault("ROS_LOG_DIR", "/tmp/kitt_ros_log")
