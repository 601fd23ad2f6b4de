"""Commands that come while another is carried out, twice, in another language, broken, old or doubtful."""

from __future__ import annotations

import itertools
import math

import pytest
from street import Street, Thing

from kitt_control.state_machine import State
from kitt_text.grammar import SlotValue

ORDERS = {
    "go": State.DRIVING, "forward two meters": State.DRIVING, "back": State.DRIVING, "turn left": State.DRIVING,
    "follow me": State.FOLLOWING, "come here": State.APPROACHING, "look around": State.LOOKING,
    "find the dog": State.LOOKING, "park": State.PARKING, "patrol": State.PATROLLING,
}  # fmt: skip


STOPS = ("stop", "halt", "arrête-toi", "para", "alto")


def busy(order: str) -> Street:
    """A street in which an order is being carried out."""
    street = Street()
    street.c.route.places = [(0.0, 0.0), (30.0, 0.0)]
    street.things = [Thing("person", 9.0, 2.2, "1"), Thing("car", 25.0, 0.0, "c")]
    street.run(0.1)
    assert street.say(order) == ""
    assert street.run(0.3).state is ORDERS[order]
    return street


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ORDERS, ORDERS)))
def test_a_new_motion_replaces_the_one_that_is_carried_out(first, second):
    street = busy(first)
    assert street.say(second) == ""
    out = street.run(0.1)
    assert out.state is ORDERS[second]
    assert out.cause.command is not None
    assert out.cause.command.text == second
    c = street.c
    held = {"manoeuvre": c.manoeuvre, "target": c.target, "search": c.search, "parking": c.parking}
    mine = {
        State.FOLLOWING: "target", State.APPROACHING: "target", State.LOOKING: "search", State.PARKING: "parking",
    }.get(out.state)  # fmt: skip
    for name, thing in held.items():  # nothing of the old one is left
        if name != "manoeuvre" or out.state is not State.DRIVING:
            assert (thing is not None) == (name == mine), name


@pytest.mark.parametrize(("order", "word"), list(itertools.product(ORDERS, STOPS)))
def test_stop_ends_everything_in_three_languages_and_nothing_resumes_it(order, word):
    street = busy(order)
    assert street.say(word) == ""
    out = street.c.tick(street.world())
    assert (out.desired.linear, out.desired.angular) == (0.0, 0.0)
    assert street.say("go on") == "refused_nothing"
    assert street.run(3.0).state is State.STOPPED
    assert street.c.active is None


@pytest.mark.parametrize("order", ORDERS)
def test_questions_and_pace_meanwhile_do_not_disturb_the_motion(order):
    street = busy(order)
    for text in ("what do you see", "faster", "lights on", "how are you", "slower", "yes"):
        assert street.say(text) == ""
    assert street.run(0.1).state is ORDERS[order]


@pytest.mark.parametrize("order", ORDERS)
def test_wait_and_go_on_resume_it(order):
    street = busy(order)
    street.say("wait")
    assert street.run(2.0).state is State.WAITING
    street.say("go on")
    assert street.run(0.1).state is ORDERS[order]


REFUSED: list[dict[str, object]] = [
    {"age": 1.2}, {"age": -0.5}, {"confidence": 0.2}, {"confidence": math.nan}, {"name": ""},
    {"slots": (SlotValue("distance", "x", math.nan),)},
]  # fmt: skip


@pytest.mark.parametrize(("order", "changes"), list(itertools.product(ORDERS, REFUSED)))
def test_what_is_refused_meanwhile_changes_nothing(order, changes):
    street = busy(order)
    was, speed, age = street.c.active, street.c.speed, changes.get("age", 0.0)
    others = {name: value for name, value in changes.items() if name != "age"}
    for text in ("back", "recule", "atrás", "follow me", "wait", "faster"):
        assert street.say(text, end=street.ros - age, begin=street.ros - 2.0, **others) != "", text
        assert street.run(0.05).state is ORDERS[order]
        assert (street.c.active, street.c.speed) == (was, speed)


def test_said_twice_it_starts_anew():
    street = Street()
    street.run(0.1)
    street.say("forward two meters")
    street.run(1.0)
    went = street.x
    street.say("forward two meters")
    assert street.run(10.0).state is State.STOPPED
    assert street.x == pytest.approx(went + 2.0, abs=0.1)


def test_wait_said_twice_waits_as_last_said():
    street = Street()
    street.say("go")
    street.run(0.5)
    street.say("wait")
    street.run(1.0)
    street.say("wait two seconds")
    assert street.run(1.8).state is State.WAITING
    assert street.run(0.5).state is State.DRIVING


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [("suis-moi", "en", "Je vais suivre la personne."), ("sígueme", "fr", "Voy a seguir a la persona."),
     ("follow me", "es", "Following the person.")],
)  # fmt: skip
def test_a_command_in_another_language_than_the_one_set_is_obeyed_and_answered_in_its_own(text, language, answer):
    street = Street()
    street.c.language = language
    street.things = [Thing("person", 6.0, 0.0)]
    street.run(0.1)
    assert street.say(text) == ""
    assert street.run(0.1).state is State.FOLLOWING
    assert street.said == [answer]


def test_a_refused_forward_does_not_happen_when_the_way_clears():
    street = Street()
    street.things = [Thing("person", 4.0, 0.0)]
    street.run(0.2)
    assert street.say("forward") == "refused_person"
    street.things = []
    assert street.run(5.0).state is State.STOPPED
    assert street.x == 0.0
    assert street.say("forward") == ""
    assert street.run(0.2).state is State.DRIVING


def test_time_that_stood_still_does_not_count_against_a_manoeuvre():
    street = Street()
    street.run(0.1)
    street.say("forward for two seconds")
    street.run(1.0)
    street.say("wait")
    street.run(30.0)
    street.say("go on")
    assert street.run(0.9).state is State.DRIVING
    assert street.run(0.3).state is State.STOPPED
    assert street.x == pytest.approx(1.5 * 2.0, abs=0.2)


def test_from_one_pause_to_another_the_whole_pause_does_not_count():
    street = Street()
    street.run(0.1)
    street.say("forward for three seconds")
    street.run(1.0)
    street.things = [Thing("person", street.x + 4.0, 0.0)]
    assert street.run(5.0).state is State.FOR_PERSON
    street.say("wait")
    assert street.run(5.0).state is State.WAITING
    street.things = []
    street.run(0.6)
    street.say("go on")
    assert street.run(1.5).state is State.DRIVING
    assert street.run(0.7).state is State.STOPPED


def test_a_new_timed_motion_after_a_wait_takes_its_own_time():
    street = Street()
    street.run(0.1)
    street.say("go")
    street.run(0.5)
    street.say("wait")
    street.run(20.0)
    street.say("forward for two seconds")
    assert street.run(1.9).state is State.DRIVING
    assert street.run(0.3).state is State.STOPPED
