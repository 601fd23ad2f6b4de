"""The web console: watch and command the car from a phone or a laptop. Only `nodes` knows ROS."""
