"""The ROS half."""
