"""Every state with every event, and the generated page."""

from __future__ import annotations

import itertools

import pytest

from kitt_control import events, state_docs
from kitt_control.reasons import Reason
from kitt_control.state_machine import (
    MOVING,
    ON_THE_ROAD,
    PAUSING,
    RESUME,
    YIELDING,
    Event,
    State,
    StateMachine,
    transitions,
)
from kitt_text.phrases import PHRASES, say

S, E = State, Event
CALM = set(State) - {S.EMERGENCY, S.FAULTED, S.ASLEEP}
SELF = CALM - {S.MANUAL}  # where KITT itself drives or stands
MOVES = {S.DRIVING, S.FOLLOWING, S.APPROACHING, S.LOOKING, S.PARKING, S.PATROLLING}
PAUSES = {S.AT_SIGN, S.AT_LIGHT, S.FOR_PERSON, S.WAITING}
# Written by hand, not derived from the table: event, from which states, to where, what is said.
EXPECTED = [
    (E.EMERGENCY_STOP, CALM | {S.FAULTED}, S.EMERGENCY, "emergency"),
    (E.EMERGENCY_RELEASED, {S.EMERGENCY}, S.STOPPED, "emergency_released"),
    (E.FAULT, CALM, S.FAULTED, "fault"),
    (E.FAULT_CLEARED, {S.FAULTED}, S.STOPPED, "fault_cleared"),
    (E.STOP, CALM, S.STOPPED, ""),
    (E.DRIVE, SELF, S.DRIVING, ""),
    (E.FOLLOW, SELF, S.FOLLOWING, "following"),
    (E.APPROACH, SELF, S.APPROACHING, "approaching"),
    (E.SEARCH, SELF, S.LOOKING, "searching"),
    (E.PARK, SELF, S.PARKING, "parking"),
    (E.PATROL, SELF, S.PATROLLING, "patrolling"),
    (E.SLEEP, SELF, S.ASLEEP, "asleep"),
    (E.WAKE, {S.ASLEEP}, S.STOPPED, "awake"),
    (E.MANUAL_TAKES, SELF, S.MANUAL, ""),
    (E.MANUAL_ENDS, {S.MANUAL}, S.STOPPED, ""),
    (E.WAIT, MOVES | PAUSES, S.WAITING, "waiting"),
    (E.GO_ON, {S.WAITING, S.AT_SIGN, S.AT_LIGHT}, RESUME, ""),
    (E.SIGN_NEAR, {S.DRIVING, S.PATROLLING}, S.AT_SIGN, "stop_sign"),
    (E.SIGN_DONE, {S.AT_SIGN}, RESUME, ""),
    (E.LIGHT_RED, {S.DRIVING, S.PATROLLING}, S.AT_LIGHT, "red_light"),
    (E.LIGHT_GREEN, {S.AT_LIGHT}, RESUME, ""),
    (E.PERSON_IN_PATH, {S.DRIVING, S.PARKING, S.PATROLLING}, S.FOR_PERSON, "person_in_path"),
    (E.PATH_CLEAR, {S.FOR_PERSON}, RESUME, ""),
    (E.TARGET_LOST, {S.FOLLOWING, S.APPROACHING}, S.STOPPED, "target_lost"),
    (E.TARGET_REACHED, {S.APPROACHING}, S.STOPPED, "target_reached"),
    (E.FOUND, {S.LOOKING}, S.STOPPED, ""),
    (E.NOT_FOUND, {S.LOOKING}, S.STOPPED, ""),
    (E.PARKED, {S.PARKING}, S.STOPPED, "parked"),
    (E.PARKED_SHORT, {S.PARKING}, S.STOPPED, "parked_short"),
    (E.MANOEUVRE_DONE, {S.DRIVING}, S.STOPPED, ""),
    (E.TIME_UP, CALM - {S.STOPPED}, S.STOPPED, "time_up"),
    (E.GATE_RESET, CALM - {S.STOPPED}, S.STOPPED, "gate_reset"),
    (E.BLOCKED, MOVES, S.STOPPED, "blocked"),
]


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_state_and_event(state, event):
    machine = StateMachine()
    machine.state, machine.resume = state, S.FOLLOWING
    rows = [(to, said) for e, sources, to, said in EXPECTED if e is event and state in sources]
    transition = machine.handle(event)
    if not rows:
        assert transition is None
        assert machine.state is state
        assert event in state_docs.ignored(machine.table)[state]
        return
    ((target, said),) = rows
    assert transition is not None
    assert transition.target is target
    assert transition.say == said
    assert machine.state is (S.FOLLOWING if target is RESUME else target)
    assert event not in state_docs.ignored(machine.table)[state]
    assert machine.resume is (state if target in PAUSES and state in MOVES else S.FOLLOWING)


def test_the_classes_of_states():
    assert set(MOVING) == MOVES | {S.MANUAL}
    assert set(PAUSING) == PAUSES
    assert set(YIELDING) == {S.DRIVING, S.PARKING, S.PATROLLING}
    assert set(ON_THE_ROAD) == {S.DRIVING, S.PATROLLING}


def test_it_begins_standing_with_nothing_but_driving_to_resume():
    machine = StateMachine()
    assert (machine.state, machine.resume) == (S.STOPPED, S.DRIVING)


@pytest.mark.parametrize("moving", sorted(MOVES, key=lambda state: state.value))
def test_waiting_resumes_what_was_done(moving):
    machine = StateMachine()
    machine.state = moving
    machine.handle(E.WAIT)
    machine.handle(E.GO_ON)
    assert machine.state is moving


def test_from_one_pause_to_another_what_is_resumed_stays():
    machine = StateMachine()
    for event, state in ((E.PATROL, S.PATROLLING), (E.SIGN_NEAR, S.AT_SIGN), (E.WAIT, S.WAITING),
                         (E.WAIT, S.WAITING), (E.GO_ON, S.PATROLLING)):  # fmt: skip
        machine.handle(event)
        assert machine.state is state


def test_only_a_command_or_the_stick_leads_from_rest_to_motion():
    for (state, event), transition in transitions().items():
        if transition.target in MOVING and state in (S.STOPPED, S.EMERGENCY, S.FAULTED, S.ASLEEP):
            assert state is S.STOPPED
            assert event in (E.DRIVE, E.FOLLOW, E.APPROACH, E.SEARCH, E.PARK, E.PATROL, E.MANUAL_TAKES)


def test_every_state_is_reachable_and_can_be_left():
    table = transitions()
    assert state_docs.unreachable(table) == set()
    assert {state for state, _ in table} == set(State)
    cut = {row: to for row, to in table.items() if row[1] is not E.PARK}
    assert state_docs.unreachable(cut) == {S.PARKING}


def test_the_page_names_every_state_and_event_and_draws_a_diagram():
    page = state_docs.markdown()
    assert all(f"{state.value}" in page for state in State)
    assert all(f"| {event.value} |" in page for event in Event)
    assert "Unreachable states: none" in page
    assert "```mermaid" in page


def test_phrases_are_whole_in_three_languages():
    for key, forms in PHRASES.items():
        assert set(forms) == {"en", "fr", "es"}, key
        fields = [sorted(part.split("}")[0] for part in form.split("{")[1:]) for form in forms.values()]
        assert fields[0] == fields[1] == fields[2], key
    assert {transition.say for transition in transitions().values()} - {""} <= set(PHRASES)
    assert say("fault", "klingon", fault="x") == "I stop: x."


def test_every_doubt_of_the_gate_is_a_fault_with_words():
    not_faults = {
        Reason.EMERGENCY_STOP, Reason.RECOVERING, Reason.NEUTRAL_REQUIRED, Reason.REVERSING, Reason.BLIND,
        Reason.OBSTACLE, Reason.PERSON,
    }  # fmt: skip
    doubts = {reason.code for reason in Reason if not reason.allowed and reason not in not_faults}
    assert doubts <= set(events.FAULTS)
    for row in events.FAULTS.values():
        assert set(row.words) == {"en", "fr", "es"}
        assert row.remedy
        assert row.say("klingon") == row.words["en"]


def test_codes_are_unique_and_each_refusal_has_a_remedy():
    assert len({reason.code for reason in Reason}) == len(Reason)
    assert all(reason.allowed or reason.remedy for reason in Reason)
