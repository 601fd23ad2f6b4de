"""Parking behind or beside the nearest car at a set gap; the place is remembered when the car leaves the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kitt_control.motion import approach_speed, steer
from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import EDGE_PX, Place, is_cut, place_of
from kitt_control.sight import places
from kitt_control.world import Camera, Odom, Track, TrackFrame
from kitt_core.geometry import Pose2D, Twist2D, wrap_angle

WIDTHS = {"car": 1.8, "truck": 2.4, "bus": 2.5}  # [m] usual ones
LENGTHS = {"car": 4.2, "truck": 6.5, "bus": 11.0}
LOW = 2.3  # [m] what is called a truck and is lower is a jeep or a pick-up, of a car's size
LOOK_AHEAD = 2.0  # [m] along the line that is driven to
NEAR = 2.5  # [m] from the camera; nearer boxes tell too little of where a long thing stands
DONE = 0.05  # [m]
STRAY, STRAY_PART = 0.5, 0.15  # [m], part of the distance, by which a place is measured wrong at most
STEADY = 0.1  # [rad/s] turning faster, it measures nothing


def nearest_vehicle(frame: TrackFrame, camera: Camera, p: ControllerParameters) -> Track | None:
    """The nearest car, truck or bus, None when there is none."""
    found = [pair for label in WIDTHS for pair in places(frame, camera, label, p.target_min_score, p)]
    return min(found, key=lambda pair: math.hypot(pair[1].x, pair[1].y), default=(None, None))[0]


def _size(track: Track, place: Place, camera: Camera, p: ControllerParameters) -> str:
    """Whose usual width and length count: the class, but for a truck that is seen to be low."""
    height = track.h * (place.x - p.camera_x) / camera.fy
    return "car" if track.label == "truck" and height < LOW and not is_cut(track, camera) else track.label


def _middle(track: Track, place: Place, camera: Camera, width: float) -> tuple[float, bool]:
    """Lateral middle [m] of a vehicle that stands along our way, and whether the box tells it for certain.

    Its outer edge belongs to the near end, the inner one to the far end, whose distance a box does not tell: so the
    outer edge and the usual width count; the whole box where it lies across our axis.
    """
    half = width / 2
    if place.y_right > 0.0:
        return max(place.y, place.y_left - half), track.x - track.w / 2 > EDGE_PX
    if place.y_left < 0.0:
        return min(place.y, place.y_right + half), track.x + track.w / 2 < camera.width - EDGE_PX
    return place.y, True


@dataclass
class Parking:
    """One parking: a line along the heading of its beginning, and how far to go on it."""

    track_id: str
    label: str
    size: str  # a key of WIDTHS
    heading: float  # [rad] in odom
    side: float = 0.0  # +1: the vehicle is to the left of where we park, -1 to the right, 0 ahead of it
    goal: Pose2D | None = None

    @classmethod
    def choose(cls, frame: TrackFrame, camera: Camera, odom: Odom, p: ControllerParameters) -> Parking | None:
        """Park by the nearest vehicle in the picture, None when there is none."""
        track = nearest_vehicle(frame, camera, p)
        if track is None:
            return None
        parking = cls(track.id, track.label, track.label, odom.yaw)
        place = place_of(track, camera, p.camera_height, p.camera_x)
        if place is not None:
            parking.size = _size(track, place, camera, p)
            width = WIDTHS[parking.size]
            middle, _ = _middle(track, place, camera, width)
            beside = abs(middle) >= (p.width + width) / 2
            parking.side = math.copysign(1.0, middle) if beside else 0.0
        parking.update(frame, camera, odom, p)
        return parking if parking.goal is not None else None

    def update(self, frame: TrackFrame, camera: Camera, odom: Odom, p: ControllerParameters) -> None:
        """Look again where the vehicle is; near or out of the picture the remembered place counts."""
        track = next((t for t in frame.tracks if t.id == self.track_id and t.label == self.label), None)
        place = None if track is None else place_of(track, camera, p.camera_height, p.camera_x)
        if track is None or place is None or (self.goal is not None and place.x - p.camera_x < NEAR):
            return
        turned = wrap_angle(odom.yaw - self.heading)
        middle, sure = _middle(track, place, camera, WIDTHS[self.size])
        # The picture is older than the odometry: while the car turns, it shows the vehicle elsewhere.
        if self.goal is not None and abs(odom.angular) > STEADY:
            return
        # An edge that is cut off is no measure, nor are edges seen aslant.
        if self.side != 0.0 and self.goal is not None and (abs(turned) > 0.1 or not sure):
            return
        if self.side == 0.0:
            ahead, left = place.x - p.front - p.park_gap, middle
        else:
            ahead = place.x + LENGTHS[self.size] / 2 - (p.front - p.rear) / 2
            left = middle - self.side * ((p.width + WIDTHS[self.size]) / 2 + p.park_side_gap)
        goal = Pose2D(*Pose2D(odom.x, odom.y, odom.yaw).to_parent(ahead, left), self.heading)
        # A parked vehicle stays where it is: what is far from there is another one to which the track has gone over.
        if self.goal is None or math.dist((goal.x, goal.y), (self.goal.x, self.goal.y)) <= STRAY + STRAY_PART * place.x:
            self.goal = goal

    def left(self, odom: Odom) -> float:
        """Way along the line that is left to go [m]."""
        assert self.goal is not None
        return -self.goal.to_local(odom.x, odom.y)[0]

    def parked(self, odom: Odom) -> bool:
        """True when it is there."""
        return self.left(odom) <= DONE

    def twist(self, odom: Odom, p: ControllerParameters) -> Twist2D:
        """Along the line, slower towards its end."""
        assert self.goal is not None
        aside = self.goal.to_local(odom.x, odom.y)[1]
        bearing = wrap_angle(self.heading + math.atan2(-aside, LOOK_AHEAD) - odom.yaw)
        return steer(bearing, min(p.park_speed, max(0.1, approach_speed(self.left(odom), p.deceleration))), p)
