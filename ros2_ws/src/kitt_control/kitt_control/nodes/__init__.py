"""ROS nodes: thin wrappers around the algorithms."""
