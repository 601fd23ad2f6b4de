"""The demo: starts the car in the simulator, watches it from outside and reports what happened."""
