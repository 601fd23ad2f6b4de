"""Bad commands, faults, emergency stop: what makes the car stand, and that it keeps standing."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street import Street, Thing

from kitt_control.commands import AHEAD, HARMLESS, Command
from kitt_control.state_machine import State
from kitt_text.grammar import SlotValue, Understanding, default_grammar


@pytest.mark.parametrize("name", sorted(set(default_grammar().commands) - HARMLESS - {"stop"}))
def test_what_a_network_made_of_a_text_moves_nothing(name):
    wish = Understanding(name, (), "en", 1.0, "roll a little, would you", exact=False)
    command = Command.of(wish, "text", 0.0, 0.0)
    assert command.name == ""
    street = Street()
    street.run(0.1)
    assert street.say(command.name) == "refused_unknown"
    assert street.run(0.5).desired.linear == 0.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end": 0.0}, "refused_old"),
        ({"end": math.nan}, "refused_old"),
        ({"end": 1e12}, "refused_old"),
        ({"begin": math.nan}, "refused_old"),
        ({"begin": 1e12}, "refused_old"),  # begins after its end
        ({"begin": 0.0, "source": "speech"}, "refused_old"),
        ({"begin": 0.0}, ""),
        ({"confidence": 0.49}, "refused_unsure"),
        ({"confidence": math.nan}, "refused_unsure"),
        ({"name": ""}, "refused_unknown"),
        ({"slots": (SlotValue("distance", "x", math.nan),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", math.inf),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", -1.0),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", 0.0),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", 50.1),)}, "refused_value"),
        *(
            ({"slots": (SlotValue(kind, "x", value),)}, "refused_value")
            for kind in ("angle", "duration")
            for value in (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e9)
        ),
        ({"slots": (SlotValue("distance", "x", 1.0), SlotValue("duration", "x", math.nan))}, "refused_value"),
        ({"slots": (SlotValue("number", "x", math.nan),)}, "refused_value"),
        ({"slots": (SlotValue("object", "unicorn"),)}, "refused_unknown"),
        ({"name": "park"}, "refused_no_car"),
        ({"name": "number"}, "refused_not_yet"),
        ({"name": "up"}, "refused_not_yet"),
        ({"name": "never_heard_of"}, "refused_not_yet"),
        ({"confidence": 0.5}, ""),
        ({"slots": (SlotValue("distance", "x", 50.0),)}, ""),
    ],
)
def test_bad_commands_are_refused_aloud_and_stop_never(changes, reason):
    street = Street()
    street.run(0.1)
    assert street.say("forward", **changes) == reason
    moves = street.run(0.5).desired.linear > 0.0
    assert moves == (reason == "")
    assert bool(street.said) == (reason != "")
    street.say("go")
    assert street.say("stop", **{k: v for k, v in changes.items() if k != "name"}) == ""
    assert street.run(0.1).state is State.STOPPED


def test_the_age_of_a_command_at_its_boundary():
    street = Street()
    street.now = 24.0
    street.run(0.1)
    ages = {1.0: "", 1.0 + 2**-20: "refused_old", -AHEAD / 2: "", -AHEAD - 2**-20: "refused_old"}
    for age, reason in ages.items():
        assert street.say("go", begin=0.0, end=street.ros - age) == reason


def test_emergency_stop_and_its_release():
    street = Street()
    street.say("go")
    street.run(0.5)
    street.emergency, street.gate = True, "emergency_stop"
    assert street.run(0.05).state is State.EMERGENCY
    assert street.say("go") == "refused_emergency"
    assert street.run(1.0).state is State.EMERGENCY
    street.emergency, street.gate = False, "ok"
    assert street.run(1.0).state is State.STOPPED
    street.say("go")
    assert street.run(0.1).state is State.DRIVING


@pytest.mark.parametrize(
    ("break_it", "mend", "at_once"),
    [
        (lambda s: setattr(s, "gate", "scan_stale"), lambda s: setattr(s, "gate", "ok"), False),
        (lambda s: setattr(s, "gate", "clock_jump"), lambda s: setattr(s, "gate", "ok"), True),
        (lambda s: setattr(s, "gate", None), lambda s: setattr(s, "gate", "ok"), False),
        (lambda s: setattr(s, "sight", False), lambda s: setattr(s, "sight", True), False),
        (lambda s: setattr(s, "wheels", False), lambda s: setattr(s, "wheels", True), False),
    ],
)
def test_faults_stop_the_car_and_their_end_does_not_start_it(break_it, mend, at_once):
    street = Street()
    street.say("go")
    street.run(1.0)
    break_it(street)
    assert street.run(0.5).state is (State.FAULTED if at_once else State.DRIVING)
    assert street.run(0.8).state is State.FAULTED
    assert street.say("go") == "refused_fault"
    mend(street)
    assert street.run(1.0).state is State.STOPPED
    assert street.say("go") == ""


def test_a_short_doubt_of_the_gate_is_ridden_out():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.gate = "tracks_stale"
    street.run(0.9)
    street.gate = "recovering"
    street.run(0.3)
    street.gate = "ok"
    assert street.run(1.0).state is State.DRIVING


def test_a_new_gate_wants_a_new_command():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.gate = "neutral_required"
    assert street.run(0.1).state is State.STOPPED
    street.gate = "standing"
    assert street.run(1.0).state is State.STOPPED


def test_blocked_too_long():
    street = Street(blocked_time=5.0)
    street.say("go")
    street.run(1.0)
    street.gate = "obstacle"
    assert street.run(4.9).state is State.DRIVING
    assert street.run(0.3).state is State.STOPPED


def test_a_flood_of_commands_is_not_obeyed_but_a_stop_in_it_is():
    street = Street()
    street.run(0.1)
    assert [street.say("go") for _ in range(12)] == [""] * 10 + ["flood"] * 2
    assert "commands_flood" in [f.code for f in street.run(0.05).faults]
    assert street.c.state is State.DRIVING
    assert street.say("stop") == ""
    assert street.run(2.0).state is State.STOPPED
    assert street.say("go") == ""


def test_a_clock_that_went_back_makes_old_data_worthless_and_signs_new():
    street = Street()
    street.things = [Thing("stop sign", 12.0, -2.0)]
    street.say("go")
    street.run(12.0)
    assert street.states[-2:] == [State.AT_SIGN, State.DRIVING]
    frame, odom = street.world().frame, street.world().odom
    street.now -= 50.0  # the simulator began anew
    old = dataclasses.replace(street.world(), frame=frame, odom=odom)
    assert {fault.code for fault in street.c.tick(old).faults} == {"odom_silent", "tracks_silent"}
    street.x, street.states = 0.0, []
    assert street.run(0.1).state is State.STOPPED
    street.say("go")
    street.run(12.0)
    assert State.AT_SIGN in street.states


WORDS = st.sampled_from(
    ["go", "stop", "forward two meters", "back", "left", "follow me", "go to the dog", "wait", "go on", "faster",
     "what do you see", "nonsense", "park", "good night", "come here", "wake up", "remember this place", "patrol",
     "forget all places", "look around", "find the dog", "lights on", "how are you"]
)  # fmt: skip
CHANGE = st.sampled_from(["person", "nobody", "blind", "seeing", "obstacle", "ok", "emergency", "released", "no odom",
                          "odom", "scan_stale", "neutral_required", "push", "let go", "nonsense stick", "bumper",
                          "battery_low", "microphone_dead", "well", "car", "red", "step"])  # fmt: skip


def change(street: Street, what: str) -> None:
    """Let something happen to the street."""
    if what in ("person", "nobody", "car", "red"):
        thing = Thing("traffic light" if what == "red" else what, street.x + 3.0, street.y, color="red")
        street.things = [] if what == "nobody" else [thing]
    elif what in ("push", "nonsense stick"):
        street.push(math.nan if what == "nonsense stick" else 0.5)
    elif what == "let go":
        street.stick = None
    elif what in ("bumper", "battery_low", "microphone_dead", "well"):
        street.troubles = () if what == "well" else (what,)
    elif what == "step":
        street.x += 4.0
    elif what in ("blind", "seeing"):
        street.sight = what == "seeing"
    elif what in ("no odom", "odom"):
        street.wheels = what == "odom"
    else:
        street.emergency = what == "emergency"
        street.gate = {"emergency": "emergency_stop", "released": "ok"}.get(what, what)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(WORDS.map(lambda w: ("say", w)), CHANGE.map(lambda c: ("change", c))), max_size=25))
def test_whatever_happens_it_stands_where_it_must(happenings):
    street = Street()
    for kind, what in happenings:
        if kind == "say":
            street.say(what)
            if what == "stop":
                assert street.c.tick(street.world()).desired.linear == 0.0
        else:
            change(street, what)
        out = street.run(0.5)
        assert math.isfinite(out.desired.linear)
        if street.emergency or (not street.wheels and out.state is not State.MANUAL):
            assert out.desired.linear == 0.0
        if out.state is State.ASLEEP or out.driver == "none":
            assert out.desired.linear == 0.0
        assert (out.driver == "none") == (out.state in (State.STOPPED, State.FAULTED, State.EMERGENCY, State.ASLEEP))
