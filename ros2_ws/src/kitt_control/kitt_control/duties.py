"""What each command makes the controller do; returns the key of the phrase that refuses it, "" when obeyed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from kitt_control import answers
from kitt_control.arbitration import may_take_over
from kitt_control.commands import ACKNOWLEDGED, Command
from kitt_control.events import Effect
from kitt_control.motion import Manoeuvre
from kitt_control.parking import Parking
from kitt_control.search import Search
from kitt_control.state_machine import MOVING, PAUSING, Event, State
from kitt_control.targets import Target, View
from kitt_text.phrases import say

if TYPE_CHECKING:
    from kitt_control.behaviours import Controller
    from kitt_control.decision import World

ROOM = 0.6  # [m] least free way before a new motion
IN_THE_WAY = ("refused_person", "refused_obstacle")


def obey(c: Controller, command: Command, world: World) -> str:
    """Carry a command out that is fresh, certain and known."""
    if command.name == "stop":
        c.event(Event.STOP, world, f"«{command.text or 'stop'}»")
        c.hand.lock()
        c.drop()
        return ""
    if _answered(c, command, world):
        return ""
    duty = DUTIES.get(command.name)
    if duty is None:  # a command of the user's own is for a node of theirs
        silent = command.name in ACKNOWLEDGED or command.name in c.grammar.own_commands
        return "" if silent else "refused_not_yet"
    return duty(c, command, world)


def _answered(c: Controller, command: Command, world: World) -> bool:
    """Answer a question; False when the command is none."""
    frame, language, label = c.fresh(world), c.language, command.label
    if command.name == "what_do_you_see":
        text = answers.what_do_you_see(frame, language, c.grammar)
    elif command.name == "how_many":
        text = answers.how_many(frame, label, language, c.grammar)
    elif command.name == "where_is":
        text = answers.where_is(frame, world.camera, label, language, grammar=c.grammar, p=c.p)
    elif command.name == "how_are_you":
        text = answers.how_are_you(c.state, c.faults, language)
    elif command.name in ("who_are_you", "help", "hello"):
        text = say("who" if command.name == "who_are_you" else command.name, language)
    else:
        return False
    c.tell(text)
    return True


def _may_act(c: Controller, command: Command) -> str:
    """Why KITT may not begin anything new, "" when it may: emergency stop, fault, asleep, somebody else drives."""
    if c.state is State.EMERGENCY:
        return "refused_emergency"
    if c.state is State.ASLEEP:
        return "refused_asleep"
    keeps = (Effect.SAY,) if command.source == "speech" else (Effect.SAY, Effect.SPOKEN_STOP)
    if c.state is State.FAULTED or any(fault.effect not in keeps for fault in c.faults):
        return "refused_fault"
    if c.state is State.MANUAL:
        return "refused_manual"
    busy = c.state in (*MOVING, *PAUSING)
    return "" if not busy or may_take_over(command, c.active) else "refused_driver"


def _may_move(c: Controller, command: Command, world: World, ahead: bool = True) -> str:
    """Why no new motion may begin, "" when it may: as above, or somebody or something in the way."""
    refused = _may_act(c, command)
    if refused:
        return refused
    if ahead and c.people.in_path is not None:
        return "refused_person"
    return "refused_obstacle" if (world.way_ahead if ahead else world.way_back) < ROOM else ""


def _start(c: Controller, command: Command, world: World, event: Event) -> None:
    c.sleep_after = False
    c.active = command
    c.event(event, world, f"«{command.text or command.name}»")


def _drive(c: Controller, command: Command, world: World) -> str:
    ahead = command.name != "back"
    refused = _may_move(c, command, world, ahead)
    if refused:
        return refused
    sign = 1.0 if ahead else -1.0
    amount, unit = command.value("distance"), "m"
    if amount is None:
        amount, unit = command.value("duration"), "s"
    if amount is None and not ahead:
        amount, unit = c.p.back_distance, "m"
    c.drop()
    # Without way or time a new command goes on as the drive does, with the heading of this moment.
    c.heading = None
    if amount is not None and world.odom is not None:
        c.manoeuvre = Manoeuvre("straight", sign, amount, unit, world.odom, world.now)
    _start(c, command, world, Event.DRIVE)
    return ""


def _turn(c: Controller, command: Command, world: World) -> str:
    refused = _may_move(c, command, world)
    if refused:
        return refused
    amount, unit = command.value("angle"), "rad"
    if amount is None:
        amount, unit = command.value("duration"), "s"
    if amount is None:
        amount, unit = (math.pi if command.name == "turn_around" else c.p.turn_angle), "rad"
    driving = c.state is State.DRIVING and (c.manoeuvre is None or c.manoeuvre.then_drive)
    sign = -1.0 if command.name == "right" else 1.0
    c.drop()
    if world.odom is not None:
        c.manoeuvre = Manoeuvre("turn", sign, amount, unit, world.odom, world.now, driving)
    _start(c, command, world, Event.DRIVE)
    return ""


def _seek(c: Controller, command: Command, world: World) -> str:
    # Whom it follows or goes to may stand in the way: the gate keeps the distance.
    refused = _may_move(c, command, world)
    if refused and refused not in IN_THE_WAY:
        return refused
    number = command.value("number")
    label = command.label or ("person" if number is None else "")
    frame = c.fresh(world)
    if frame is None or world.camera is None or world.odom is None:
        return "refused_target"
    track_id = "" if number is None else str(int(number))
    view = View(frame, world.camera, world.odom, world.points)
    target = Target.choose(view, label, now=world.now, p=c.p, track_id=track_id)
    if target is None:
        return "refused_target"
    c.drop()
    c.target = target
    _start(c, command, world, Event.FOLLOW if command.name == "follow" else Event.APPROACH)
    return ""


def _search(c: Controller, command: Command, world: World) -> str:
    label = command.label if command.name == "find" else ""
    frame = c.fresh(world)
    if label and frame is not None and any(track.label == label for track in frame.tracks):
        c.tell(answers.where_is(frame, world.camera, label, c.language, grammar=c.grammar, p=c.p))
        return ""
    refused = _may_move(c, command, world)
    if refused or world.odom is None:
        return refused or "refused_lost"
    c.drop()
    c.search = Search.begin(label, world.odom, world.now)
    _start(c, command, world, Event.SEARCH)
    return ""


def _park(c: Controller, command: Command, world: World) -> str:
    refused = _may_move(c, command, world)
    if refused:
        return refused
    frame = c.fresh(world)
    parking = None
    if frame is not None and world.camera is not None and world.odom is not None:
        view = View(frame, world.camera, world.odom, world.points, world.scan_stamp)
        parking = Parking.choose(view, c.p)
    if parking is None:  # what is being parked is parked to its end: close by, the vehicle may be out of sight
        return "" if c.state is State.PARKING else "refused_no_car"
    c.drop()
    c.parking = parking
    _start(c, command, world, Event.PARK)
    return ""


def _good_night(c: Controller, command: Command, world: World) -> str:
    if c.state is State.ASLEEP:
        return ""
    refused = _may_act(c, command)
    if refused in ("refused_emergency", "refused_manual", "refused_driver"):
        return refused
    parks = c.parking is not None and c.state is not State.WAITING
    if parks or _park(c, command, world) == "":
        c.sleep_after = True
        return ""
    # Where it cannot park it sleeps where it stands, also with a battery too low to go.
    return "" if c.event(Event.SLEEP, world, "good night") else "refused_fault"


def _wake_up(c: Controller, command: Command, world: World) -> str:
    c.sleep_after = False
    if not c.event(Event.WAKE, world, f"«{command.text or 'wake up'}»"):
        c.say("hello")
    return ""


def _remember(c: Controller, command: Command, world: World) -> str:
    del command
    if world.odom is None or not world.fresh(world.odom.stamp, c.p.data_max_age):
        return "refused_lost"
    if not c.route.remember(world.odom, c.p):
        return "refused_full"
    c.say("remembered", number=len(c.route.places))
    return ""


def _forget(c: Controller, command: Command, world: World) -> str:
    if c.state is State.PATROLLING or (c.state in PAUSING and c.machine.resume is State.PATROLLING):
        c.event(Event.STOP, world, f"«{command.text or 'forget'}»")
    c.route.forget()
    c.say("forgotten")
    return ""


def _patrol(c: Controller, command: Command, world: World) -> str:
    refused = _may_move(c, command, world)
    if refused:
        return refused
    if world.odom is None or not c.route.begin(world.odom):
        return "refused_route"
    c.drop()
    _start(c, command, world, Event.PATROL)
    return ""


def _wait(c: Controller, command: Command, world: World) -> str:
    if c.state is State.MANUAL:
        return "refused_manual"
    if c.event(Event.WAIT, world, f"«{command.text or 'wait'}»"):
        c.wait_for(command.value("duration"))
    return ""


def _go_on(c: Controller, command: Command, world: World) -> str:
    refused = _may_move(c, command, world, not c.going_back)
    if c.target is not None and refused in IN_THE_WAY:
        refused = ""
    if refused and c.state in (*PAUSING, State.EMERGENCY, State.ASLEEP, State.FAULTED, State.MANUAL):
        return refused
    if c.state is State.AT_LIGHT:
        if c.traffic.seen_red:
            return "refused_red"
        c.traffic.forget()
    elif c.state is State.AT_SIGN:
        c.signs.done()
    elif c.state in MOVING or c.state is State.FOR_PERSON:
        return ""
    return "" if c.event(Event.GO_ON, world, f"«{command.text or 'go on'}»") else "refused_nothing"


def _pace(c: Controller, command: Command, world: World) -> str:
    del world
    factor = c.p.speed_step if command.name == "faster" else 1.0 / c.p.speed_step
    c.speed = max(c.p.lowest_speed, min(c.p.highest_speed, c.speed * factor))
    return ""


def _lights(c: Controller, command: Command, world: World) -> str:
    del world
    c.lights = command.name == "lights_on"
    c.say(command.name)
    return ""


DUTIES: dict[str, Callable[[Controller, Command, World], str]] = {
    "go": _drive, "forward": _drive, "back": _drive,
    "left": _turn, "right": _turn, "turn_around": _turn,
    "follow": _seek, "come": _seek, "go_to": _seek,
    "look_around": _search, "find": _search, "park": _park,
    "remember_place": _remember, "forget_places": _forget, "patrol": _patrol,
    "wait": _wait, "go_on": _go_on, "faster": _pace, "slower": _pace,
    "lights_on": _lights, "lights_off": _lights, "good_night": _good_night, "wake_up": _wake_up,
}  # fmt: skip
