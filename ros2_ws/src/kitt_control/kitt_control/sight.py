"""What driving watches for: people in or near the path, stop signs that are met once, traffic lights."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import EDGE_PX, Place, place_of
from kitt_control.world import Camera, Odom, Track, TrackFrame
from kitt_core.geometry import Pose2D

LEAVING = 0.4  # [m/s] who walks away from the path so fast is leaving it
HALF_BODY = 0.3  # [m] from the middle of somebody to their side, without the limbs that swing
RED_TIME = 1.0  # [s] a light was red so short a time ago that it is
CLOCK_BACK = 1.0  # [s] stamps that go back this far are those of another run


def places(
    frame: TrackFrame, camera: Camera, label: str, min_score: float, p: ControllerParameters
) -> list[tuple[Track, Place]]:
    """The tracks of a class with their places in base_link, nearest first."""
    found = []
    for track in frame.tracks:
        if track.label == label and track.score >= min_score:
            place = place_of(track, camera, p.camera_height, p.camera_x)
            if place is not None:
                found.append((track, place))
    return sorted(found, key=lambda pair: pair[1].x)


@dataclass(frozen=True)
class _Aside:
    """How far beside the car's axis somebody's middle is [m], and how fast that grows [m/s]."""

    stamp: float
    distance: float
    rate: float = 0.0

    @classmethod
    def after(cls, before: _Aside | None, stamp: float, distance: float) -> _Aside:
        """The same somebody in a newer frame; the rate is smoothed over about two frames."""
        if before is None or not 0.0 < stamp - before.stamp < 1.0:
            return cls(stamp, distance, before.rate if before is not None and stamp == before.stamp else 0.0)
        return cls(stamp, distance, (before.rate + (distance - before.distance) / (stamp - before.stamp)) / 2.0)


class PersonWatch:
    """Whether somebody stands in the path ahead, or so near to it that the car goes slowly."""

    def __init__(self) -> None:
        self.in_path: Track | None = None
        self.near: Track | None = None
        self._clear_since: float | None = None
        self._asides: dict[str, _Aside] = {}

    def update(self, frame: TrackFrame, camera: Camera, speed: float, now: float, p: ControllerParameters) -> None:
        """Judge a frame; `speed` [m/s] is the measured one, `now` steady [s]."""
        # Once somebody is in the path, a little more room counts, so that it does not chatter.
        ahead, aside = (0.6, 0.05) if self.in_path is not None else (0.0, 0.0)
        braking = speed * speed / (2.0 * p.deceleration) + speed * p.reaction_time + p.person_gap
        reach = max(braking, p.person_stop_distance) + ahead
        side = p.width / 2 + p.person_side + aside
        self.in_path = self.near = None
        asides, self._asides = self._asides, {}
        for track, place in places(frame, camera, "person", p.person_min_score, p):
            self._asides[track.id] = own = _Aside.after(asides.get(track.id), frame.stamp, abs(place.y))
            # Feet below the image: nearer than the camera can tell, as the gate has it.
            gap = 0.0 if track.y + track.h / 2 >= camera.height - EDGE_PX else place.x - p.front
            # The nearer edge decides: zero where the box crosses the car's axis.
            lateral = 0.0 if place.y_right <= 0.0 <= place.y_left else min(abs(place.y_right), abs(place.y_left))
            if own.rate > LEAVING:  # the leg that trails behind follows them out of the path
                lateral = max(lateral, abs(place.y) - HALF_BODY)
            if gap <= reach and lateral <= side:
                self.in_path = self.in_path or track
            if gap <= p.person_slow_distance and lateral <= p.width / 2 + p.person_slow_side:
                self.near = self.near or track
        if self.in_path is not None:
            self._clear_since = None
        elif self._clear_since is None:
            self._clear_since = now

    def clear(self, now: float, p: ControllerParameters) -> bool:
        """True when nobody has been in the path for a while."""
        return self._clear_since is not None and now - self._clear_since >= p.person_clear_time


@dataclass
class Sign:
    """A stop sign at (x, y) in the odom frame."""

    track_id: str
    x: float
    y: float


class SignWatch:
    """Confirms a stop sign over several frames, remembers where it stands, and forgets none that was obeyed."""

    def __init__(self) -> None:
        self.sign: Sign | None = None
        self._seen: dict[str, int] = {}
        self._done: list[Sign] = []
        self._stamp = -math.inf

    def update(self, frame: TrackFrame, camera: Camera, odom: Odom, p: ControllerParameters) -> None:
        """Take a new frame into account; the same frame again changes nothing."""
        if frame.stamp < self._stamp - CLOCK_BACK:  # the simulator began anew: another odom frame, other signs
            self.sign, self._seen, self._done = None, {}, []
        elif frame.stamp <= self._stamp:
            return
        self._stamp = frame.stamp
        pose, now_seen = Pose2D(odom.x, odom.y, odom.yaw), {}
        for track, place in places(frame, camera, "stop sign", p.sign_min_score, p):
            if place.x - p.front > p.sign_notice_distance or abs(place.y) > p.sign_side:
                continue
            x, y = pose.to_parent(place.x, place.y)
            if any(math.hypot(x - done.x, y - done.y) < p.sign_same for done in self._done):
                continue
            now_seen[track.id] = self._seen.get(track.id, 0) + 1
            if self.sign is not None and self.sign.track_id == track.id:
                self.sign = Sign(track.id, x, y)  # the nearer, the better known
            elif self.sign is None and now_seen[track.id] >= p.sign_frames:
                self.sign = Sign(track.id, x, y)
        self._seen = now_seen

    def gap(self, odom: Odom, p: ControllerParameters) -> float | None:
        """Way from the bumper to the sign [m], also while it is out of sight; None without one. Drops a passed one."""
        if self.sign is None:
            return None
        ahead, _ = Pose2D(odom.x, odom.y, odom.yaw).to_local(self.sign.x, self.sign.y)
        if ahead < 0.0:
            self.done()
            return None
        return ahead - p.front

    def done(self) -> None:
        """The sign was obeyed (or passed): never stop for it again."""
        if self.sign is not None:
            self._done = [*self._done[-20:], self.sign]
            self.sign = None


class LightWatch:
    """The nearest traffic light ahead: red after some frames, remembered until it is seen green or passed."""

    def __init__(self) -> None:
        self.red: Sign | None = None
        self._seen_red = -math.inf  # stamp of the last frame that showed it
        self._frames: dict[bool, int] = {True: 0, False: 0}  # in a row: stop, go
        self._stamp = -math.inf

    def update(self, frame: TrackFrame, camera: Camera, odom: Odom, p: ControllerParameters) -> None:
        """Take a new frame into account. Amber counts as red; a light of unknown colour tells nothing."""
        if frame.stamp < self._stamp - CLOCK_BACK:  # another run
            self.forget()
        elif frame.stamp <= self._stamp:
            return
        self._stamp = frame.stamp
        pose = Pose2D(odom.x, odom.y, odom.yaw)
        for track, place in places(frame, camera, "traffic light", p.light_min_score, p):
            gap = place.x - p.front
            ours = p.light_passed_distance <= gap <= p.light_notice_distance and abs(place.y) <= p.light_side
            if not (ours and track.color):
                continue
            red = track.color != "green"
            self._seen_red = frame.stamp if red else -math.inf
            self._frames = {stop: self._frames[stop] + 1 if stop is red else 0 for stop in (True, False)}
            if self._frames[True] >= p.light_frames:
                self.red = Sign(track.id, *pose.to_parent(place.x, place.y))
            if self._frames[False] >= p.light_frames:
                self.red = None
            return  # the nearest one decides

    def gap(self, odom: Odom, p: ControllerParameters) -> float | None:
        """Way from the bumper to the red light [m], None without one. Drops one that was passed."""
        if self.red is None:
            return None
        gap = Pose2D(odom.x, odom.y, odom.yaw).to_local(self.red.x, self.red.y)[0] - p.front
        if gap < p.light_passed_distance:
            self.red = None
            return None
        return gap

    @property
    def seen_red(self) -> bool:
        """True while it is seen red: one frame that misses it is no sign that it changed."""
        return self._stamp - self._seen_red <= RED_TIME

    def forget(self) -> None:
        """No light."""
        self.red, self._seen_red, self._frames = None, -math.inf, {True: 0, False: 0}
