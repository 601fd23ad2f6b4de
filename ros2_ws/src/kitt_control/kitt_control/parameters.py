"""Parameters of the gate: one frozen dataclass, which the node declares and the algorithm reads."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class GateParameters:
    """Limits, ages and the car's shape; docs/safety_gate.md explains each rule that uses them."""

    max_speed: float = param(1.5, unit="m/s", low=0.0, high=10.0, doc="greatest forward speed")
    max_reverse_speed: float = param(0.5, unit="m/s", low=0.0, high=5.0, doc="greatest speed backwards")
    max_angular: float = param(1.5, unit="rad/s", low=0.0, high=10.0, doc="greatest turning rate")
    absurd_factor: float = param(
        10.0,
        low=1.0,
        high=1000.0,
        doc="a command beyond this many times a limit is an error, not a wish, and is refused",
    )
    max_acceleration: float = param(1.0, unit="m/s^2", low=0.05, high=20.0, doc="greatest increase of speed")
    max_angular_acceleration: float = param(4.0, unit="rad/s^2", low=0.05, high=50.0, doc="increase of turning rate")
    max_jerk: float = param(5.0, unit="m/s^3", low=0.1, high=1000.0, doc="greatest increase of the acceleration")
    reversal_speed: float = param(
        0.15, unit="m/s", low=0.0, high=2.0, doc="measured speed above which the opposite direction is held at zero"
    )

    command_max_age: float = param(0.25, unit="s", low=0.02, high=5.0, doc="a command older than this moves nothing")
    scan_max_age: float = param(0.4, unit="s", low=0.02, high=5.0, doc="a laser scan older than this is no scan")
    tracks_max_age: float = param(
        0.45, unit="s", low=0.02, high=5.0, doc="tracks of an image older than this are stale"
    )
    odom_max_age: float = param(0.5, unit="s", low=0.02, high=5.0, doc="odometry older than this is not believed")
    future_tolerance: float = param(0.1, unit="s", low=0.0, high=5.0, doc="how far ahead of our clock a stamp may lie")
    clock_tolerance: float = param(
        0.25, unit="s", low=0.01, high=60.0, doc="ROS time and the steady clock may differ by this between two steps"
    )
    recovery_time: float = param(
        0.3, unit="s", low=0.0, high=10.0, doc="how long all must be well again after a refusal before the car may move"
    )
    require_scan: bool = param(True, doc="refuse to move without a laser scan")
    require_tracks: bool = param(True, doc="refuse to move without tracks from the camera")
    require_odom: bool = param(False, doc="refuse to move without odometry")

    deceleration: float = param(1.5, unit="m/s^2", low=0.1, high=20.0, doc="braking the car surely has")
    reaction_time: float = param(0.3, unit="s", low=0.0, high=3.0, doc="from the obstacle's light to brakes that bite")
    stop_margin: float = param(0.35, unit="m", low=0.0, high=5.0, doc="distance left to the obstacle after the stop")
    side_margin: float = param(0.1, unit="m", low=0.0, high=2.0, doc="kept free on either side of the car")
    obstacle_hysteresis: float = param(
        0.15, unit="m", low=0.0, high=5.0, doc="extra room before a blocked car moves on"
    )
    clear_time: float = param(0.3, unit="s", low=0.0, high=10.0, doc="how long the way must be clear before going on")
    creep_speed: float = param(0.05, unit="m/s", low=0.001, high=1.0, doc="an allowed speed below this is a stop")
    overspeed_tolerance: float = param(
        0.3, unit="m/s", low=0.0, high=5.0, doc="measured speed above the allowed one by this stops the car at once"
    )
    blind_speed: float = param(
        0.0, unit="m/s", low=0.0, high=2.0, doc="greatest speed towards where the scan cannot see (0 refuses)"
    )
    min_valid_rays: float = param(0.2, low=0.0, high=1.0, doc="share of rays that must be readings for a usable scan")

    front: float = param(0.5, unit="m", low=0.0, high=5.0, doc="base_link to the front bumper")
    rear: float = param(0.15, unit="m", low=0.0, high=5.0, doc="base_link to the rear bumper")
    width: float = param(0.4, unit="m", low=0.05, high=3.0, doc="the car's full width")
    scan_x: float = param(0.4, unit="m", low=-5.0, high=5.0, doc="laser ahead of base_link")
    scan_yaw: float = param(0.0, unit="rad", low=-3.15, high=3.15, doc="laser's heading in base_link")
    camera_x: float = param(0.4, unit="m", low=-5.0, high=5.0, doc="camera ahead of base_link")
    camera_height: float = param(0.5, unit="m", low=0.02, high=5.0, doc="camera above the ground")
    track_min_score: float = param(0.35, low=0.0, high=1.0, doc="tracks below this score do not stop the car")
    person_margin: float = param(
        0.3, unit="m", low=0.0, high=3.0, doc="extra room on either side of a person or animal"
    )
