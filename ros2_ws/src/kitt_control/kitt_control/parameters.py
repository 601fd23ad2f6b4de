"""Parameters of gate and controller: frozen dataclasses, which the nodes declare and the algorithms read."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class CarParameters:
    """The car's shape and where its eyes are; the same for gate and controller."""

    front: float = param(1.5, unit="m", low=0.0, high=5.0, doc="base_link to the front bumper")
    rear: float = param(0.3, unit="m", low=0.0, high=5.0, doc="base_link to the rear bumper")
    width: float = param(1.0, unit="m", low=0.05, high=3.0, doc="the car's full width")
    scan_x: float = param(1.4, unit="m", low=-5.0, high=5.0, doc="laser ahead of base_link")
    scan_yaw: float = param(0.0, unit="rad", low=-3.15, high=3.15, doc="laser's heading in base_link")
    camera_x: float = param(1.3, unit="m", low=-5.0, high=5.0, doc="camera ahead of base_link")
    camera_height: float = param(1.1, unit="m", low=0.02, high=5.0, doc="camera above the ground")


@dataclass(frozen=True)
class GateParameters(CarParameters):
    """Limits, ages and the car's shape; docs/safety_gate.md explains each rule that uses them."""

    max_speed: float = param(2.5, unit="m/s", low=0.0, high=10.0, doc="greatest forward speed")
    max_reverse_speed: float = param(1.0, unit="m/s", low=0.0, high=5.0, doc="greatest speed backwards")
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
    order_max_age: float = param(
        3600.0, unit="s", low=1.0, high=86400.0, doc="an order given longer ago causes no motion any more"
    )
    manual_max_age: float = param(
        0.5, unit="s", low=0.05, high=2.0, doc="deadman: a stick's order older than this causes no motion"
    )
    track_max_age: float = param(1.5, unit="s", low=0.05, high=10.0, doc="a track not seen for longer causes no motion")
    scan_max_age: float = param(0.35, unit="s", low=0.02, high=5.0, doc="a laser scan older than this is no scan")
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

    deceleration: float = param(2.0, unit="m/s^2", low=0.1, high=20.0, doc="braking the car surely has")
    reaction_time: float = param(0.3, unit="s", low=0.0, high=3.0, doc="from the obstacle's light to brakes that bite")
    stop_margin: float = param(0.5, unit="m", low=0.0, high=5.0, doc="distance left to the obstacle after the stop")
    side_margin: float = param(0.15, unit="m", low=0.0, high=2.0, doc="kept free on either side of the car")
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

    track_min_score: float = param(0.35, low=0.0, high=1.0, doc="tracks below this score do not stop the car")
    person_margin: float = param(
        0.3, unit="m", low=0.0, high=3.0, doc="extra room on either side of a person or animal"
    )


@dataclass(frozen=True)
class ControllerParameters(CarParameters):
    """Speeds, distances and time limits of the behaviours; docs/controller.md."""

    grammar: str = param(
        "", fixed=True, doc="file of the operator's own phrases; empty: ~/.config/kitt/grammar.yaml, if it exists."
    )
    cruise_speed: float = param(1.5, unit="m/s", low=0.05, high=5.0, doc="speed of driving at the start")
    lowest_speed: float = param(0.3, unit="m/s", low=0.05, high=5.0, doc="«slower» goes no lower")
    highest_speed: float = param(2.5, unit="m/s", low=0.05, high=5.0, doc="«faster» goes no higher")
    speed_step: float = param(1.25, low=1.01, high=3.0, doc="factor of «faster» and «slower»")
    reverse_speed: float = param(0.5, unit="m/s", low=0.05, high=2.0, doc="speed of going back")
    turn_speed: float = param(0.8, unit="m/s", low=0.0, high=2.0, doc="speed while turning left or right")
    turn_rate: float = param(0.4, unit="rad/s", low=0.05, high=3.0, doc="turning rate of left and right")
    turns_in_place: bool = param(False, doc="the base can turn without going (differential drive)")
    deceleration: float = param(0.8, unit="m/s^2", low=0.1, high=5.0, doc="comfortable braking towards a known place")
    reaction_time: float = param(0.4, unit="s", low=0.0, high=3.0, doc="from an image to brakes that bite")
    heading_gain: float = param(1.5, unit="1/s", low=0.0, high=10.0, doc="heading error to turning rate")
    max_steer_rate: float = param(
        0.5, unit="rad/s", low=0.0, high=3.0, doc="turning rate of heading hold and following"
    )
    back_distance: float = param(1.0, unit="m", low=0.1, high=20.0, doc="«back» without a distance")
    turn_angle: float = param(1.5707963267948966, unit="rad", low=0.05, high=6.3, doc="left and right without an angle")
    max_distance: float = param(50.0, unit="m", low=0.1, high=1000.0, doc="greatest distance that is obeyed")
    max_angle: float = param(12.6, unit="rad", low=0.1, high=100.0, doc="greatest angle that is obeyed")
    max_duration: float = param(120.0, unit="s", low=0.1, high=3600.0, doc="greatest duration that is obeyed")

    command_max_age: float = param(1.0, unit="s", low=0.05, high=10.0, doc="an older command is refused")
    min_confidence: float = param(0.5, low=0.0, high=1.0, doc="a less certain command is refused")
    data_max_age: float = param(0.6, unit="s", low=0.05, high=5.0, doc="older tracks, scans and odometry are not used")
    doubt_time: float = param(
        1.0, unit="s", low=0.0, high=10.0, doc="the gate may doubt this long before it is a fault"
    )
    blocked_time: float = param(30.0, unit="s", low=1.0, high=600.0, doc="an obstacle may bar the way this long")

    sign_stop_distance: float = param(3.0, unit="m", low=0.5, high=10.0, doc="bumper to stop sign when standing")
    sign_notice_distance: float = param(10.0, unit="m", low=1.0, high=50.0, doc="farther stop signs do not count yet")
    sign_side: float = param(4.0, unit="m", low=0.5, high=20.0, doc="stop signs farther to the side are not ours")
    sign_frames: int = param(3, low=1, high=30, doc="frames that must show a stop sign")
    sign_min_score: float = param(0.4, low=0.0, high=1.0, doc="least score of a stop sign")
    sign_wait: float = param(2.2, unit="s", low=0.0, high=30.0, doc="full stop at a stop sign")
    sign_same: float = param(5.0, unit="m", low=0.5, high=30.0, doc="a sign this near to a handled one is the same")

    light_stop_distance: float = param(5.0, unit="m", low=1.0, high=20.0, doc="bumper to red light when standing")
    light_passed_distance: float = param(
        3.0, unit="m", low=0.0, high=20.0, doc="a light nearer than this is passed: it turned red too late"
    )
    light_notice_distance: float = param(25.0, unit="m", low=1.0, high=80.0, doc="farther lights do not count yet")
    light_side: float = param(5.0, unit="m", low=0.5, high=20.0, doc="lights farther to the side are not ours")
    light_frames: int = param(3, low=1, high=30, doc="frames in a row that must show a light's colour")
    light_min_score: float = param(0.4, low=0.0, high=1.0, doc="least score of a traffic light")

    person_min_score: float = param(0.35, low=0.0, high=1.0, doc="least score of a person")
    person_gap: float = param(2.0, unit="m", low=0.2, high=10.0, doc="distance left to a person in the path")
    person_stop_distance: float = param(
        4.0, unit="m", low=0.2, high=20.0, doc="a person in the path this near stops the car, however slowly it goes"
    )
    person_side: float = param(0.4, unit="m", low=0.0, high=3.0, doc="room beside the car that belongs to the path")
    person_slow_side: float = param(
        1.5, unit="m", low=0.0, high=5.0, doc="a person this near to the path slows the car"
    )
    person_slow_distance: float = param(6.0, unit="m", low=0.0, high=30.0, doc="from this distance on")
    person_slow_speed: float = param(0.6, unit="m/s", low=0.05, high=3.0, doc="speed near people")
    # A little under three steps of the controller: a sum of floats must not make it four.
    person_clear_time: float = param(0.14, unit="s", low=0.0, high=10.0, doc="how long the path must be clear")

    follow_distance: float = param(1.5, unit="m", low=0.3, high=10.0, doc="distance kept while following")
    approach_distance: float = param(1.0, unit="m", low=0.3, high=10.0, doc="distance at the end of an approach")
    target_min_score: float = param(0.3, low=0.0, high=1.0, doc="least score of what is followed or approached")
    target_lost_time: float = param(2.0, unit="s", low=0.1, high=30.0, doc="a target may be hidden this long")
    park_gap: float = param(1.0, unit="m", low=0.3, high=5.0, doc="left to the car ahead when parking behind it")
    park_side_gap: float = param(0.6, unit="m", low=0.2, high=3.0, doc="left to the car aside when parking beside it")
    park_speed: float = param(0.6, unit="m/s", low=0.1, high=2.0, doc="speed of parking")
    patrol_reached: float = param(0.7, unit="m", low=0.1, high=5.0, doc="this near a remembered place is reached")
    manual_max_age: float = param(
        0.3, unit="s", low=0.05, high=1.0, doc="deadman: an older command of the stick is a stick that was let go"
    )
    manual_rest_time: float = param(1.0, unit="s", low=0.0, high=10.0, doc="a stick at rest so long was let go")
    battery_low: float = param(0.2, low=0.0, high=1.0, doc="below this charge no new motion")
    battery_empty: float = param(0.1, low=0.0, high=1.0, doc="below this charge it stops")
    node_silent_time: float = param(
        4.0, unit="s", low=1.5, high=60.0, doc="a node without a word on /diagnostics for so long is gone"
    )
    follow_time: float = param(600.0, unit="s", low=1.0, high=36000.0, doc="longest following")
    approach_time: float = param(60.0, unit="s", low=1.0, high=3600.0, doc="longest approach")
    search_time: float = param(90.0, unit="s", low=1.0, high=3600.0, doc="longest looking around")
    park_time: float = param(90.0, unit="s", low=1.0, high=3600.0, doc="longest parking")
    patrol_time: float = param(1800.0, unit="s", low=1.0, high=36000.0, doc="longest patrol")
    drive_time: float = param(1800.0, unit="s", low=1.0, high=36000.0, doc="longest driving on one command")
    wait_time: float = param(120.0, unit="s", low=1.0, high=3600.0, doc="longest waiting")
