"""Settings of the middleware that must stand in the environment before rclpy starts."""

from __future__ import annotations

import os
from pathlib import Path

LOOPBACK_PROFILE = Path(__file__).with_name("loopback.xml")
_USERS_OWN = (
    "FASTRTPS_DEFAULT_PROFILES_FILE",
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "FASTDDS_BUILTIN_TRANSPORTS",
    "RMW_IMPLEMENTATION",
    "ROS_AUTOMATIC_DISCOVERY_RANGE",
    "ROS_DISCOVERY_SERVER",
    "ROS_LOCALHOST_ONLY",
    "ROS_STATIC_PEERS",
)
"""Who sets one of these knows what they want: then nothing is set."""


def prepare_environment() -> None:
    """Talk on this machine alone, over UDP, with room for images; unless the user has set up the middleware.

    With ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST rmw_fastrtps would choose transports of its own: small datagrams, and
    shared memory that a killed process can leave locked for up to a second. SYSTEM_DEFAULT leaves the choice to the
    profile.
    """
    if not any(os.environ.get(name) for name in _USERS_OWN):
        os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(LOOPBACK_PROFILE)
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SYSTEM_DEFAULT"
    if "HOME" not in os.environ:
        os.environ.setdefault("ROS_LOG_DIR", "/tmp/kitt_ros_log")
