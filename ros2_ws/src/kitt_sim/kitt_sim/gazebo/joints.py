"""What Gazebo 11 is told about the car, the people and the lights, as its messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kitt_core.geometry import quaternion_from_yaw, wrap_angle
from kitt_sim.actors import Walker
from kitt_sim.gazebo.messages import Messages
from kitt_sim.gazebo.sdf import LAG_S
from kitt_sim.lights import COLOURS
from kitt_sim.vehicle import VehicleState
from kitt_sim.world import Person


def _pose(messages: Messages, x: float, yaw: float) -> Any:
    result = messages["Pose"]()
    result.position.x, result.position.y, result.position.z = x, 0.0, 0.0
    turn = result.orientation
    turn.x, turn.y, turn.z, turn.w = quaternion_from_yaw(yaw)
    return result


def car(messages: Messages, wanted: VehicleState) -> Any:
    """The velocity of the rear axle's middle for the DiffDrive plugin, which counts yaw rates clockwise."""
    return _pose(messages, wanted.speed, -wanted.yaw_rate)


def person(messages: Messages, it: Person, wanted: Walker) -> Any:
    """Where somebody's rails and pivot shall be, for the plugin that `sdf` gives them: two rudders each."""
    x, y, yaw = displacement(it, wanted)
    return messages["Cessna"](
        cmd_left_aileron=x, cmd_right_aileron=x, cmd_left_flap=y, cmd_right_flap=y, cmd_elevators=yaw, cmd_rudder=yaw
    )


def displacement(it: Person, wanted: Walker) -> tuple[float, float, float]:
    """How far x, y [m] and yaw [rad] shall be from where the joints began: ahead by what they lag behind."""
    x, y = wanted.pose.to_parent(wanted.speed * LAG_S, 0.0)
    return x - it.path[0][0], y - it.path[0][1], wrap_angle(wanted.pose.yaw - it.yaw)


def light(messages: Messages, name: str, pieces: dict[str, list[str]], shown: str) -> Iterator[Any]:
    """A traffic light's faces: the one that is shown and those that are hidden."""
    for colour in COLOURS:
        for piece in pieces[colour]:
            parent = f"{name}_faces::{colour}"
            yield messages["Visual"](name=f"{parent}::{piece}", parent_name=parent, visible=colour == shown)
