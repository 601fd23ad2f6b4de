"""What the detector says of itself on /diagnostics: counts of images, and one verdict. Knows no ROS."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kitt_core.worker import WorkerStatus

# One picture that takes longer than this [s] hangs: no model that drives a car is so slow.
STUCK_S = 3.0
# Without a picture seen for so long [s], the car is blind.
BLIND_S = 1.0


@dataclass
class DetectorHealth:
    """Counters of the worker's thread, read by the node's. Times are time.monotonic() [s]."""

    started_s: float = field(default_factory=time.monotonic)
    seen_s: float = 0.0
    late_s: float = 0.0
    late: int = 0
    broken: int = 0
    late_age_s: float = 0.0
    objects: int = 0
    total_s: float = 0.0

    def note_late(self, age_s: float) -> None:
        """An image was age_s [s] old (negative: from the future) and therefore dropped."""
        self.late, self.late_age_s, self.late_s = self.late + 1, age_s, time.monotonic()

    def note_seen(self, objects: int, total_s: float) -> None:
        """An image was processed; total_s [s] from its stamp to the publication."""
        self.objects, self.total_s, self.seen_s = objects, total_s, time.monotonic()

    def fault(self, worker: WorkerStatus, max_image_age_s: float, now_s: float) -> str:
        """Why no detections come, with the remedy; "" when they come."""
        if worker.error:
            return worker.error
        if worker.busy_s > STUCK_S:
            return f"one image has taken {worker.busy_s:.0f} s: restart the node"
        if now_s - max(self.seen_s, self.started_s) <= BLIND_S:
            return ""
        if self.late and now_s - self.late_s <= BLIND_S:
            return (
                f"images are {self.late_age_s:.2f} s old, {max_image_age_s:.2f} s allowed: "
                "check the clocks and the load of the machines"
            )
        return "no images: is the camera node running?"
