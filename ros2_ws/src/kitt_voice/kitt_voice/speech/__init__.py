"""The voice: texts made speakable, synthesised, queued and played. Knows no ROS."""
