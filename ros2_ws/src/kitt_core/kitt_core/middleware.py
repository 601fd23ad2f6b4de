"""Settings of the middleware that must stand in the environment before rclpy starts."""

from __future__ import annotations

import os

# On Fast DDS' default transports most 640x480 images are lost; with these none is (measured by `kitt bench transport`).
FASTDDS_TRANSPORTS = "LARGE_DATA?max_msg_size=2MB&sockets_size=4MB&non_blocking=true&tcp_negotiation_timeout=50"


def prepare_environment() -> None:
    """Fill in what the user has not set: transports that carry images, and discovery that stays on this machine."""
    os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", FASTDDS_TRANSPORTS)
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    if "HOME" not in os.environ:
        os.environ.setdefault("ROS_LOG_DIR", "/tmp/kitt_ros_log")
