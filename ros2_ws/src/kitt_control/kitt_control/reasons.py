"""Why the gate lets the car move or does not: every reason with its code, its message and what the operator can do."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """`code` goes on the wire, `allowed` says whether motion passes, `message` and `remedy` are for people."""

    OK = ("ok", True, "moving as asked", "")
    STANDING = ("standing", True, "standing as asked", "")
    LIMITED = ("limited", True, "slower than asked: a speed or acceleration limit", "")
    SLOWED = ("slowed", True, "slower than asked: something is ahead", "")

    EMERGENCY_STOP = ("emergency_stop", False, "the emergency stop is latched", "release it, then command anew")
    NO_CLOCK = ("no_clock", False, "ROS time has not started", "start the simulator or turn use_sim_time off")
    CLOCK_JUMP = ("clock_jump", False, "the clock jumped", "let the clock settle, then command anew")
    NO_COMMAND = ("no_command", False, "no command has come yet", "start the controller")
    COMMAND_STALE = ("command_stale", False, "the last command is too old", "look whether the controller runs")
    COMMAND_INVALID = ("command_invalid", False, "the command is not a finite planar twist", "mend the sender")
    COMMAND_OUT_OF_RANGE = ("command_out_of_range", False, "the command is absurdly large", "mend the sender")
    COMMAND_FUTURE = ("command_future", False, "the command is stamped in the future", "synchronise the clocks")
    CAUSE_MISSING = (
        "cause_missing",
        False,
        "what the command rests on is not known",
        "look whether the controller runs",
    )
    CAUSE_BROKEN = ("cause_broken", False, "what the command rests on does not fit it", "mend the sender")
    CAUSE_STALE = ("cause_stale", False, "what the command rests on is too old", "command anew")
    CAUSE_FUTURE = (
        "cause_future",
        False,
        "what the command rests on is stamped in the future",
        "synchronise the clocks",
    )
    SCAN_MISSING = ("scan_missing", False, "no laser scan has come yet", "start the laser")
    SCAN_STALE = ("scan_stale", False, "the laser scan is too old", "look whether the laser runs")
    SCAN_INVALID = ("scan_invalid", False, "the laser scan cannot be used", "clean or mend the laser")
    SCAN_FUTURE = ("scan_future", False, "the laser scan is stamped in the future", "synchronise the clocks")
    TRACKS_MISSING = ("tracks_missing", False, "no tracks have come yet", "start camera and detector")
    TRACKS_STALE = ("tracks_stale", False, "what the camera saw is too old", "look whether camera and detector run")
    TRACKS_INVALID = ("tracks_invalid", False, "the tracks are not finite boxes", "mend the detector")
    TRACKS_FUTURE = ("tracks_future", False, "the image is stamped in the future", "synchronise the clocks")
    CAMERA_UNKNOWN = ("camera_unknown", False, "the camera's intrinsics are unknown", "publish /camera/camera_info")
    ODOM_MISSING = ("odom_missing", False, "no odometry has come yet", "start the car's base")
    ODOM_STALE = ("odom_stale", False, "the odometry is too old", "look whether the car's base runs")
    ODOM_INVALID = ("odom_invalid", False, "the odometry is not finite", "mend the car's base")
    ODOM_FUTURE = ("odom_future", False, "the odometry is stamped in the future", "synchronise the clocks")
    RECOVERING = ("recovering", False, "all is well again, but not for long enough", "wait a moment")
    NEUTRAL_REQUIRED = ("neutral_required", False, "a command to stand must come first", "stop, then command anew")
    REVERSING = ("reversing", False, "the car still rolls the other way", "wait until it stands")
    BLIND = ("blind", False, "the laser cannot see that way", "drive where the laser looks")
    OBSTACLE = ("obstacle", False, "an obstacle is within stopping distance", "clear the way")
    PERSON = ("person", False, "somebody is within stopping distance", "let them pass")

    def __init__(self, code: str, allowed: bool, message: str, remedy: str) -> None:
        self.code = code
        self.allowed = allowed
        self.message = message
        self.remedy = remedy


def markdown() -> str:
    """The table of docs/safety_gate.md."""
    lines = ["| reason | motion | message | remedy |", "|---|---|---|---|"]
    lines += [f"| {r.code} | {'passes' if r.allowed else 'zero'} | {r.message} | {r.remedy} |" for r in Reason]
    return "\n".join(lines) + "\n"
