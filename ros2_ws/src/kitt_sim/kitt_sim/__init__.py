"""The built-in simulator: street, car, camera, laser scan and ground truth."""
