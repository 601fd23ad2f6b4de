"""Draw the README's picture: what the car sees at the stop sign and when a pedestrian steps out.

Run it with the environment of `./kitt` and the packages of ros2_ws/src on PYTHONPATH.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kitt_core.geometry import Twist2D
from kitt_inference import zoo
from kitt_inference.detection.detector import ObjectDetector
from kitt_inference.detection.draw import annotate
from kitt_inference.session import open_session
from kitt_sim.simulator import Simulator

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.jpg"
TIMES_S = (10.5, 28.0)


def main() -> None:
    """Drive at constant speed, take two pictures, put them side by side."""
    model = zoo.resolve("auto")
    detector = ObjectDetector(model.card, open_session(model.file))
    simulator = Simulator("street", seed=0)
    pictures = []
    for moment in TIMES_S:
        while simulator.time < moment:
            simulator.command(Twist2D(1.5, 0.0))
            simulator.step(0.01)
        frame = simulator.render()
        pictures.append(annotate(frame, detector.detect(frame)))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(OUT), np.hstack(pictures), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
