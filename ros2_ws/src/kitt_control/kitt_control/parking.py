"""Parking behind or beside the nearest vehicle at a set gap.

The camera tells which vehicle and about where; the laser then measures its rear end and its near side, along which the
car comes to stand. Both places are remembered when the vehicle leaves the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kitt_control.alongside import WINDOW, Feeler, direction, near_side, pose_at, rear_end, room
from kitt_control.motion import approach_speed, hold_heading, steer
from kitt_control.parameters import ControllerParameters
from kitt_control.ranging import EDGE_PX, Place, is_cut, place_of
from kitt_control.sight import places
from kitt_control.targets import View
from kitt_control.world import Camera, FloatArray, Odom, Track
from kitt_core.geometry import Pose2D, Twist2D, wrap_angle

WIDTHS = {"car": 1.8, "truck": 2.4, "bus": 2.5}  # [m] usual ones
LENGTHS = {"car": 4.2, "truck": 6.5, "bus": 11.0}
LOW = 2.3  # [m] what is called a truck and is lower is a jeep or a pick-up, of a car's size
LOOK_AHEAD = 2.0  # [m] along the line that is driven to
NEAR = 2.5  # [m] from the camera; nearer boxes tell too little of where a long thing stands
DONE = 0.05  # [m]
STRAY, STRAY_PART = 0.5, 0.15  # [m], part of the distance, by which a place is measured wrong at most
STEADY = 0.1  # [rad/s] turning faster, the camera measures nothing
ASLANT = 0.1  # [rad] nor at a greater angle to the line
MOST_TURNED = 0.35  # [rad] a vehicle that stands more aslant than this is not parked along by
LEAST_SIDE = 0.2  # [m] to a vehicle aside where there is little room
BEFORE = 3.0  # [m] before it, what stands in the way counts once that has barred it
TRIES = 2  # to back up for more room
LITTLE = 0.5  # [m] short of the place: not worth backing up
CLOSE = 3.0  # [m] short of the place: that is parked all the same


def nearest_vehicle(view: View, p: ControllerParameters) -> Track | None:
    """The nearest car, truck or bus, None when there is none."""
    found = [pair for label in WIDTHS for pair in places(view.frame, view.camera, label, p.target_min_score, p)]
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


@dataclass(frozen=True)
class _Vehicle:
    """One look at it in base_link: x of its rear end, y of its sides [m]; whether the box told enough of them."""

    rear: float
    right: float
    left: float
    sure: bool
    pose: Pose2D  # of the car when that was measured

    @classmethod
    def seen(cls, view: View, track: Track, place: Place, size: str, p: ControllerParameters) -> _Vehicle:
        """By the laser's hits in the box's directions where there are enough of them, else by the box."""
        middle, sure = _middle(track, place, view.camera, WIDTHS[size])
        if view.points is not None and view.scan_stamp is not None:
            felt = rear_end(_within(view.points, place, p), LENGTHS[size])
            if felt is not None:
                return cls(*felt, sure, pose_at(view.odom, view.scan_stamp))
        half = WIDTHS[size] / 2
        return cls(place.x, middle - half, middle + half, sure, pose_at(view.odom, view.frame.stamp))


def _within(points: FloatArray, place: Place, p: ControllerParameters) -> FloatArray:
    """The hits in the directions of a box and about at its distance."""
    ahead, far = points[:, 0] - p.camera_x, place.x - p.camera_x
    wrong = STRAY + STRAY_PART * place.x
    near_by = (ahead >= max(0.3, far - wrong)) & (ahead <= far + wrong + max(LENGTHS.values()))
    low, high = place.y_right / far * ahead, place.y_left / far * ahead
    return points[near_by & (points[:, 1] >= low) & (points[:, 1] <= high)]


@dataclass
class Parking:
    """One parking: a line along which the car comes to stand, and how far to go on it."""

    track_id: str
    label: str
    size: str  # a key of WIDTHS
    line: Pose2D  # in odom: from where it began, along the vehicle's near side as far as that is known
    side: float = 0.0  # +1: the vehicle is to the left of where we park, -1 to the right, 0 ahead of it
    spot: tuple[float, float] = (0.0, 0.0)  # in odom: its rear end; there its near side, ahead of us its middle
    goal: Pose2D = field(default_factory=Pose2D)
    tries: int = 0
    _feeler: Feeler = field(default_factory=Feeler)
    _began: float = 0.0  # [rad] the line's direction at first
    _back: tuple[Odom, float] | None = None  # where it began to back up, and how far [m] it wants to

    @classmethod
    def choose(cls, view: View, p: ControllerParameters) -> Parking | None:
        """Park by the nearest vehicle in the picture, None when there is none."""
        track = nearest_vehicle(view, p)
        place = None if track is None else place_of(track, view.camera, p.camera_height, p.camera_x)
        if track is None or place is None:
            return None
        size = _size(track, place, view.camera, p)
        parking = cls(track.id, track.label, size, view.pose, _began=view.pose.yaw)
        vehicle = _Vehicle.seen(view, track, place, size, p)
        parking.side = float(vehicle.right >= p.width / 2) - float(vehicle.left <= -p.width / 2)
        parking.spot = parking._spot_of(vehicle)
        parking.update(view, p)
        return parking

    def update(self, view: View, p: ControllerParameters) -> None:
        """Look and feel again where the vehicle is; near or out of the picture the remembered place counts."""
        self._look(view, p)
        if self._feeler.take(view.points, view.scan_stamp, view.odom) and self.side != 0.0:
            self._feel()
        self._aim(p)

    def _spot_of(self, vehicle: _Vehicle) -> tuple[float, float]:
        aside = {1.0: vehicle.right, -1.0: vehicle.left}.get(self.side, 0.5 * (vehicle.right + vehicle.left))
        return vehicle.pose.to_parent(vehicle.rear, aside)

    def _look(self, view: View, p: ControllerParameters) -> None:
        """Where the camera sees it, measured by the laser where that reaches it."""
        track = next((t for t in view.frame.tracks if t.id == self.track_id and t.label == self.label), None)
        place = None if track is None else place_of(track, view.camera, p.camera_height, p.camera_x)
        if track is None or place is None or place.x - p.camera_x < NEAR:
            return
        # The picture is older than the odometry: while the car turns, it shows the vehicle elsewhere.
        if abs(view.odom.angular) > STEADY:
            return
        vehicle = _Vehicle.seen(view, track, place, self.size, p)
        # An edge that is cut off is no measure, nor are edges seen aslant.
        if self.side != 0.0 and (abs(wrap_angle(view.odom.yaw - self.line.yaw)) > ASLANT or not vehicle.sure):
            return
        spot = self._spot_of(vehicle)
        # A parked vehicle stays where it is: what is far from there is another one to which the track has gone over.
        if math.dist(spot, self.spot) <= STRAY + STRAY_PART * place.x:
            self.spot = spot

    def _feel(self) -> None:
        """Lay the line along the near side aside, as far as the laser feels which way that runs."""
        rear, aside = self.line.to_local(*self.spot)
        scans = self._feeler.along(self.line, self.side)
        angle = direction(scans, rear, self.side * aside, LENGTHS[self.size])
        yaw = self.line.yaw + self.side * (angle or 0.0)
        if abs(wrap_angle(yaw - self._began)) <= MOST_TURNED:
            self.line = Pose2D(self.line.x, self.line.y, yaw)

    def _aim(self, p: ControllerParameters) -> None:
        """Where base_link comes to stand, by what the laser feels around the place where the vehicle was seen."""
        rear, aside = self.line.to_local(*self.spot)
        length, width = size = LENGTHS[self.size], WIDTHS[self.size]
        scans = self._feeler.along(self.line, self.side or 1.0)
        if self.side == 0.0:
            end = near_side([hits[:, ::-1] for hits in scans], aside - width / 2, rear, (width, length))
            along = (rear if end is None else end) - p.front - p.park_gap
        else:
            along = rear + length / 2 - (p.front - p.rear) / 2
            # What has barred the way is kept clear of, too.
            before, reach = (BEFORE, p.width + 2 * LEAST_SIDE) if self.tries else (WINDOW, WINDOW)
            near = near_side(scans, rear, self.side * aside, size, before, reach)
            near = self.side * aside if near is None else near
            free = room(scans, rear - before, along + p.front, near, p.width)
            gap = max(LEAST_SIDE, min(p.park_side_gap, (free - p.width) / 2))  # in a narrow place the middle
            aside = self.side * (near - gap - p.width / 2)
        self.goal = Pose2D(*self.line.to_parent(along, aside), self.line.yaw)

    def left(self, odom: Odom) -> float:
        """Way along the line that is left to go [m]."""
        return -self.goal.to_local(odom.x, odom.y)[0]

    def parked(self, odom: Odom) -> bool:
        """True when it is there."""
        return self.left(odom) <= DONE

    def close(self, odom: Odom) -> bool:
        """True when it is so near to the place that it may as well stay."""
        return self.left(odom) <= CLOSE

    def find_a_way(self, odom: Odom, p: ControllerParameters) -> bool:
        """Something bars the way: begin to back up for another try, or end that; False when it would not help."""
        if self._back is not None:
            self._back = None
            return True
        if self.side == 0.0 or self.left(odom) <= LITTLE or self.tries >= TRIES:
            return False
        self.tries += 1
        aside = abs(self.goal.to_local(odom.x, odom.y)[1])
        self._back = (odom, min(LOOK_AHEAD + LOOK_AHEAD * aside, 2.0 * LOOK_AHEAD))
        return True

    def back_no_more(self) -> None:
        """Where the laser does not see what is behind, it cannot be gone back."""
        self._back, self.tries = None, TRIES

    def twist(self, odom: Odom, p: ControllerParameters) -> Twist2D:
        """Along the line, slower towards its end; back, where it must."""
        if self._back is not None:
            start, way = self._back
            if math.dist((odom.x, odom.y), (start.x, start.y)) < way:
                return Twist2D(-p.reverse_speed, hold_heading(self.line.yaw, odom.yaw, p.reverse_speed, p))
            self._back = None
        aside = self.goal.to_local(odom.x, odom.y)[1]
        bearing = wrap_angle(self.line.yaw + math.atan2(-aside, LOOK_AHEAD) - odom.yaw)
        return steer(bearing, min(p.park_speed, max(0.1, approach_speed(self.left(odom), p.deceleration))), p)
