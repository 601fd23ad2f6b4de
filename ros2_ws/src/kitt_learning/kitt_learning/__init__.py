"""Training of our own networks: data, recipe, export. Nothing on the robot needs it."""
