"""The controller's states: one table, pure, tested over every state and event (after openpilot's state.py)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """What the car is doing; the value goes on the wire."""

    STOPPED = "stopped"
    DRIVING = "driving"
    FOLLOWING = "following"
    APPROACHING = "approaching"
    LOOKING = "looking_around"
    PARKING = "parking"
    PATROLLING = "patrolling"
    MANUAL = "manual"
    AT_SIGN = "waiting_at_sign"
    AT_LIGHT = "waiting_at_light"
    FOR_PERSON = "waiting_for_person"
    WAITING = "waiting"
    ASLEEP = "asleep"
    EMERGENCY = "emergency"
    FAULTED = "faulted"


class Event(Enum):
    """What may happen: commands, sight, progress, the gate, faults."""

    STOP = "stop"
    DRIVE = "drive"
    FOLLOW = "follow"
    APPROACH = "approach"
    SEARCH = "search"
    PARK = "park"
    PATROL = "patrol"
    WAIT = "wait"
    GO_ON = "go on"
    SLEEP = "sleep"
    WAKE = "wake"
    MANUAL_TAKES = "manual takes over"
    MANUAL_ENDS = "manual lets go"
    SIGN_NEAR = "sign near"
    SIGN_DONE = "sign done"
    LIGHT_RED = "light red"
    LIGHT_GREEN = "light green"
    PERSON_IN_PATH = "person in path"
    PATH_CLEAR = "path clear"
    TARGET_LOST = "target lost"
    TARGET_REACHED = "target reached"
    FOUND = "found"
    NOT_FOUND = "not found"
    PARKED = "parked"
    PARKED_SHORT = "as near as it can"
    MANOEUVRE_DONE = "manoeuvre done"
    TIME_UP = "time up"
    BLOCKED = "blocked too long"
    GATE_RESET = "gate wants neutral"
    EMERGENCY_STOP = "emergency stop"
    EMERGENCY_RELEASED = "emergency released"
    FAULT = "fault"
    FAULT_CLEARED = "fault cleared"


MOVING = (
    State.DRIVING, State.FOLLOWING, State.APPROACHING, State.LOOKING, State.PARKING, State.PATROLLING, State.MANUAL,
)  # fmt: skip
"""The states that may wish a velocity; in all others the wish is zero."""
PAUSING = (State.AT_SIGN, State.AT_LIGHT, State.FOR_PERSON, State.WAITING)
"""The states that stand for a while and resume what was done before."""
YIELDING = (State.DRIVING, State.PARKING, State.PATROLLING)
"""The states that wait for somebody in the path ahead. Following and approaching keep their distance instead; looking
around turns away from what is ahead, so that there the gate alone judges, along the arc."""
ON_THE_ROAD = (State.DRIVING, State.PATROLLING)
"""The states that obey signs and lights."""


class _Resume(Enum):
    RESUME = "what was done before"


RESUME = _Resume.RESUME


@dataclass(frozen=True)
class Transition:
    """Where an event leads, and the key of what is said on the way ("" nothing)."""

    target: State | _Resume
    say: str = ""


Table = dict[tuple[State, Event], Transition]


def transitions() -> Table:
    """The whole table; an event without a row means nothing in that state."""
    s, e, to = State, Event, Transition
    table: Table = {}
    for state in State:
        if state in (s.EMERGENCY, s.ASLEEP):  # asleep it stands already, and nothing but waking moves it
            continue
        table[state, e.EMERGENCY_STOP] = to(s.EMERGENCY, "emergency")
        if state is s.FAULTED:
            continue
        table[state, e.FAULT] = to(s.FAULTED, "fault")
        table[state, e.STOP] = to(s.STOPPED)
        if state is not s.STOPPED:
            table[state, e.GATE_RESET] = to(s.STOPPED, "gate_reset")
            table[state, e.TIME_UP] = to(s.STOPPED, "time_up")
        if state is s.MANUAL:  # by hand goes before all but a stop
            continue
        table[state, e.MANUAL_TAKES] = to(s.MANUAL)
        table[state, e.SLEEP] = to(s.ASLEEP, "asleep")
        table[state, e.DRIVE] = to(s.DRIVING)
        table[state, e.FOLLOW] = to(s.FOLLOWING, "following")
        table[state, e.APPROACH] = to(s.APPROACHING, "approaching")
        table[state, e.SEARCH] = to(s.LOOKING, "searching")
        table[state, e.PARK] = to(s.PARKING, "parking")
        table[state, e.PATROL] = to(s.PATROLLING, "patrolling")
    table[s.EMERGENCY, e.EMERGENCY_RELEASED] = to(s.STOPPED, "emergency_released")
    table[s.FAULTED, e.FAULT_CLEARED] = to(s.STOPPED, "fault_cleared")
    table[s.ASLEEP, e.WAKE] = to(s.STOPPED, "awake")
    table[s.MANUAL, e.MANUAL_ENDS] = to(s.STOPPED)
    for state in MOVING:
        if state is not s.MANUAL:
            table[state, e.WAIT] = to(s.WAITING, "waiting")
            table[state, e.BLOCKED] = to(s.STOPPED, "blocked")
    for state in PAUSING:
        table[state, e.WAIT] = to(s.WAITING, "waiting")
    for state in (s.AT_SIGN, s.AT_LIGHT, s.WAITING):
        table[state, e.GO_ON] = to(RESUME)
    for state in ON_THE_ROAD:
        table[state, e.SIGN_NEAR] = to(s.AT_SIGN, "stop_sign")
        table[state, e.LIGHT_RED] = to(s.AT_LIGHT, "red_light")
    for state in YIELDING:
        table[state, e.PERSON_IN_PATH] = to(s.FOR_PERSON, "person_in_path")
    table[s.AT_SIGN, e.SIGN_DONE] = to(RESUME)
    table[s.AT_LIGHT, e.LIGHT_GREEN] = to(RESUME)
    table[s.FOR_PERSON, e.PATH_CLEAR] = to(RESUME)
    table[s.DRIVING, e.MANOEUVRE_DONE] = to(s.STOPPED)
    for state in (s.FOLLOWING, s.APPROACHING):
        table[state, e.TARGET_LOST] = to(s.STOPPED, "target_lost")
    table[s.APPROACHING, e.TARGET_REACHED] = to(s.STOPPED, "target_reached")
    table[s.LOOKING, e.FOUND] = to(s.STOPPED)
    table[s.LOOKING, e.NOT_FOUND] = to(s.STOPPED)
    table[s.PARKING, e.PARKED] = to(s.STOPPED, "parked")
    table[s.PARKING, e.PARKED_SHORT] = to(s.STOPPED, "parked_short")
    return table


class StateMachine:
    """Holds the state and, while pausing, what to resume."""

    def __init__(self) -> None:
        self.table = transitions()
        self.state = State.STOPPED
        self.resume = State.DRIVING

    def handle(self, event: Event) -> Transition | None:
        """Follow the table; None when the event means nothing in this state."""
        transition = self.table.get((self.state, event))
        if transition is None:
            return None
        before, target = self.state, transition.target
        self.state = target if isinstance(target, State) else self.resume
        if self.state in PAUSING and before in MOVING:  # from one pause to another what is resumed stays the same
            self.resume = before
        return transition
