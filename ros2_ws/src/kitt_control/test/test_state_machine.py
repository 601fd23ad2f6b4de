"""Every state with every event, and the generated page."""

from __future__ import annotations

import itertools

import pytest

from kitt_control import events
from kitt_control.phrases import PHRASES, say
from kitt_control.reasons import Reason
from kitt_control.state_machine import MOVING, RESUME, TABLE, Event, State, StateMachine, ignored

S, E = State, Event
CALM = set(State) - {S.EMERGENCY, S.FAULTED}
# Written by hand, not derived from the table: event, from which states, to where.
EXPECTED = [
    (E.EMERGENCY_STOP, set(State) - {S.EMERGENCY}, S.EMERGENCY),
    (E.EMERGENCY_RELEASED, {S.EMERGENCY}, S.STOPPED),
    (E.FAULT, CALM, S.FAULTED),
    (E.FAULT_CLEARED, {S.FAULTED}, S.STOPPED),
    (E.STOP, CALM, S.STOPPED),
    (E.DRIVE, CALM, S.DRIVING),
    (E.FOLLOW, CALM, S.FOLLOWING),
    (E.APPROACH, CALM, S.APPROACHING),
    (E.WAIT, {S.DRIVING, S.FOLLOWING, S.APPROACHING, S.AT_SIGN, S.FOR_PERSON}, S.WAITING),
    (E.GO_ON, {S.WAITING}, RESUME),
    (E.GO_ON, {S.AT_SIGN}, S.DRIVING),
    (E.SIGN_NEAR, {S.DRIVING}, S.AT_SIGN),
    (E.SIGN_DONE, {S.AT_SIGN}, S.DRIVING),
    (E.PERSON_IN_PATH, {S.DRIVING}, S.FOR_PERSON),
    (E.PATH_CLEAR, {S.FOR_PERSON}, S.DRIVING),
    (E.TARGET_LOST, {S.FOLLOWING, S.APPROACHING}, S.STOPPED),
    (E.TARGET_REACHED, {S.APPROACHING}, S.STOPPED),
    (E.MANOEUVRE_DONE, {S.DRIVING}, S.STOPPED),
    (E.TIME_UP, CALM - {S.STOPPED}, S.STOPPED),
    (E.GATE_RESET, CALM - {S.STOPPED}, S.STOPPED),
    (E.BLOCKED, {S.DRIVING, S.FOLLOWING, S.APPROACHING}, S.STOPPED),
]


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_state_and_event(state, event):
    machine = StateMachine()
    machine.state, machine.resume = state, S.FOLLOWING
    targets = [to for e, sources, to in EXPECTED if e is event and state in sources]
    transition = machine.handle(event)
    if not targets:
        assert transition is None
        assert machine.state is state
        assert event in ignored()[state]
    else:
        assert transition is not None
        assert machine.state is (S.FOLLOWING if targets[0] is RESUME else targets[0])
        assert event not in ignored()[state]


@pytest.mark.parametrize("moving", sorted(MOVING, key=lambda state: state.value))
def test_waiting_resumes_what_was_done(moving):
    machine = StateMachine()
    machine.state = moving
    machine.handle(E.WAIT)
    machine.handle(E.GO_ON)
    assert machine.state is moving


@pytest.mark.parametrize("waiting", [S.AT_SIGN, S.FOR_PERSON])
def test_waiting_by_order_at_a_sign_resumes_driving(waiting):
    machine = StateMachine()
    machine.state, machine.resume = waiting, S.FOLLOWING
    machine.handle(E.WAIT)
    machine.handle(E.GO_ON)
    assert machine.state is S.DRIVING


def test_only_a_command_or_a_resumption_leads_from_rest_to_motion():
    for (state, event), transition in TABLE.items():
        if transition.target in MOVING and state in (S.STOPPED, S.EMERGENCY, S.FAULTED):
            assert state is S.STOPPED
            assert event in (E.DRIVE, E.FOLLOW, E.APPROACH)


def test_every_state_is_reachable_and_can_be_left():
    reached, grown = {S.STOPPED}, True
    while grown:
        targets = {t.target for (s, _), t in TABLE.items() if s in reached and isinstance(t.target, State)}
        grown = not targets <= reached
        reached |= targets
    assert reached == set(State)
    assert {state for state, _ in TABLE} == set(State)


def test_phrases_are_whole_in_three_languages():
    for key, forms in PHRASES.items():
        assert set(forms) == {"en", "fr", "es"}, key
        fields = [sorted(part.split("}")[0] for part in form.split("{")[1:]) for form in forms.values()]
        assert fields[0] == fields[1] == fields[2], key
    assert {transition.say for transition in TABLE.values()} - {""} <= set(PHRASES)
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


def test_codes_are_unique_and_found_again():
    assert all(Reason.from_code(reason.code) is reason for reason in Reason)
    assert Reason.from_code("nonsense") is None
    assert all(reason.allowed or reason.remedy for reason in Reason)
