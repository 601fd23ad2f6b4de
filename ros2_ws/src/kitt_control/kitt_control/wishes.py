"""The velocity that each moving state wishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kitt_control import answers
from kitt_control.limits import scaled
from kitt_control.motion import approach_speed, hold_heading
from kitt_control.state_machine import Event, State
from kitt_core.geometry import Twist2D

if TYPE_CHECKING:
    from kitt_control.behaviours import Controller
    from kitt_control.decision import World
    from kitt_control.world import Odom

ZERO = Twist2D(0.0, 0.0)
CREEP = 0.15  # [m/s] towards a place to stop at


def wish(c: Controller, world: World, odom: Odom) -> Twist2D:
    """What the present state wishes; may raise the event that ends it."""
    wishes = WISHES.get(c.state)
    return ZERO if wishes is None else wishes(c, world, odom)


def _follow(c: Controller, world: World, odom: Odom) -> Twist2D:
    del odom
    if c.target is None:
        return ZERO
    c.track_id = c.target.track_id
    if c.state is State.APPROACHING:
        return c.target.twist(c.p.approach_distance, 0.0, world.now, c.speed, c.p)
    return c.target.twist(c.p.follow_distance, c.target.leaving(), world.now, c.speed, c.p)


def _park(c: Controller, world: World, odom: Odom) -> Twist2D:
    del world
    if c.parking is None:
        return ZERO
    c.track_id = c.parking.track_id
    return c.parking.twist(odom, c.p)


def _patrol(c: Controller, world: World, odom: Odom) -> Twist2D:
    twist = c.route.twist(odom, world.now, max(road_speed(c, odom), 0.05), c.p)
    if twist is None:
        c.event(Event.TIME_UP, world, "a place of the route cannot be reached")
    return twist or ZERO


def _drive(c: Controller, world: World, odom: Odom) -> Twist2D:
    top = road_speed(c, odom)
    if c.manoeuvre is not None:
        if c.manoeuvre.expired(world.now, c.speed, c.p):
            c.event(Event.TIME_UP, world)
            return ZERO
        twist = c.manoeuvre.twist(odom, world.now, max(top, 0.05), c.p)
        if twist is not None:
            return twist
        then_drive, c.manoeuvre, c.heading = c.manoeuvre.then_drive, None, None
        if not then_drive:
            c.event(Event.MANOEUVRE_DONE, world)
            return ZERO
    if c.heading is None:
        c.heading = odom.yaw
    return Twist2D(top, hold_heading(c.heading, odom.yaw, top, c.p))


def _turn_round(c: Controller, world: World, odom: Odom) -> Twist2D:
    search = c.search
    if search is None:
        return ZERO
    twist = search.turn.twist(odom, world.now, c.speed, c.p)
    if twist is not None:
        slow = c.people.near is not None and twist.linear > c.p.person_slow_speed
        return scaled(twist, c.p.person_slow_speed / twist.linear) if slow else twist
    if search.label:
        c.say("not_found", target=c.grammar.name_of(search.label, c.language))
    else:
        c.tell(answers.listing(search.seen, c.language, c.grammar, "i_saw"))
    c.event(Event.NOT_FOUND, world, "looked all around")
    return ZERO


def road_speed(c: Controller, odom: Odom) -> float:
    """The speed that people near the path, a stop sign and a red light ahead allow [m/s]."""
    p, top = c.p, c.speed
    if c.people.near is not None:
        top, c.track_id = min(top, p.person_slow_speed), c.people.near.id
    for stop, gap, short in (
        (c.signs.sign, c.signs.gap(odom, p), p.sign_stop_distance),
        (c.traffic.red, c.traffic.gap(odom, p), p.light_stop_distance),
    ):
        if stop is not None and gap is not None:
            slower = max(CREEP, approach_speed(gap - short, p.deceleration))
            if slower < top:
                top, c.track_id = slower, stop.track_id
    return top


WISHES: dict[State, Callable[[Controller, World, Odom], Twist2D]] = {
    State.DRIVING: _drive, State.FOLLOWING: _follow, State.APPROACHING: _follow, State.LOOKING: _turn_round,
    State.PARKING: _park, State.PATROLLING: _patrol,
}  # fmt: skip
