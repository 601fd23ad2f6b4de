"""The controller's decisions as messages: what caused a wish, and the car's state of mind."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kitt_interfaces.msg import Fault, KittState, Trace
from std_msgs.msg import Header

from kitt_control.commands import Command
from kitt_control.decision import Decision
from kitt_control.nodes import wire
from kitt_control.parameters import ControllerParameters
from kitt_core.convert import to_stamp


def trace(decision: Decision, now: int) -> Trace:
    """What the wish of this tick rests on; the gate fills in the ages. `now` ROS time [ns]."""
    cause, nan = decision.cause, math.nan
    command = cause.command or Command("")
    return Trace(
        header=Header(stamp=to_stamp(now), frame_id="base_link"),
        twist=wire.to_twist(decision.desired),
        behaviour=decision.state.value,
        command=command.text or command.name,
        command_source=command.source if cause.command else "",
        command_begin=wire.stamp_of(command.begin),
        command_end=wire.stamp_of(command.end),
        frame_stamp=wire.stamp_of(cause.frame_stamp),
        scan_stamp=wire.stamp_of(cause.scan_stamp),
        track_id=cause.track_id,
        command_age=nan, frame_age=nan, scan_age=nan, wish_age=nan,
    )  # fmt: skip


def state(decision: Decision, now: int, speed: float, since: Mapping[str, int], p: ControllerParameters) -> KittState:
    """The car's mind. `speed` [m/s] is the measured one; `since` code of a fault to its begin in ROS time [ns]."""
    target, command = decision.target, decision.cause.command
    return KittState(
        header=Header(stamp=to_stamp(now), frame_id="base_link"),
        state=decision.state.value,
        driver=decision.driver,
        command=(command.text or command.name) if command is not None else "",
        reason=decision.reason,
        target=target.label if target else "",
        target_id=target.track_id if target else "",
        target_distance=target.gap(p) if target else math.nan,
        speed=speed,
        faults=[
            Fault(event=f.code, effect=f.effect.value.replace(" ", "_"), message=f.words["en"], remedy=f.remedy,
                  since=to_stamp(since[f.code]))
            for f in decision.faults
        ],
    )  # fmt: skip
