"""An empty track for measuring the car itself."""

from __future__ import annotations

from kitt_core.geometry import Pose2D
from kitt_sim.world import Bounds, Marking, Paved, World

SIZE = 100.0


def calibration(seed: int = 0) -> World:
    """Level asphalt of 100 m x 100 m with a line every 10 m; nothing stands on it or around it."""
    lines = [i * 10.0 - SIZE / 2 for i in range(1, 10)]
    markings = [Marking(Pose2D(x, 0.0), (0.1, SIZE)) for x in lines] + [
        Marking(Pose2D(0.0, y), (SIZE, 0.1)) for y in lines
    ]
    half = SIZE / 2
    return World(
        "calibration", Pose2D(0.0, 0.0), Pose2D(half - 5.0, 0.0), Bounds(-half, -half, half, half),
        paved=(Paved("track", Pose2D(0.0, 0.0), (SIZE, SIZE)),), markings=tuple(markings), seed=seed,
    )  # fmt: skip
