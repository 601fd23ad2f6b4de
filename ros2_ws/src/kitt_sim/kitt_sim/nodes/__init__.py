"""The simulator's ROS node."""
