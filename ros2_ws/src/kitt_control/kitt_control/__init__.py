"""The controller that decides and the safety gate that alone may move the car."""
