"""Following and approaching: which track, where it is, and the velocity towards it."""

from __future__ import annotations

import math

from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import Place, place_of
from kitt_control.sight import places
from kitt_control.world import Camera, TrackFrame
from kitt_core.geometry import Twist2D

REJOIN = 1.5  # [m] a new id this near to the old place is the same target
REACHED = 0.15  # [m] tolerance of the final distance
GAIN = 0.8  # [1/s] distance error to speed


class Target:
    """One chosen track; survives a change of id near its last place, and being hidden for a while."""

    def __init__(self, label: str, track_id: str, place: Place, now: float) -> None:
        self.label = label
        self.track_id = track_id
        self.place = place
        self.seen = now

    @classmethod
    def choose(
        cls, frame: TrackFrame, camera: Camera, label: str, *, now: float, p: ControllerParameters, track_id: str = ""
    ) -> Target | None:
        """The nearest of a class, or the one with an id; None when there is none."""
        if track_id:
            for track in frame.tracks:
                place = place_of(track, camera, p.camera_height, p.camera_x) if track.id == track_id else None
                if place is not None:
                    return cls(track.label, track_id, place, now)
            return None
        found = places(frame, camera, label, p.target_min_score, p)
        return cls(label, found[0][0].id, found[0][1], now) if found else None

    def update(self, frame: TrackFrame, camera: Camera, now: float, p: ControllerParameters) -> None:
        """Find it in a new frame."""
        found = places(frame, camera, self.label, p.target_min_score, p)
        same = [pair for pair in found if pair[0].id == self.track_id]
        if not same:
            distances = [(math.hypot(q.x - self.place.x, q.y - self.place.y), t, q) for t, q in found]
            distance, track, place = min(distances, key=lambda item: item[0], default=(math.inf, None, None))
            if distance <= REJOIN and track is not None and place is not None:
                same = [(track, place)]
        if same:
            self.track_id, self.place, self.seen = same[0][0].id, same[0][1], now

    def lost(self, now: float, p: ControllerParameters) -> bool:
        """True when it has been out of sight for too long."""
        return now - self.seen > p.target_lost_time

    def gap(self, p: ControllerParameters) -> float:
        """Way from the bumper to it [m]."""
        return self.place.x - p.front

    def twist(self, keep: float, now: float, speed: float, p: ControllerParameters) -> Twist2D:
        """Towards it, keeping `keep` [m]; stands while it is hidden, never goes back."""
        if now - self.seen > p.data_max_age:
            return Twist2D(0.0, 0.0)
        room = self.gap(p) - keep
        linear = min(speed, GAIN * room) if room > REACHED else 0.0
        angular = max(-p.max_steer_rate, min(p.max_steer_rate, p.heading_gain * self.place.bearing))
        return Twist2D(linear, angular if linear > 0.0 or p.turns_in_place else 0.0)
