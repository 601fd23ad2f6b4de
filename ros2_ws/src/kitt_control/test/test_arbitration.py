"""Who drives: stick, spoken, typed and autonomous motion; the deadman; a stop from anyone."""

from __future__ import annotations

import math

import pytest
from street import Street, Thing

from kitt_control.arbitration import driver_of, may_take_over
from kitt_control.commands import Command
from kitt_control.state_machine import State


def hold(street: Street, seconds: float, linear: float, angular: float = 0.0) -> None:
    """The stick is held so long; it sends at 20 Hz."""
    for _ in range(round(seconds / 0.05)):
        street.push(linear, angular)
        street.run(0.05)


def test_the_stick_drives_while_it_is_held_and_the_deadman_stops():
    street = Street()
    hold(street, 1.0, 0.7, 0.2)
    assert street.out is not None
    assert (street.out.state, street.out.driver) == (State.MANUAL, "joystick")
    assert (street.out.desired.linear, street.out.desired.angular) == (0.7, 0.2)
    assert street.out.cause.command is not None
    assert street.out.cause.command.source == "joystick"
    assert street.out.cause.command.end == pytest.approx(street.ros - 0.05)
    street.run(0.25)  # no word for 0.3 s
    assert street.out.state is State.MANUAL
    out = street.run(0.15)
    assert (out.state, out.desired.linear, out.driver) == (State.STOPPED, 0.0, "none")


def test_of_two_operators_the_newer_word_counts_and_a_stop_of_either():
    street = Street()
    street.run(0.1)
    for _ in range(3):  # within one tick
        assert street.say("go", source="speech") == ""
        assert street.say("back", source="console") == ""
    out = street.run(0.1)
    assert (out.driver, out.desired.linear < 0.0) == ("console", True)
    assert street.say("stop", source="speech") == ""
    assert street.run(0.1).state is State.STOPPED
    assert street.say("go", source="console") == ""  # given after the stop
    assert street.say("stop", source="text") == ""
    assert street.run(1.0).state is State.STOPPED
    hold(street, 0.3, 0.5)
    assert street.say("go", source="speech") == "refused_manual"  # the stick goes before both
    assert street.say("stop", source="console") == ""
    hold(street, 0.3, 0.5)
    assert (street.c.state, street.v) == (State.STOPPED, 0.0)


@pytest.mark.parametrize("which", ["stamp", "receipt", "future"])
def test_an_old_or_future_command_of_the_stick_moves_nothing(which):
    street = Street()
    street.push(0.7)
    assert street.stick is not None
    stale = {"stamp": (street.ros - 0.31, street.now), "receipt": (street.ros, street.now - 0.31),
             "future": (street.ros + 0.5, street.now)}[which]  # fmt: skip
    street.stick = type(street.stick)(street.stick.twist, *stale)
    assert street.run(0.05).state is State.STOPPED


def test_a_stick_at_rest_takes_nothing_over_and_one_that_rests_lets_go():
    street = Street()
    street.say("go")
    hold(street, 1.0, 0.0)
    assert street.c.state is State.DRIVING
    hold(street, 0.5, -0.4)
    assert (street.c.state, street.v) == (State.MANUAL, -0.4)
    hold(street, 0.8, 0.0)
    assert (street.c.state, street.v) == (State.MANUAL, 0.0)
    hold(street, 0.5, 0.0)
    assert street.c.state is State.STOPPED  # and what was driven before is not resumed
    hold(street, 1.0, 0.0)
    assert street.c.state is State.STOPPED


def test_nonsense_from_the_stick_is_a_fault_and_no_motion():
    street = Street()
    for value in (math.nan, math.inf):
        street.push(value)
        out = street.run(0.05)
        assert (out.state, out.desired.linear) == (State.STOPPED, 0.0)
        assert [fault.code for fault in out.faults] == ["manual_invalid"]
    hold(street, 0.2, 0.5)
    street.push(math.nan)
    assert street.run(0.05).desired.linear == 0.0


def test_spoken_and_typed_motion_is_refused_while_somebody_steers():
    street = Street()
    hold(street, 0.2, 0.5)
    for order in ("go", "follow me", "park", "wait", "go on", "patrol", "good night"):
        assert street.say(order) == "refused_manual", order
        hold(street, 0.2, 0.5)
    assert street.c.state is State.MANUAL
    assert "I cannot: somebody steers by hand." in street.said


@pytest.mark.parametrize("source", ["speech", "text", "console", "some program"])
def test_a_stop_from_anyone_wins_until_the_stick_was_let_go(source):
    street = Street()
    hold(street, 0.5, 0.5)
    assert street.say("stop", source=source) == ""
    hold(street, 2.0, 0.5)
    assert (street.c.state, street.v) == (State.STOPPED, 0.0)
    hold(street, 0.1, 0.0)  # at rest
    hold(street, 0.2, 0.5)
    assert (street.c.state, street.v) == (State.MANUAL, 0.5)
    street.say("stop", source=source)
    hold(street, 0.5, 0.5)
    street.run(0.4)  # let go
    hold(street, 0.2, 0.5)
    assert street.c.state is State.MANUAL


def test_faults_and_emergency_stop_hold_for_the_stick_too_and_it_must_be_let_go_after_them():
    for gate, emergency, state in (("clock_jump", False, State.FAULTED), ("emergency_stop", True, State.EMERGENCY)):
        street = Street()
        hold(street, 0.5, 0.5)
        street.gate, street.emergency = gate, emergency
        hold(street, 0.5, 0.5)
        assert (street.c.state, street.v) == (state, 0.0)
        street.gate, street.emergency = "ok", False
        hold(street, 0.5, 0.5)
        assert (street.c.state, street.v) == (State.STOPPED, 0.0)
        street.run(0.4)
        hold(street, 0.2, 0.5)
        assert street.c.state is State.MANUAL


def test_the_stick_takes_over_from_every_motion():
    for order in ("go", "follow me", "come here", "look around", "park"):
        street = Street()
        street.things = [Thing("person", 9.0, 1.9, "1"), Thing("car", 20.0, 0.0, "c")]
        street.run(0.1)
        assert street.say(order) == ""
        hold(street, 0.1, 0.3)
        assert (street.c.state, street.c.target, street.c.parking) == (State.MANUAL, None, None)


@pytest.mark.parametrize(
    ("new", "active", "takes"),
    [
        (("go", "speech"), None, True),
        (("go", "some program"), None, True),
        (("go", "speech"), ("go", "text"), True),
        (("go", "text"), ("go", "speech"), True),
        (("go", "some program"), ("go", "speech"), False),
        (("go", "some program"), ("patrol", "speech"), True),
        (("go", "speech"), ("go", "some program"), True),
    ],
)
def test_priorities(new, active, takes):
    held = None if active is None else Command(active[0], source=active[1])
    assert may_take_over(Command(new[0], source=new[1]), held) is takes


def test_drivers():
    assert driver_of(None) == "none"
    assert driver_of(Command("go", source="speech")) == "speech"
    assert driver_of(Command("go", source="odd")) == "autonomous"
    assert driver_of(Command("patrol", source="text")) == "autonomous"


def test_a_program_does_not_take_over_spoken_motion_but_drives_when_nobody_does():
    street = Street()
    street.say("go", source="speech")
    assert street.run(0.2).driver == "speech"
    assert street.say("back", source="routine") == "refused_driver"
    assert street.run(0.2).state is State.DRIVING
    street.say("stop", source="routine")  # but its stop counts
    assert street.run(0.2).driver == "none"
    assert street.say("back", source="routine") == ""
    assert street.run(0.2).driver == "autonomous"
    assert street.say("go", source="speech") == ""
    assert street.run(0.2).driver == "speech"
