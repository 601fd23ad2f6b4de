"""`kitt launch`: read the subset of ROS 2's XML launch format that we use and run it where launch_ros is missing.

`parse` turns a file into a `model.Description` (pure: starts nothing), `run.LaunchSession` runs a description.
"""
