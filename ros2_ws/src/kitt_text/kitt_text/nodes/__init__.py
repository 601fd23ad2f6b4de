"""The ROS nodes: thin, and alone in importing rclpy."""
