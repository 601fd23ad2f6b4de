"""Sessions, model zoo and detection heads: plain Python, no ROS."""
