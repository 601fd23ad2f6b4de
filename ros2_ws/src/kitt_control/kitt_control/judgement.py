"""Faults and the gate's verdict: what they make of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kitt_control.decision import SAFETY
from kitt_control.events import FAULTS, Effect
from kitt_control.reasons import Reason
from kitt_control.state_machine import Event, State
from kitt_control.world import TrackFrame

if TYPE_CHECKING:
    from kitt_control.behaviours import Controller
    from kitt_control.decision import World

FLOOD = 10  # commands in a second
STOPPING = (Effect.SOFT_STOP, Effect.IMMEDIATE_STOP)


def judge(c: Controller, world: World, frame: TrackFrame | None) -> None:
    """Collect the faults that hold now and raise what they and the gate cause."""
    gate, p = world.gate, c.p
    c.faults = tuple(FAULTS[code] for code in dict.fromkeys(_codes(c, world, frame)))
    if gate is not None and gate.emergency:
        c.event(Event.EMERGENCY_STOP, world)
    elif c.state is State.EMERGENCY and gate is not None:
        c.event(Event.EMERGENCY_RELEASED, world)
    if gate is not None and gate.code == Reason.NEUTRAL_REQUIRED.code:
        c.event(Event.GATE_RESET, world)
    stopping = [f for f in c.faults if f.effect in STOPPING]
    deaf = [f for f in c.faults if f.effect is Effect.SPOKEN_STOP and c.active and c.active.source == "speech"]
    if not stopping:
        c.event(Event.FAULT_CLEARED, world)
    if not stopping and not deaf:
        c.doubt_since = None
        return
    if c.doubt_since is None:
        c.doubt_since = world.now
    at_once = any(fault.effect is Effect.IMMEDIATE_STOP for fault in stopping)
    if c.state is State.STOPPED or not (at_once or world.now - c.doubt_since >= p.doubt_time):
        return
    worst = (stopping or deaf)[0]
    c.faults = (worst, *(fault for fault in c.faults if fault is not worst))  # said is what stops
    if stopping:
        c.event(Event.FAULT, world, worst.say("en"))
    elif c.event(Event.STOP, world, worst.say("en")):  # typed commands may still move it
        c.say("fault", SAFETY, fault=worst.say(c.language))


def _codes(c: Controller, world: World, frame: TrackFrame | None) -> list[str]:
    gate, p = world.gate, c.p
    codes = [code for code in world.troubles if code in FAULTS]
    if gate is None or world.now - gate.received > p.data_max_age:
        codes.append("gate_silent")
    elif gate.code in FAULTS:
        codes.append(gate.code)
    if world.odom is None or not world.fresh(world.odom.stamp, p.data_max_age):
        codes.append("odom_silent")
    if frame is None:
        codes.append("tracks_silent")
    elif c.begins_anew(frame):  # the gate may not have told yet, and what is done rests on places of the run before
        codes.append("clock_jump")
    if world.stick is not None and not world.stick.twist.is_finite:
        codes.append("manual_invalid")
    while c.commands and world.now - c.commands[0] > 1.0:
        c.commands.popleft()
    if len(c.commands) > FLOOD:
        codes.append("commands_flood")
    return codes
