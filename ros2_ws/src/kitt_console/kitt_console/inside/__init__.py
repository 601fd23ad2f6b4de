"""Looking inside the networks: figures of what they do with a picture, a sound, a text. Knows no ROS and no web."""
