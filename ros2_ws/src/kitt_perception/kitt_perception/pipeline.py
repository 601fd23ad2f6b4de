"""From one picture to detections and tracks, with the model that can be had. Knows no ROS."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kitt_inference import zoo
from kitt_inference.detection import Detections, ObjectDetector, Timings
from kitt_inference.errors import KittError
from kitt_inference.session import open_session
from kitt_perception.sources.base import Image
from kitt_perception.tracker import Track, Tracker

# The tracker lives on doubtful detections too (ByteTrack); they are found with this threshold, and not published.
TRACKING_SCORE = 0.1


@dataclass(frozen=True)
class Wish:
    """Which network to run, as the user says it."""

    model: str = "auto"
    backend: str = "auto"
    threads: int = 0


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
class Seen:
    """What was found in one picture: detections from the threshold on, all living tracks, times [ms]."""

    detections: Detections
    tracks: list[Track]
    timings: Timings


def load(wish: Wish) -> Loaded:
    """Open the model wished for, or else the best that can be had, on the backend wished for or else any.

    Raises KittError when no model can be had at all.
    """
    complaints: list[KittError] = []
    attempts = [wish, Wish("auto", wish.backend, wish.threads), Wish("auto", "auto", wish.threads)]
    for attempt in dict.fromkeys(attempts):
        try:
            return _open(attempt, complaints[0] if complaints else None)
        except KittError as error:
            complaints.append(error)
    raise complaints[0]


def _open(wish: Wish, complaint: KittError | None) -> Loaded:
    resolved = zoo.resolve(wish.model)
    session = open_session(resolved.file, wish.backend, wish.threads)
    card = resolved.card
    detector = ObjectDetector(card, session, score=min(TRACKING_SCORE, card.thresholds.score))
    fallback = "" if complaint is None else f"{complaint}; {card.name} on {session.backend} serves instead"
    return Loaded(detector, card.name, card.sha256, session.backend, f"{resolved.reason}; {session.reason}", fallback)


class Pipeline:
    """Detector and tracker in a row. `see` belongs to one thread; the model may be replaced from another."""

    def __init__(self, loaded: Loaded, tracker: Tracker | None = None) -> None:
        self.loaded = loaded
        self.tracker = tracker or Tracker()
        self.score = 0.0  # least score of a detection that is reported; 0: the model card's
        self._loading: threading.Thread | None = None

    @property
    def threshold(self) -> float:
        """The least score that is reported: the one set, or the model card's."""
        return self.score or self.loaded.detector.card.thresholds.score

    def see(self, bgr: Image, stamp_s: float) -> Seen:
        """Detect in a picture (H, W, 3) and carry the tracks on to stamp_s [s]. Raises KittError for an odd picture."""
        detector = self.loaded.detector
        everything = detector.detect(bgr)
        timings = detector.timings
        tracks = self.tracker.update(everything, stamp_s)
        return Seen(at_least(everything, self.threshold), tracks, timings)

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
