"""Object detection: preprocessing, heads, suppression, the detector itself and a drawing of what it found."""

from __future__ import annotations

from kitt_inference.detection.detector import Detections, ObjectDetector, Timings, open_detector
from kitt_inference.detection.draw import annotate

__all__ = ["Detections", "ObjectDetector", "Timings", "annotate", "open_detector"]
