"""Following and approaching: which track, where it is, and the velocity towards it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import Place, is_cut, place_of, with_scan
from kitt_control.sight import places
from kitt_control.world import Camera, FloatArray, Odom, Track, TrackFrame
from kitt_core.geometry import Pose2D, Twist2D

REJOIN = 1.0  # [m] a new id this near to where it should be is the same target
WANDER = 0.6  # [m/s] and so much more for each second that it was hidden
STRANGE = 1.5  # times that far away it is a stranger
FORESIGHT = 1.0  # [s] a hidden target is taken to walk on for so long, then to stand
REACHED = 0.15  # [m] tolerance of the final distance
GAIN = 0.8  # [1/s] distance error to speed
SMOOTHING = 0.3  # of place and speed (alpha-beta filter, Brookner 1998, ch. 1)
FASTEST = 2.5  # [m/s] of whom a car follows
MOST_OTHERS = 50


@dataclass(frozen=True)
class View:
    """What a target is looked for in: one frame, the camera, the car's place, laser hits (N, 2) in base_link, when."""

    frame: TrackFrame
    camera: Camera
    odom: Odom
    points: FloatArray | None = None
    scan_stamp: float | None = None

    def place(self, track: Track, p: ControllerParameters) -> Place | None:
        """Where a track stands, by sight and laser."""
        place = place_of(track, self.camera, p.camera_height, p.camera_x)
        if place is None or self.points is None:
            return place
        return with_scan(place, self.points, is_cut(track, self.camera))

    @property
    def pose(self) -> Pose2D:
        """The car in the odom frame."""
        return Pose2D(self.odom.x, self.odom.y, self.odom.yaw)


class Target:
    """One chosen track. It survives being hidden and a change of id near where it should be by then.

    Whoever was seen beside it is somebody else: their ids are never taken for it.
    """

    def __init__(self, track: Track, place: Place, pose: Pose2D, now: float, stamp: float) -> None:
        self.label, self.track_id, self.place, self.seen = track.label, track.id, place, now
        self._x, self._y = pose.to_parent(place.x, place.y)
        self._vx = self._vy = 0.0
        self._yaw = pose.yaw
        self._stamp = stamp
        self._others: dict[str, None] = {}

    @classmethod
    def choose(
        cls, view: View, label: str, *, now: float, p: ControllerParameters, track_id: str = ""
    ) -> Target | None:
        """The nearest of a class, or the one with an id; None when there is none."""
        frame = view.frame
        if track_id:
            tracks = [track for track in frame.tracks if track.id == track_id]
        else:
            tracks = [track for track, _ in places(frame, view.camera, label, p.target_min_score, p)]
        for track in tracks:
            place = view.place(track, p)
            if place is not None:
                return cls(track, place, view.pose, now, frame.stamp)
        return None

    def update(self, view: View, now: float, p: ControllerParameters) -> None:
        """Find it in a new frame; the same frame again changes nothing."""
        if view.frame.stamp == self._stamp:
            return
        self._stamp, pose, hidden = view.frame.stamp, view.pose, now - self.seen
        ahead = min(hidden, FORESIGHT)
        x, y = self._x + self._vx * ahead, self._y + self._vy * ahead
        found: list[tuple[float, Track, Place]] = []
        for track, _ in places(view.frame, view.camera, self.label, p.target_min_score, p):
            place = view.place(track, p)
            if place is not None:
                distance = math.dist(pose.to_parent(place.x, place.y), (x, y))
                found.append((distance, track, place))
        same = [row for row in found if row[1].id == self.track_id]
        reach = REJOIN + WANDER * hidden
        if not same:
            near = [row for row in found if row[0] <= reach and row[1].id not in self._others]
            same = sorted(near, key=lambda row: row[0])[:1]
        if not same:  # who turns up far from where it should be is somebody else, also when they come nearer
            self._note(row[1].id for row in found if row[0] > STRANGE * reach)
            return
        _, track, place = same[0]
        self._others.pop(track.id, None)
        self._note(row[1].id for row in found if row[1].id != track.id)
        self._move(pose, place, (x, y), hidden)
        self.track_id, self.place, self.seen, self._yaw = track.id, place, now, pose.yaw

    def _note(self, others: Iterable[str]) -> None:
        self._others |= dict.fromkeys(others)
        while len(self._others) > MOST_OTHERS:
            del self._others[next(iter(self._others))]

    def _move(self, pose: Pose2D, place: Place, predicted: tuple[float, float], dt: float) -> None:
        measured = pose.to_parent(place.x, place.y)
        if dt > 0.5 or dt <= 0.0:  # it was hidden: begin anew from here
            self._x, self._y = measured
            return
        dx, dy = measured[0] - predicted[0], measured[1] - predicted[1]
        self._x, self._y = predicted[0] + SMOOTHING * dx, predicted[1] + SMOOTHING * dy
        beta = SMOOTHING * SMOOTHING / (2.0 - SMOOTHING)
        self._vx, self._vy = self._vx + beta * dx / dt, self._vy + beta * dy / dt
        speed = math.hypot(self._vx, self._vy)
        if speed > FASTEST:
            self._vx, self._vy = self._vx * FASTEST / speed, self._vy * FASTEST / speed

    def lost(self, now: float, p: ControllerParameters) -> bool:
        """True when it has been out of sight for too long."""
        return now - self.seen > p.target_lost_time

    def gap(self, p: ControllerParameters) -> float:
        """Way from the bumper to it [m]."""
        return self.place.x - p.front

    def leaving(self) -> float:
        """How fast it goes away from the car [m/s], never negative."""
        return max(0.0, math.cos(self._yaw) * self._vx + math.sin(self._yaw) * self._vy)

    def twist(self, keep: float, pace: float, now: float, speed: float, p: ControllerParameters) -> Twist2D:
        """Towards it, keeping `keep` [m] and its `pace` [m/s]; stands while it is hidden, never goes back."""
        if now - self.seen > p.data_max_age:
            return Twist2D(0.0, 0.0)
        room = self.gap(p) - keep
        wish = GAIN * room + pace
        linear = min(speed, wish) if room > REACHED or (wish > 0.1 and pace > 0.2) else 0.0
        angular = max(-p.max_steer_rate, min(p.max_steer_rate, p.heading_gain * self.place.bearing))
        return Twist2D(linear, angular if linear > 0.0 or p.turns_in_place else 0.0)
