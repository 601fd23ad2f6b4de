"""What Gazebo 11 is told about the car, the people and the lights, as its messages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from kitt_core.geometry import Pose2D, quaternion_from_yaw
from kitt_sim.actors import Walker
from kitt_sim.gazebo.messages import Messages
from kitt_sim.gazebo.sdf import RAIL_RADIUS, RAIL_SEPARATION
from kitt_sim.lights import COLOURS
from kitt_sim.vehicle import VehicleState

FOLLOW_GAIN = 8.0
"""How fast somebody makes good the distance to where they should be [1/s]."""


def _pose(messages: Messages, x: float, yaw: float) -> Any:
    result = messages["Pose"]()
    result.position.x, result.position.y, result.position.z = x, 0.0, 0.0
    turn = result.orientation
    turn.x, turn.y, turn.z, turn.w = quaternion_from_yaw(yaw)
    return result


def car(messages: Messages, wanted: VehicleState) -> Any:
    """The velocity of the rear axle's middle for the DiffDrive plugin, which counts yaw rates clockwise."""
    return _pose(messages, wanted.speed, -wanted.yaw_rate)


def person(messages: Messages, vx: float, vy: float) -> Any:
    """The velocities of somebody's rails along x and y [m/s] for the DiffDrive plugin.

    It takes the rails for wheels: left = (v + w s / 2) / r, right = (v - w s / 2) / r.
    """
    v, w = RAIL_RADIUS * (vx + vy) / 2, RAIL_RADIUS * (vx - vy) / RAIL_SEPARATION
    return _pose(messages, v, w)


def follow(at: Pose2D, wanted: Walker) -> tuple[float, float]:
    """The velocity [m/s] with which somebody at `at` keeps to where they should be."""
    pose = wanted.pose
    return (
        wanted.speed * math.cos(pose.yaw) + FOLLOW_GAIN * (pose.x - at.x),
        wanted.speed * math.sin(pose.yaw) + FOLLOW_GAIN * (pose.y - at.y),
    )


def facing(messages: Messages, name: str, pieces: list[str], yaw: float) -> Iterator[Any]:
    """Turns somebody's visuals."""
    for piece in pieces:
        parent = f"{name}::body"
        yield messages["Visual"](
            name=f"{parent}::{piece}", parent_name=parent, pose=_pose(messages, 0.0, yaw)
        )  # fmt: skip


def light(messages: Messages, name: str, pieces: dict[str, list[str]], shown: str) -> Iterator[Any]:
    """A traffic light's faces: the one that is shown and those that are hidden."""
    for colour in COLOURS:
        for piece in pieces[colour]:
            parent = f"{name}_faces::{colour}"
            yield messages["Visual"](name=f"{parent}::{piece}", parent_name=parent, visible=colour == shown)
