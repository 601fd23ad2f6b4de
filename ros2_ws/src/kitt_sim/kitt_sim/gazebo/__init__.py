"""Gazebo: its set-up on Debian, its worlds, its server and a client of its transport."""
