"""The controller's decisions as a message: the car's state of mind."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kitt_interfaces.msg import Fault, KittState
from std_msgs.msg import Header

from kitt_control.decision import Decision
from kitt_control.parameters import ControllerParameters
from kitt_core.convert import to_stamp


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
