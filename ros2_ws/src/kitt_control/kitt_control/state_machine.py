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
    AT_SIGN = "waiting_at_sign"
    FOR_PERSON = "waiting_for_person"
    WAITING = "waiting"
    EMERGENCY = "emergency"
    FAULTED = "faulted"


class Event(Enum):
    """What may happen: commands, sight, progress, the gate, faults."""

    STOP = "stop"
    DRIVE = "drive"
    FOLLOW = "follow"
    APPROACH = "approach"
    WAIT = "wait"
    GO_ON = "go on"
    SIGN_NEAR = "sign near"
    SIGN_DONE = "sign done"
    PERSON_IN_PATH = "person in path"
    PATH_CLEAR = "path clear"
    TARGET_LOST = "target lost"
    TARGET_REACHED = "target reached"
    MANOEUVRE_DONE = "manoeuvre done"
    TIME_UP = "time up"
    BLOCKED = "blocked too long"
    GATE_RESET = "gate wants neutral"
    EMERGENCY_STOP = "emergency stop"
    EMERGENCY_RELEASED = "emergency released"
    FAULT = "fault"
    FAULT_CLEARED = "fault cleared"


MOVING = (State.DRIVING, State.FOLLOWING, State.APPROACHING)
"""The states that may wish a velocity; in all others the wish is zero."""


class _Resume(Enum):
    RESUME = "what was done before waiting"


RESUME = _Resume.RESUME


@dataclass(frozen=True)
class Transition:
    """Where an event leads, and the key of what is said on the way ("" nothing)."""

    target: State | _Resume
    say: str = ""


def _table() -> dict[tuple[State, Event], Transition]:
    s, e, to = State, Event, Transition
    table: dict[tuple[State, Event], Transition] = {}
    calm = [state for state in State if state not in (s.EMERGENCY, s.FAULTED)]
    for state in State:
        if state is not s.EMERGENCY:
            table[state, e.EMERGENCY_STOP] = to(s.EMERGENCY, "emergency")
    table[s.EMERGENCY, e.EMERGENCY_RELEASED] = to(s.STOPPED, "emergency_released")
    for state in calm:
        table[state, e.FAULT] = to(s.FAULTED, "fault")
        table[state, e.STOP] = to(s.STOPPED)
        table[state, e.DRIVE] = to(s.DRIVING)
        table[state, e.FOLLOW] = to(s.FOLLOWING, "following")
        table[state, e.APPROACH] = to(s.APPROACHING, "approaching")
        if state is not s.STOPPED:
            table[state, e.GATE_RESET] = to(s.STOPPED, "gate_reset")
            table[state, e.TIME_UP] = to(s.STOPPED, "time_up")
    table[s.FAULTED, e.FAULT_CLEARED] = to(s.STOPPED, "fault_cleared")
    for state in MOVING:
        table[state, e.WAIT] = to(s.WAITING, "waiting")
        table[state, e.BLOCKED] = to(s.STOPPED, "blocked")
    for state in (s.AT_SIGN, s.FOR_PERSON):
        table[state, e.WAIT] = to(s.WAITING, "waiting")
    table[s.WAITING, e.GO_ON] = to(RESUME)
    table[s.AT_SIGN, e.GO_ON] = to(s.DRIVING)
    table[s.DRIVING, e.SIGN_NEAR] = to(s.AT_SIGN, "stop_sign")
    table[s.AT_SIGN, e.SIGN_DONE] = to(s.DRIVING)
    table[s.DRIVING, e.PERSON_IN_PATH] = to(s.FOR_PERSON, "person_in_path")
    table[s.FOR_PERSON, e.PATH_CLEAR] = to(s.DRIVING)
    table[s.DRIVING, e.MANOEUVRE_DONE] = to(s.STOPPED)
    for state in (s.FOLLOWING, s.APPROACHING):
        table[state, e.TARGET_LOST] = to(s.STOPPED, "target_lost")
    table[s.APPROACHING, e.TARGET_REACHED] = to(s.STOPPED, "target_reached")
    return table


TABLE: dict[tuple[State, Event], Transition] = _table()


class StateMachine:
    """Holds the state and, while waiting, what to resume."""

    def __init__(self) -> None:
        self.state = State.STOPPED
        self.resume = State.DRIVING

    def handle(self, event: Event) -> Transition | None:
        """Follow the table; None when the event means nothing in this state."""
        transition = TABLE.get((self.state, event))
        if transition is None:
            return None
        if event is Event.WAIT:
            # Waiting at a sign or for a person was driving before.
            self.resume = self.state if self.state in MOVING else State.DRIVING
        target = transition.target
        self.state = target if isinstance(target, State) else self.resume
        return transition


def ignored() -> dict[State, list[Event]]:
    """The events that mean nothing in each state."""
    return {state: [event for event in Event if (state, event) not in TABLE] for state in State}


def markdown() -> str:
    """The table and the diagram of docs/controller.md."""
    lines = ["| state | event | next | says |", "|---|---|---|---|"]
    order = list(State)
    for (state, event), transition in sorted(TABLE.items(), key=lambda row: order.index(row[0][0])):
        lines.append(f"| {state.value} | {event.value} | {transition.target.value} | {transition.say} |")
    lines += ["", "Every other event is ignored:", "", "| state | ignored events |", "|---|---|"]
    lines += [
        f"| {state.value} | {', '.join(event.value for event in events)} |" for state, events in ignored().items()
    ]
    lines += ["", "```mermaid", "stateDiagram-v2", "    [*] --> stopped"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), transition in TABLE.items():
        # The rows that hold in nearly every state would hide the others.
        if event not in (Event.EMERGENCY_STOP, Event.FAULT, Event.STOP, Event.GATE_RESET, Event.TIME_UP):
            targets = [transition.target] if isinstance(transition.target, State) else list(MOVING)
            for target in targets:
                if target is not state:
                    arrows.setdefault((state.value, target.value), []).append(event.value)
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in arrows.items()]
    lines += ["```", "", "Not drawn: stop, time up and «gate wants neutral» lead to stopped, a fault to faulted, an"]
    lines += ["emergency stop to emergency, as the table says."]
    return "\n".join(lines) + "\n"
