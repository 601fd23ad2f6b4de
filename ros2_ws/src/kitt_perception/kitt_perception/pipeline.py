"""From one picture to detections and tracks, with the model that can be had. Knows no ROS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kitt_inference import zoo
from kitt_inference.detection import Detections, ObjectDetector, Timings
from kitt_inference.errors import KittError
from kitt_inference.session import open_session
from kitt_perception.sources.base import Image
from kitt_perception.tracker import Track, Tracker

# The tracker lives on doubtful detections too (ByteTrack); they are found, and not published, down to this part of the
# model card's threshold. Lower still it is mostly noise, and suppressing that takes longer than anything but inference.
TRACKING_PART = 0.5


@dataclass(frozen=True)
class Wish:
    """Which network to run, as the user says it."""

    model: str = "auto"
    backend: str = "auto"
    threads: int = 0
    engine: str = "off"
    """Precision of the TensorRT engine that `EngineUpkeep` has built where it can be used; off: none."""


def spare_threads() -> int:
    """Threads for a network on the CPU: all cores but one, which is left to the rest of the car.

    On two cores a second thread makes PicoDet a tenth faster alone, and slower than with one beside the other nodes.
    """
    return max(1, len(os.sched_getaffinity(0)) - 1)


@dataclass(frozen=True)
class Loaded:
    """A detector that runs. fallback: why it is not the one wished for, "" if it is."""

    detector: ObjectDetector
    model: str
    sha256: str
    backend: str
    reason: str
    fallback: str = ""


@dataclass(frozen=True)
class Found:
    """What the detector found in one picture, doubtful detections included, and the times it took [ms]."""

    everything: Detections
    timings: Timings
    loaded: Loaded


@dataclass(frozen=True)
class Seen:
    """One picture: detections from the threshold on, all living tracks, times [ms], and the model it was seen with."""

    detections: Detections
    tracks: list[Track]
    timings: Timings
    loaded: Loaded


def load(wish: Wish) -> Loaded:
    """Open the model wished for, or else the best that can be had, on the backend wished for or else any.

    Raises KittError when no model can be had at all.
    """
    complaints: list[KittError] = []
    other = replace(wish, model="auto")
    attempts = [wish, replace(wish, backend="auto"), other, replace(other, backend="auto")]
    for attempt in dict.fromkeys(attempts):
        try:
            return _open(attempt, complaints[0] if complaints else None)
        except KittError as error:
            complaints.append(error)
    raise complaints[0]


def _open(wish: Wish, complaint: KittError | None) -> Loaded:
    resolved = zoo.resolve(wish.model)
    session = open_session(resolved.file, wish.backend, wish.threads, failover=True)
    card = resolved.card
    detector = ObjectDetector(card, session, score=TRACKING_PART * card.thresholds.score)
    fallback = getattr(session, "complaint", "")
    if complaint is not None:
        fallback = f"{complaint}; {card.name} on {session.backend} serves instead"
    return Loaded(detector, card.name, card.sha256, session.backend, f"{resolved.reason}; {session.reason}", fallback)


class Pipeline:
    """Detector and tracker, each for a thread of its own; the model may be replaced from a third."""

    def __init__(self, loaded: Loaded, tracker: Tracker | None = None) -> None:
        self.loaded = loaded
        self.tracker = tracker or Tracker()
        self.score = 0.0  # least score of a detection that is reported; 0: the model card's
        self.failed_over: Callable[[Loaded], None] = lambda _: None
        """Called in the thread of `detect` when the backend failed and another took over."""
        self._loading: threading.Thread | None = None

    @property
    def threshold(self) -> float:
        """The least score that is reported: the one set, or the model card's."""
        return self.score or self.loaded.detector.card.thresholds.score

    def detect(self, bgr: Image, before_network: Callable[[], None] | None = None) -> Found:
        """Detect in a picture (H, W, 3); for one thread. Raises KittError for an odd picture.

        before_network is called between the preparation of a tile and the network.
        """
        loaded = self.loaded
        detector = loaded.detector
        detector.score = min(TRACKING_PART * detector.card.thresholds.score, self.threshold)
        detector.before_network = before_network
        everything = detector.detect(bgr)
        if detector.session.backend != loaded.backend:
            loaded = self._take_over(loaded)
        return Found(everything, detector.timings, loaded)

    def _take_over(self, loaded: Loaded) -> Loaded:
        """What is loaded, as it is called since its backend failed."""
        session = loaded.detector.session
        now = replace(
            loaded, backend=session.backend, reason=session.reason, fallback=getattr(session, "complaint", "")
        )
        if self.loaded is loaded:  # not replaced meanwhile
            self.loaded = now
            self.failed_over(now)
        return now

    def track(self, found: Found, stamp_s: float) -> Seen:
        """Carry the tracks on to stamp_s [s]; for one thread, which may be another one than that of `detect`."""
        tracks = self.tracker.update(found.everything, stamp_s)
        return Seen(at_least(found.everything, self.threshold), tracks, found.timings, found.loaded)

    def reload(self, wish: Wish, done: Callable[[Loaded | None, str], None]) -> None:
        """Open another model in the background while this one serves, then change over between two pictures.

        done(loaded, "") or done(None, why not) is called in that thread. Raises KittError while a change is under way.
        """
        if self._loading is not None and self._loading.is_alive():
            raise KittError("another model is being loaded", "wait for it: see /detections/model")

        def change_over() -> None:
            try:
                loaded = load(wish)
            except Exception as error:
                done(None, str(error))
                return
            self.loaded = loaded
            done(loaded, "")

        self._loading = threading.Thread(target=change_over, name="model loader", daemon=True)
        self._loading.start()


def at_least(detections: Detections, score: float) -> Detections:
    """Those with at least this score, in the same order."""
    keep = np.flatnonzero(detections.scores >= np.float32(score))
    return Detections(
        detections.boxes_xyxy[keep],
        detections.scores[keep],
        detections.class_ids[keep],
        tuple(detections.labels[index] for index in keep.tolist()),
    )
