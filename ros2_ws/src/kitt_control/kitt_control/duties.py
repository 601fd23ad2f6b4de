"""What each command makes the controller do; returns the key of the phrase that refuses it, "" when obeyed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from kitt_control.commands import ACKNOWLEDGED, Command
from kitt_control.motion import Manoeuvre
from kitt_control.state_machine import MOVING, Event, State
from kitt_control.targets import Target

if TYPE_CHECKING:
    from kitt_control.behaviours import Controller
    from kitt_control.decision import World

ROOM = 0.6  # [m] least free way before a new motion


def obey(c: Controller, command: Command, world: World) -> str:
    """Carry a command out that is fresh, certain and known."""
    if command.name == "stop":
        c.event(Event.STOP, world, f"«{command.text or 'stop'}»")
        c.manoeuvre = c.target = c.active = None
        return ""
    if c.answer(command, world):
        if command.name == "good_night":
            c.event(Event.STOP, world, "good night")
        return ""
    duty = DUTIES.get(command.name)
    if duty is None:  # a command of the user's own is for a node of theirs
        silent = command.name in ACKNOWLEDGED or command.name in c.grammar.own_commands
        return "" if silent else "refused_not_yet"
    return duty(c, command, world)


def _may_move(c: Controller, world: World, ahead: bool) -> str:
    """Why no new motion may begin, "" when it may: emergency stop, fault, somebody or something in the way."""
    if c.state is State.EMERGENCY:
        return "refused_emergency"
    if c.faults or c.state is State.FAULTED:
        return "refused_fault"
    if ahead and c.people.in_path is not None:
        return "refused_person"
    return "refused_obstacle" if (world.way_ahead if ahead else world.way_back) < ROOM else ""


def _start(c: Controller, command: Command, world: World, event: Event) -> None:
    c.active = command
    c.event(event, world, f"«{command.text or command.name}»")
    c.active = command


def _drive(c: Controller, command: Command, world: World) -> str:
    ahead = command.name != "back"
    refused = _may_move(c, world, ahead)
    if refused:
        return refused
    sign = 1.0 if ahead else -1.0
    amount, unit = command.value("distance"), "m"
    if amount is None:
        amount, unit = command.value("duration"), "s"
    if amount is None and not ahead:
        amount, unit = c.p.back_distance, "m"
    c.target = None
    # Without way or time a new command goes on as the drive does, with the heading of this moment.
    c.manoeuvre = None
    c.hold_here()
    _start(c, command, world, Event.DRIVE)
    if amount is not None and world.odom is not None:
        c.manoeuvre = Manoeuvre("straight", sign, amount, unit, world.odom, world.now)
    return ""


def _turn(c: Controller, command: Command, world: World) -> str:
    refused = _may_move(c, world, ahead=True)
    if refused:
        return refused
    amount, unit = command.value("angle"), "rad"
    if amount is None:
        amount, unit = command.value("duration"), "s"
    if amount is None:
        amount, unit = (math.pi if command.name == "turn_around" else c.p.turn_angle), "rad"
    driving = c.state is State.DRIVING and (c.manoeuvre is None or c.manoeuvre.then_drive)
    sign = -1.0 if command.name == "right" else 1.0
    c.target = None
    _start(c, command, world, Event.DRIVE)
    if world.odom is not None:
        c.manoeuvre = Manoeuvre("turn", sign, amount, unit, world.odom, world.now, driving)
    return ""


def _seek(c: Controller, command: Command, world: World) -> str:
    follow = command.name == "follow"
    # Whom it follows or goes to may stand in the way: the gate keeps the distance.
    refused = _may_move(c, world, ahead=True)
    if refused and refused not in ("refused_person", "refused_obstacle"):
        return refused
    number = command.value("number")
    label = command.label or ("person" if number is None else "")
    if world.frame is None or world.camera is None:
        return "refused_target"
    track_id = "" if number is None else str(int(number))
    target = Target.choose(world.frame, world.camera, label, now=world.now, p=c.p, track_id=track_id)
    if target is None:
        return "refused_target"
    c.manoeuvre, c.target = None, target
    _start(c, command, world, Event.FOLLOW if follow else Event.APPROACH)
    return ""


def _wait(c: Controller, command: Command, world: World) -> str:
    if c.event(Event.WAIT, world, f"«{command.text or 'wait'}»"):
        c.wait_for(command.value("duration"))
    return ""


def _go_on(c: Controller, command: Command, world: World) -> str:
    if c.state is State.WAITING:
        refused = _may_move(c, world, ahead=True)
        if refused and not (c.target is not None and refused in ("refused_person", "refused_obstacle")):
            return refused
    elif c.state is State.AT_SIGN:
        c.signs.done()
    elif c.state in MOVING or c.state is State.FOR_PERSON:
        return ""
    return "" if c.event(Event.GO_ON, world, f"«{command.text or 'go on'}»") else "refused_nothing"


def _faster(c: Controller, command: Command, world: World) -> str:
    del world
    factor = c.p.speed_step if command.name == "faster" else 1.0 / c.p.speed_step
    c.speed = max(c.p.lowest_speed, min(c.p.highest_speed, c.speed * factor))
    return ""


DUTIES: dict[str, Callable[[Controller, Command, World], str]] = {
    "go": _drive, "forward": _drive, "back": _drive,
    "left": _turn, "right": _turn, "turn_around": _turn,
    "follow": _seek, "come": _seek, "go_to": _seek,
    "wait": _wait, "go_on": _go_on, "faster": _faster, "slower": _faster,
}  # fmt: skip
