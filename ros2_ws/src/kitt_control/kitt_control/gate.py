"""The safety gate: it alone may move the car; it can refuse, never initiate.

Invariants, held by property tests over random sequences of inputs:
 1. the output is finite, and zero whenever `allowed` is false;
 2. each component has the sign of the desired one or is zero, and is not greater than it nor than its limit;
 3. it grows no faster than acceleration and jerk allow; it may fall at once, for braking is never delayed;
 4. after start, emergency stop and clock jump nothing moves before a command to stand and a fresh one have come;
 5. no motion without a cause: each command that moves the car came with what it rests on, and that chain holds;
 6. `step` never raises, whatever was fed in.
docs/safety_gate.md gives every rule and reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from kitt_control import inputs
from kitt_control.corridor import (
    ScanPoints,
    Shape,
    allowed_speed,
    free_way,
    path_speed,
    scan_points,
    stopping_distance,
)
from kitt_control.inputs import Watched
from kitt_control.limits import Barrier, clamp, living_points, ramp, scaled
from kitt_control.parameters import GateParameters
from kitt_control.provenance import Chain, Provenance, Wish
from kitt_control.reasons import Reason
from kitt_control.world import Camera, Odom, Scan, Track
from kitt_core.geometry import Twist2D

ZERO = Twist2D(0.0, 0.0)


@dataclass(frozen=True)
class GateOutput:
    """What goes to the car and why: `details` are numbers (ages [s], free way [m], allowed speed [m/s]).

    `cause` is what the command in force rests on, None where there is none.
    """

    twist: Twist2D
    allowed: bool
    reason: Reason
    message: str
    details: dict[str, float] = field(default_factory=dict)
    cause: Provenance | None = None


@dataclass(frozen=True)
class _Way:
    """The free way and what ends it."""

    free: float
    label: str = ""


class SafetyGate:
    """Feed inputs with `on_*` as they come, call `step` at 20 Hz, publish what it returns. Not thread-safe.

    Times: `now_steady` [s] of a clock that never jumps, `now_ros` [s] of the clock that the stamps are from.
    """

    def __init__(self, parameters: GateParameters | None = None) -> None:
        self._parameters = parameters or GateParameters()
        self.camera: Camera | None = None
        self.emergency = False
        self._command: Watched[Twist2D] = Watched(inputs.COMMAND)
        self._scan: Watched[ScanPoints] = Watched(inputs.SCAN)
        self._tracks: Watched[tuple[Track, ...]] = Watched(inputs.TRACKS)
        self._odom: Watched[Odom] = Watched(inputs.ODOM)
        self._chain = Chain()
        self._judged = -math.inf  # stamp of the newest command that was taken or refused for its cause
        self._link = ""  # of the chain, where it is broken
        self._neutral_required = True
        self._clock = inputs.ClockWatch()
        self._well_since: float | None = None
        self._last = ZERO
        self._acceleration = 0.0
        self._barrier = Barrier(self.parameters)

    @property
    def parameters(self) -> GateParameters:
        """The parameters; set them at run time as a whole."""
        return self._parameters

    @parameters.setter
    def parameters(self, parameters: GateParameters) -> None:
        self._parameters = self._barrier.parameters = parameters

    def on_command(self, twist: Twist2D, stamp: float, now_steady: float, now_ros: float) -> None:
        """A desired twist [m/s, rad/s]; one that is not finite or absurdly large blots out the one before.

        To stand needs no cause. Motion counts when its cause has come, too; until then the command before it ages on.
        """
        p = self.parameters
        self._chain.wish = None
        if not (math.isfinite(twist.linear) and math.isfinite(twist.angular)):
            self._command.refuse(Reason.COMMAND_INVALID)
            return
        speed_limit = max(p.max_speed, p.max_reverse_speed) * p.absurd_factor
        if abs(twist.linear) > speed_limit or abs(twist.angular) > p.max_angular * p.absurd_factor:
            self._command.refuse(Reason.COMMAND_OUT_OF_RANGE)
            return
        if not self._command.admits(stamp, now_steady, now_ros, p.future_tolerance):
            return
        if twist != ZERO:
            self._chain.wish = Wish(twist, stamp, now_steady)
            self._judge(now_ros)
            return
        self._judged = stamp
        self._command.accept(twist, stamp, now_steady, now_ros, p.future_tolerance)
        if not self.emergency and self._command.doubt(now_steady, now_ros, p.command_max_age) is None:
            self._neutral_required = False

    def on_cause(self, cause: Provenance, now_ros: float) -> None:
        """What a command rests on; it may come before or after that command."""
        self._chain.on_cause(cause)
        self._judge(now_ros)

    def on_scan(self, scan: Scan, now_steady: float, now_ros: float) -> None:
        """A laser scan; one with too few readings is as bad as none."""
        points = scan_points(scan, self.parameters.scan_x, self.parameters.scan_yaw)
        if points is None or points.valid_share < self.parameters.min_valid_rays:
            self._scan.refuse(Reason.SCAN_INVALID)
            return
        self._scan.accept(points, scan.stamp, now_steady, now_ros, self.parameters.future_tolerance)

    def on_tracks(self, tracks: Sequence[Track], stamp: float, now_steady: float, now_ros: float) -> None:
        """The tracks of one image, also when there are none."""
        if not all(track.valid() for track in tracks):
            self._tracks.refuse(Reason.TRACKS_INVALID)
            return
        if self._tracks.accept(tuple(tracks), stamp, now_steady, now_ros, self.parameters.future_tolerance):
            self._chain.on_frame(stamp, frozenset(track.id for track in tracks))
            self._judge(now_ros)

    def on_odom(self, odom: Odom, now_steady: float, now_ros: float) -> None:
        """Measured motion."""
        if not odom.valid():
            self._odom.refuse(Reason.ODOM_INVALID)
            return
        self._odom.accept(odom, odom.stamp, now_steady, now_ros, self.parameters.future_tolerance)

    def on_camera(self, camera: Camera) -> None:
        """The camera's intrinsics; unusable ones are as none."""
        self.camera = camera if camera.valid() else None

    def emergency_stop(self) -> None:
        """Latch the emergency stop."""
        self.emergency = True
        self._require_neutral()

    def release(self) -> bool:
        """Undo the latch; moves nothing. False when it was not latched."""
        was, self.emergency = self.emergency, False
        if was:
            self._require_neutral()
        return was

    def step(self, now_steady: float, now_ros: float) -> GateOutput:
        """The twist for the car now. Call at 20 Hz; what it returns is always to be published."""
        doubt, dt = self._clock.step(now_steady, now_ros, self.parameters.clock_tolerance)
        if doubt is Reason.CLOCK_JUMP:
            for watched in (self._command, self._scan, self._tracks, self._odom):
                watched.forget()
            self._chain.forget()
            self._require_neutral()
        doubt = Reason.EMERGENCY_STOP if self.emergency else doubt or self._doubt(now_steady, now_ros)
        details = self._ages(now_steady, now_ros)
        if doubt is not None:
            self._well_since = None
            return self._refuse(doubt, details, self._link if doubt.name.startswith("CAUSE") else "")
        if self._well_since is None:
            self._well_since = now_steady
        desired = self._command.value or ZERO
        if self._neutral_required:
            return self._refuse(Reason.NEUTRAL_REQUIRED, details)
        if desired.linear == 0.0 and desired.angular == 0.0:
            return self._pass(ZERO, Reason.STANDING, details)
        if now_steady - self._well_since < self.parameters.recovery_time:
            return self._refuse(Reason.RECOVERING, details)
        return self._move(desired, dt, now_steady, now_ros, details)

    def _require_neutral(self) -> None:
        self._neutral_required = True
        self._command.forget()
        self._chain.wish = None

    def _judge(self, now_ros: float) -> None:
        """Take the waiting command if its chain holds, refuse it if that is broken, let it wait if a part lacks."""
        wish, p = self._chain.wish, self.parameters
        if wish is None:
            return
        flaw = self._chain.flaw(wish, p)
        if flaw is not None:
            self._link = flaw.link
            if flaw.reason is Reason.CAUSE_MISSING:
                return
        self._chain.wish, self._judged = None, wish.stamp
        if flaw is None:
            self._command.accept(wish.twist, wish.stamp, wish.received, now_ros, p.future_tolerance)
        else:
            self._command.refuse(flaw.reason)

    def _doubt(self, now_steady: float, now_ros: float) -> Reason | None:
        p = self.parameters
        checks: list[tuple[bool, Watched[ScanPoints] | Watched[tuple[Track, ...]] | Watched[Odom], float]] = [
            (p.require_scan, self._scan, p.scan_max_age),
            (p.require_tracks, self._tracks, p.tracks_max_age),
            (p.require_odom, self._odom, p.odom_max_age),
        ]
        for required, watched, max_age in checks:
            doubt = watched.doubt(now_steady, now_ros, max_age) if required else None
            if doubt is not None:
                return doubt
        if p.require_tracks and self.camera is None:
            return Reason.CAMERA_UNKNOWN
        doubt, wish = self._command.doubt(now_steady, now_ros, p.command_max_age), self._chain.wish
        if doubt is None or wish is None:
            return doubt
        waits = max(now_ros - wish.stamp, now_steady - wish.received) <= p.command_max_age
        return Reason.CAUSE_MISSING if waits else doubt

    def _ages(self, now_steady: float, now_ros: float) -> dict[str, float]:
        named: dict[str, Watched[Twist2D] | Watched[ScanPoints] | Watched[tuple[Track, ...]]]
        named = {"command_age": self._command, "scan_age": self._scan, "tracks_age": self._tracks}
        return {name: watched.age(now_steady, now_ros) for name, watched in named.items() if watched.value is not None}

    def _refuse(self, reason: Reason, details: dict[str, float], label: str = "") -> GateOutput:
        self._last, self._acceleration = ZERO, 0.0
        message = f"{reason.message} ({label})" if label else reason.message
        return GateOutput(ZERO, False, reason, message, details, self._chain.cause_of(self._judged))

    def _pass(self, twist: Twist2D, reason: Reason, details: dict[str, float]) -> GateOutput:
        self._last = twist
        if twist == ZERO:
            self._acceleration = 0.0
        return GateOutput(twist, True, reason, reason.message, details, self._chain.cause_of(self._judged))

    def _move(
        self, desired: Twist2D, dt: float, now_steady: float, now_ros: float, details: dict[str, float]
    ) -> GateOutput:
        p = self.parameters
        measured = self._measured(now_steady, now_ros)
        if desired.linear * measured < 0.0 and abs(measured) > p.reversal_speed:
            return self._refuse(Reason.REVERSING, details)
        limited = clamp(desired, p)
        if p.require_scan and limited.linear != 0.0 and self._scan.value is not None:
            bearing = 0.0 if limited.linear > 0.0 else math.pi
            if not self._scan.value.covers(bearing):
                if p.blind_speed < p.creep_speed:
                    return self._refuse(Reason.BLIND, details)
                limited = scaled(limited, min(1.0, p.blind_speed / abs(limited.linear)))
        ramped, self._acceleration = ramp(self._last, limited, self._acceleration, dt, p)
        shape = Shape(p.front, p.rear, p.width, p.side_margin)
        # The way must be free both on the arc of this moment and on the one that is asked for.
        ways = [self._way(arc, shape, measured, now_steady, now_ros) for arc in (limited, ramped) if arc != ZERO]
        way = min(ways, key=lambda item: item.free)
        allowed = allowed_speed(way.free, p.deceleration, p.reaction_time, p.stop_margin)
        details |= {"free": way.free, "allowed_speed": allowed, "measured": measured}
        if self._barrier.bars(way.free, allowed, limited, measured, now_steady):
            reason = Reason.PERSON if way.label == "person" else Reason.OBSTACLE
            return self._refuse(reason, details, way.label)
        speed = path_speed(ramped.linear, ramped.angular, shape)
        if speed > allowed:
            return self._pass(scaled(ramped, allowed / speed), Reason.SLOWED, details)
        return self._pass(ramped, Reason.OK if ramped == desired else Reason.LIMITED, details)

    def _measured(self, now_steady: float, now_ros: float) -> float:
        """Signed speed [m/s]: odometry where it is fresh, else what was last let through."""
        doubt = self._odom.doubt(now_steady, now_ros, self.parameters.odom_max_age)
        return self._odom.value.linear if doubt is None and self._odom.value is not None else self._last.linear

    def _way(self, arc: Twist2D, shape: Shape, measured: float, now_steady: float, now_ros: float) -> _Way:
        """Free way on an arc by laser and by sight, less what the car has gone since each was seen."""
        p = self.parameters
        fastest = max(path_speed(arc.linear, arc.angular, shape), abs(measured), abs(self._last.linear))
        horizon = stopping_distance(fastest, p.deceleration, p.reaction_time, p.stop_margin + p.obstacle_hysteresis)
        rolled = max(abs(measured), abs(self._last.linear))
        best, hits = _Way(math.inf), None
        if self._scan.doubt(now_steady, now_ros, p.scan_max_age) is None and self._scan.value is not None:
            hits = self._scan.value.points
            gone = rolled * self._scan.age(now_steady, now_ros)
            best = _Way(free_way(self._scan.value.points, arc.linear, arc.angular, shape, horizon + gone) - gone)
        if self._tracks.doubt(now_steady, now_ros, p.tracks_max_age) is None and self._tracks.value is not None:
            gone = rolled * self._tracks.age(now_steady, now_ros)
            for track in self._tracks.value:
                points = living_points(track, self.camera, p, hits)
                free = free_way(points, arc.linear, arc.angular, shape, horizon + gone) - gone
                # What both see is named by the camera, even where the laser measures it a little nearer.
                if math.isfinite(free) and free <= best.free + 0.5:
                    best = _Way(min(free, best.free), track.label)
        return best
