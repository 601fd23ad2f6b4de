"""The events that sight or progress raises in each state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kitt_control import answers
from kitt_control.reasons import Reason
from kitt_control.state_machine import MOVING, ON_THE_ROAD, YIELDING, Event, State
from kitt_control.targets import REACHED

if TYPE_CHECKING:
    from kitt_control.behaviours import Controller
    from kitt_control.decision import World
    from kitt_control.world import Odom

STANDING = 0.05  # [m/s] slower is standing
PATIENCE = 1.5  # [s] an obstacle bars the way to a parking place before another one is looked for
LONG_ENOUGH = 5.0  # [s] and before it stays where it is
TOLERANCE = 0.1  # [m] of the place where it stops for a sign or a light


def look(c: Controller, world: World) -> bool:
    """Raise the event that holds in this state; False when there is none."""
    odom = world.odom
    if odom is None:
        return False
    if _blocked(c, world):
        return c.event(Event.BLOCKED, world)
    if c.state in YIELDING and _look_ahead(c, world, odom):
        return True
    looks = LOOKS.get(c.state)
    return looks is not None and looks(c, world, odom)


def _blocked(c: Controller, world: World) -> bool:
    """True when the gate has barred the way for too long."""
    barred = world.gate is not None and world.gate.code in (Reason.OBSTACLE.code, Reason.PERSON.code)
    if not barred or c.state not in MOVING:
        c.blocked_since = None
    elif c.blocked_since is None:
        c.blocked_since = world.now
    return c.blocked_since is not None and world.now - c.blocked_since > c.p.blocked_time


def _look_ahead(c: Controller, world: World, odom: Odom) -> bool:
    if c.going_back:
        return False
    if c.people.in_path is not None:
        return c.event(Event.PERSON_IN_PATH, world, "somebody is in the path")
    if c.state not in ON_THE_ROAD:
        return False
    gap = c.traffic.gap(odom, c.p)
    if gap is not None and gap <= c.p.light_stop_distance + TOLERANCE:
        return c.event(Event.LIGHT_RED, world, "red light")
    gap = c.signs.gap(odom, c.p)
    return (
        gap is not None and gap <= c.p.sign_stop_distance + TOLERANCE and c.event(Event.SIGN_NEAR, world, "stop sign")
    )


def _look_at_sign(c: Controller, world: World, odom: Odom) -> bool:
    if abs(odom.linear) > STANDING:
        c.stood_since = None
    elif c.stood_since is None:
        c.stood_since = world.now
    elif world.now - c.stood_since >= c.p.sign_wait:
        c.signs.done()
        return c.event(Event.SIGN_DONE, world, "stopped at the sign, going on")
    return False


def _look_for_people(c: Controller, world: World, odom: Odom) -> bool:
    del odom
    return c.people.clear(world.now, c.p) and c.event(Event.PATH_CLEAR, world, "the way is clear")


def _look_at_light(c: Controller, world: World, odom: Odom) -> bool:
    del odom
    return c.traffic.red is None and c.event(Event.LIGHT_GREEN, world, "the light is green")


def _look_for(c: Controller, world: World, odom: Odom) -> bool:
    del odom
    search = c.search
    if search is None or not search.found:
        return False
    c.tell(answers.where_is(c.fresh(world), world.camera, search.label, c.language, grammar=c.grammar, p=c.p))
    return c.event(Event.FOUND, world, f"found: {search.label}")


def _look_where_parked(c: Controller, world: World, odom: Odom) -> bool:
    parking = c.parking
    if parking is None:
        return False
    if parking.parked(odom):
        return c.event(Event.PARKED, world)
    barred = world.gate is not None and world.gate.code == Reason.OBSTACLE.code
    if world.gate is not None and world.gate.code == Reason.BLIND.code:  # of what is behind
        parking.back_no_more()
    waited = 0.0 if not barred or c.blocked_since is None else world.now - c.blocked_since
    if waited > PATIENCE and parking.find_a_way(odom, c.p):
        c.blocked_since = None
        return False
    return waited > LONG_ENOUGH and parking.close(odom) and c.event(Event.PARKED_SHORT, world)


def _look_at_target(c: Controller, world: World, odom: Odom) -> bool:
    del odom
    if c.target is None:
        return False
    if c.target.lost(world.now, c.p):
        return c.event(Event.TARGET_LOST, world)
    reached = c.state is State.APPROACHING and c.target.gap(c.p) <= c.p.approach_distance + REACHED
    return reached and c.event(Event.TARGET_REACHED, world)


LOOKS: dict[State, Callable[[Controller, World, Odom], bool]] = {
    State.FOR_PERSON: _look_for_people, State.AT_SIGN: _look_at_sign, State.AT_LIGHT: _look_at_light,
    State.LOOKING: _look_for, State.PARKING: _look_where_parked,
    State.FOLLOWING: _look_at_target, State.APPROACHING: _look_at_target,
}  # fmt: skip
