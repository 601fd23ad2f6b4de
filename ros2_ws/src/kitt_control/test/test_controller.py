"""Behaviours against a small world in which the car does as wished."""

from __future__ import annotations

import dataclasses
import math

import pytest
from street import CAMERA, Street, Thing

from kitt_control.state_machine import State
from kitt_control.world import TrackFrame


def test_stands_until_told():
    street = Street()
    assert street.run(2.0).state is State.STOPPED
    assert (street.x, street.yaw) == (0.0, 0.0)


def test_go_and_stop():
    street = Street()
    assert street.say("go") == ""
    out = street.run(4.0)
    assert out.state is State.DRIVING
    assert street.x == pytest.approx(1.5 * 4.0)
    assert out.cause.command is not None
    assert out.cause.command.text == "go"
    assert out.cause.frame_stamp == pytest.approx(street.ros - 0.05)
    assert street.say("arrête") == ""
    assert street.c.tick(street.world()).desired.linear == 0.0
    assert street.run(1.0).state is State.STOPPED


def test_heading_is_held():
    street = Street()
    street.yaw = 0.2
    street.say("go")
    street.run(0.5)
    street.yaw += 0.3
    street.run(6.0)
    assert street.yaw == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    ("text", "x", "yaw"),
    [
        ("forward two meters", 2.0, 0.0),
        ("avance de deux mètres cinquante", 2.5, 0.0),
        ("back", -1.0, 0.0),
        ("recule de deux mètres", -2.0, 0.0),
        ("left ninety degrees", None, math.pi / 2),
        ("à droite", None, -math.pi / 2),
        ("demi-tour", None, math.pi),
        ("left 720 degrees", None, 4 * math.pi),
        ("forward for two seconds", 3.0, 0.0),
        ("right for two seconds", None, -0.8),
    ],
)
def test_manoeuvres_end_where_they_should(text, x, yaw):
    street = Street()
    assert street.say(text) == ""
    assert street.run(50.0).state is State.STOPPED
    assert x is None or street.x == pytest.approx(x, abs=0.1)
    assert street.yaw == pytest.approx(yaw, abs=0.06)


def test_a_turn_while_driving_goes_on_driving_the_new_way():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.say("turn left")
    assert street.run(12.0).state is State.DRIVING
    assert street.yaw == pytest.approx(math.pi / 2, abs=0.05)


def test_a_manoeuvre_that_does_not_get_on_is_given_up():
    street = Street()
    street.say("forward one meter")
    for _ in range(30):
        street.run(0.5)
        street.x = street.y = 0.0
    assert State.STOPPED in street.states
    assert any("too long" in text for text in street.said)


def test_faster_and_slower_stay_in_their_limits():
    street = Street()
    street.say("go")
    street.say("faster")
    assert street.run(0.1).desired.linear == pytest.approx(1.5 * 1.25)
    for _ in range(20):
        street.say("faster")
        street.run(0.15)
    assert street.run(0.1).desired.linear == 2.5
    for _ in range(40):
        street.say("plus lentement")
        street.run(0.15)
    assert street.run(0.1).desired.linear == 0.3


def test_stops_once_at_a_stop_sign_and_goes_on():
    street = Street()
    street.things = [Thing("stop sign", 20.0, -2.5)]
    street.say("go")
    street.run(12.6)
    assert street.states == [State.DRIVING, State.AT_SIGN]
    gap = 20.0 - street.x - street.c.p.front
    assert 2.0 <= gap <= 4.0
    street.things[0].id = "2"  # the tracker gives it a new id
    stood = street.x
    street.run(20.0)
    assert street.states == [State.DRIVING, State.AT_SIGN, State.DRIVING]
    assert street.x > stood + 10.0
    assert street.said.count("Stop sign.") == 1


def test_the_full_stop_takes_two_seconds():
    street = Street()
    street.things = [Thing("stop sign", 12.0, -2.0)]
    street.say("go")
    standing = 0
    for _ in range(400):
        standing += street.run(0.05).state is State.AT_SIGN
    assert 2.0 <= standing * 0.05 <= 2.6


def test_a_sign_that_leaves_the_picture_is_still_obeyed_and_a_second_sign_too():
    street = Street()
    street.things = [Thing("stop sign", 14.0, -3.5), Thing("stop sign", 40.0, -2.0, "9")]
    street.say("go")
    street.run(40.0)
    assert street.states == [State.DRIVING, State.AT_SIGN, State.DRIVING, State.AT_SIGN, State.DRIVING]


def test_a_flickering_or_weak_or_distant_or_far_aside_sign_is_none():
    for thing, sign_frames in ((Thing("stop sign", 12.0, -2.0), 10_000), (Thing("stop sign", 12.0, 6.0), 3)):
        street = Street(sign_frames=min(sign_frames, 30), sign_min_score=0.9 if sign_frames > 3 else 0.4)
        street.things = [thing]
        street.say("go")
        street.run(15.0)
        assert street.states == [State.DRIVING]


def test_who_walks_out_of_the_path_counts_by_their_middle_and_who_stands_there_by_their_limbs():
    """One box 0.75 m beside the axis: its inner edge lies within the path, its middle less half a body does not."""
    for speed, waits in ((0.0, True), (1.3, False), (-1.3, True)):
        street = Street()
        person = Thing("person", 5.0, 1.3 - 0.4 * speed)
        street.things = [person]
        watch = street.c.people
        for _ in range(9):
            frame = TrackFrame(street.ros, street.see())
            watch.update(frame, CAMERA, 0.0, street.now, street.c.p)
            person.y += speed * 0.05
            street.now += 0.05
        box = street.box(dataclasses.replace(person, y=1.3))
        wide = dataclasses.replace(box, w=2.2 * box.w)  # a leg trails behind
        watch.update(TrackFrame(street.ros, (wide,)), CAMERA, 0.0, street.now, street.c.p)
        assert (watch.in_path is not None) is waits, speed


def test_waits_for_a_person_and_goes_on_when_clear():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.things = [Thing("person", street.x + 5.0, 0.0)]
    street.run(5.0)
    assert street.states[-1] is State.FOR_PERSON
    gap = street.things[0].x - street.x - street.c.p.front
    assert 1.0 <= gap <= 3.6
    street.things[0].y = -4.0
    street.run(0.1)
    assert street.states[-1] is State.FOR_PERSON
    street.run(0.4)
    assert street.states[-1] is State.DRIVING


def test_slows_near_a_person_beside_the_path():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.things = [Thing("person", street.x + 6.0, -2.0)]
    assert street.run(0.1).desired.linear == pytest.approx(0.6)
    assert street.out is not None
    assert street.out.cause.track_id == "1"


def test_no_new_motion_towards_a_person_or_an_obstacle_but_back_is_free():
    street = Street()
    street.things = [Thing("person", 3.0, 0.0)]
    street.run(0.2)
    assert street.say("forward") == "refused_person"
    street.run(2.0)
    assert street.said == ["I cannot: somebody is in the way."]
    street.things = []
    assert street.run(3.0).state is State.STOPPED  # motion needs a new command
    street.way = 0.5
    assert street.say("avance") == "refused_obstacle"
    street.things, street.way = [Thing("person", 3.0, 0.0)], math.inf
    street.run(0.1)
    assert street.say("back") == ""
    street.run(8.0)
    assert street.x == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("text", ["follow me", "suis le chien"])
def test_follows_and_keeps_its_distance(text):
    street = Street()
    label = "person" if text == "follow me" else "dog"
    street.things = [Thing(label, 5.0, 0.3)]
    street.run(0.1)
    assert street.say(text) == ""
    for _ in range(200):
        street.things[0].x += 0.8 * 0.05
        street.run(0.05)
    gap = street.things[0].x - street.x - street.c.p.front
    assert street.c.state is State.FOLLOWING
    assert gap == pytest.approx(street.c.p.follow_distance, rel=0.3)
    assert street.out is not None
    assert street.out.cause.track_id == "1"


def test_follows_through_a_short_occlusion_and_a_new_id_and_gives_up_after_two_seconds():
    street = Street()
    street.things = [Thing("person", 5.0, 0.0)]
    street.run(0.1)
    street.say("follow me")
    street.run(2.0)
    street.things[0].hidden = True
    out = street.run(1.8)
    assert out.state is State.FOLLOWING
    assert out.desired.linear == 0.0
    street.things[0].hidden, street.things[0].id = False, "77"
    assert street.run(0.2).target.track_id == "77"
    street.things[0].hidden = True
    assert street.run(2.3).state is State.STOPPED
    assert any("lost" in text for text in street.said)


def test_goes_to_something_and_stops_before_it():
    street = Street()
    street.things = [Thing("person", 8.0, 1.0), Thing("dog", 12.0, 0.5, "3")]
    street.run(0.1)
    assert street.say("go to the dog") == ""
    assert street.c.target.track_id == "3"
    street.things.pop(0)
    street.run(30.0)
    assert street.states == [State.STOPPED, State.APPROACHING, State.STOPPED]
    assert 12.0 - street.x - street.c.p.front == pytest.approx(1.0, abs=0.3)
    assert "Here I am." in street.said


def test_what_is_not_seen_cannot_be_followed():
    street = Street()
    street.run(0.1)
    assert street.say("follow the dog") == "refused_target"
    assert street.say("follow number seven") == "refused_target"
    street.run(0.1)
    assert street.said[0] == "I see no dog."
    street.things = [Thing("dog", 6.0, 0.0, "7")]
    street.run(0.1)
    assert street.say("follow number seven") == ""


def test_wait_and_go_on():
    street = Street()
    street.say("go")
    street.run(1.0)
    street.say("wait")
    assert street.run(5.0).state is State.WAITING
    street.say("continue")
    assert street.run(0.1).state is State.DRIVING
    street.say("wait three seconds")
    assert street.run(2.8).state is State.WAITING
    assert street.run(0.5).state is State.DRIVING
    street.say("wait")
    assert street.run(121.0).state is State.STOPPED
    assert street.say("go on") == "refused_nothing"


def test_questions_in_three_languages():
    street = Street()
    street.things = [Thing("person", 10.0, 4.0), Thing("person", 10.0, 0.0, "2"), Thing("dog", 7.2, -2.0, "3")]
    street.run(0.1)
    for text in (
        "what do you see", "que vois-tu", "qué ves", "how many people", "combien de chiens", "cuántos coches hay",
        "where is the dog", "où est la personne", "dónde está el coche", "who are you", "comment vas-tu",
    ):  # fmt: skip
        assert street.say(text) == ""
        street.run(0.15)
    assert street.said == [
        "I see two people and a dog.", "Je vois deux personnes et un chien.", "Veo dos personas y un perro.",
        "I see two people.", "Je vois un chien.", "No veo ningún coche.",
        "The dog is to the right, about six meters away.", "La personne est à gauche, à environ neuf mètres.",
        "No veo ningún coche.",
        "I am KITT, a car that sees and listens.", "Je vais bien. Je suis à l'arrêt.",
    ]  # fmt: skip
    assert street.c.state is State.STOPPED
    street.things = []
    street.say("what do you see")
    street.run(0.05)
    assert street.said[-1] == "I see nothing that I know."
    street.sight = False
    street.say("what do you see")
    street.run(0.05)
    assert street.said[-1] == "I see no picture."
