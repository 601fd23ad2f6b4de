"""The eyes: camera, detector and tracker."""
