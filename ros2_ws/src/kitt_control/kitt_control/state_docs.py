"""What the table of states means for docs/controller.md: rows, ignored events, unreachable states, a diagram."""

from __future__ import annotations

from kitt_control.state_machine import MOVING, Event, State, Table, transitions


def ignored(table: Table) -> dict[State, list[Event]]:
    """The events that mean nothing in each state."""
    return {state: [event for event in Event if (state, event) not in table] for state in State}


def unreachable(table: Table) -> set[State]:
    """The states to which no sequence of events leads from standing."""
    reached, grown = {State.STOPPED}, True
    while grown:
        more = {t.target for (state, _), t in table.items() if state in reached and isinstance(t.target, State)}
        grown = not more <= reached
        reached |= more
    return set(State) - reached


_EVERYWHERE = {
    Event.EMERGENCY_STOP, Event.FAULT, Event.STOP, Event.GATE_RESET, Event.TIME_UP, Event.MANUAL_TAKES, Event.SLEEP,
    Event.DRIVE, Event.FOLLOW, Event.APPROACH, Event.SEARCH, Event.PARK, Event.PATROL,
}  # fmt: skip
"""What means the same in nearly every state; drawn from «stopped» only, for its arrows would hide the others."""


def markdown() -> str:
    """The table and the diagram of docs/controller.md."""
    table = transitions()
    common = {event: {table[s, event] for s in State if (s, event) in table} for event in _EVERYWHERE}
    lines = ["| in | event | next | says |", "|---|---|---|---|"]
    for event in (e for e in Event if e in _EVERYWHERE):
        outside = [state.value for state in State if (state, event) not in table]
        (row,) = common[event]
        lines.append(f"| all but {', '.join(outside)} | {event.value} | {row.target.value} | {row.say} |")
    order = list(State)
    for (state, event), transition in sorted(table.items(), key=lambda row: order.index(row[0][0])):
        if event not in _EVERYWHERE:
            lines.append(f"| {state.value} | {event.value} | {transition.target.value} | {transition.say} |")
    nowhere = ", ".join(sorted(state.value for state in unreachable(table))) or "none"
    lines += ["", f"Unreachable states: {nowhere}. Every other event is ignored:", ""]
    lines += ["| state | ignored events |", "|---|---|"]
    lines += [f"| {s.value} | {', '.join(event.value for event in events)} |" for s, events in ignored(table).items()]
    return "\n".join([*lines, "", *_diagram(table)]) + "\n"


def _diagram(table: Table) -> list[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), transition in table.items():
        if event in _EVERYWHERE and state is not State.STOPPED:
            continue
        if isinstance(transition.target, State):
            targets = [transition.target]
        else:  # resumed is what may lead into this pause
            targets = [s for s in MOVING if any((s, e) in table and table[s, e].target is state for e in Event)]
        for target in targets:
            if target is not state:
                arrows.setdefault((state.value, target.value), []).append(event.value)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> stopped"]
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in arrows.items()]
    return [*lines, "```", "", "The events that mean the same in nearly every state are drawn from stopped only."]
