"""Draw the frames that new engines are compared on (models/frames): the simulated street from the moving car.

Run it with the environment of `./kitt` and the packages of ros2_ws/src on PYTHONPATH; `./kitt setup` fetches
the meshes.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from kitt_core.geometry import Twist2D
from kitt_sim.simulator import Simulator

OUT = Path(__file__).resolve().parents[1] / "models" / "frames"
FRAMES, PERIOD_S, SPEED_M_S = 12, 3.0, 1.5


def main() -> None:
    """Drive at constant speed and take a picture every three seconds."""
    simulator = Simulator("street", seed=0)
    OUT.mkdir(parents=True, exist_ok=True)
    for number in range(FRAMES):
        while simulator.time < (number + 1) * PERIOD_S:
            simulator.command(Twist2D(SPEED_M_S, 0.0))
            simulator.step(0.01)
        cv2.imwrite(str(OUT / f"{number:02}.jpg"), simulator.render(), [cv2.IMWRITE_JPEG_QUALITY, 75])


if __name__ == "__main__":
    main()
