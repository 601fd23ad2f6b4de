"""Behaviours against a small world in which the car does as wished."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt_control.behaviours import Controller
from kitt_control.commands import Command
from kitt_control.decision import Decision, GateFeedback, World
from kitt_control.parameters import ControllerParameters
from kitt_control.state_machine import MOVING, State
from kitt_control.world import Camera, Odom, Track, TrackFrame
from kitt_text.grammar import SlotValue, default_grammar

CAMERA = Camera(640, 480, 500.0, 500.0, 320.0, 240.0)
HEIGHT = {"person": 1.7, "dog": 0.55, "stop sign": 0.75, "car": 1.5}


@dataclasses.dataclass
class Thing:
    """Something in the world frame."""

    label: str
    x: float
    y: float
    id: str = "1"
    hidden: bool = False


class Street:
    """A car that moves exactly as wished, and what its camera sees."""

    def __init__(self, **changes: object) -> None:
        self.c = Controller(dataclasses.replace(ControllerParameters(), **changes))  # type: ignore[arg-type]
        self.now, self.x, self.y, self.yaw, self.v = 100.0, 0.0, 0.0, 0.0, 0.0
        self.things: list[Thing] = []
        self.gate: str | None = "ok"
        self.emergency = False
        self.sight = self.wheels = True
        self.way = math.inf
        self.said: list[str] = []
        self.states: list[State] = []
        self.out: Decision | None = None

    @property
    def ros(self) -> float:
        return self.now + 1000.0

    def see(self) -> tuple[Track, ...]:
        p, tracks = self.c.p, []
        for thing in self.things:
            dx, dy = thing.x - self.x, thing.y - self.y
            ahead = math.cos(self.yaw) * dx + math.sin(self.yaw) * dy - p.camera_x
            left = -math.sin(self.yaw) * dx + math.cos(self.yaw) * dy
            if thing.hidden or ahead < 0.3 or abs(left) > 0.64 * ahead:
                continue
            h = HEIGHT[thing.label] * 500.0 / ahead
            bottom = 240.0 + (p.camera_height if thing.label != "stop sign" else -1.0) * 500.0 / ahead
            w = 0.5 * 500.0 / ahead
            tracks.append(Track(thing.id, thing.label, 0.8, 320.0 - left * 500.0 / ahead, bottom - h / 2, w, h))
        return tuple(tracks)

    def world(self) -> World:
        gate = None if self.gate is None else GateFeedback(self.gate, self.gate == "ok", self.emergency, self.now)
        return World(
            self.now, self.ros,
            TrackFrame(self.ros, self.see()) if self.sight else None, CAMERA,
            Odom(self.ros, self.x, self.y, self.yaw, self.v) if self.wheels else None,
            gate, self.way, self.way, self.ros,
        )  # fmt: skip

    def say(self, text: str, **changes: object) -> str:
        command = Command.of(default_grammar().understand(text), "text", self.ros, self.ros)
        return self.c.command(dataclasses.replace(command, **changes), self.world())  # type: ignore[arg-type]

    def run(self, seconds: float) -> Decision:
        for _ in range(round(seconds / 0.05)):
            self.out = self.c.tick(self.world())
            self.said += [s.text for s in self.out.sayings]
            if not self.states or self.states[-1] is not self.out.state:
                self.states.append(self.out.state)
            if self.out.state not in MOVING:
                assert self.out.desired.linear == 0.0
                assert self.out.desired.angular == 0.0
            self.v = self.out.desired.linear
            self.x += self.v * math.cos(self.yaw) * 0.05
            self.y += self.v * math.sin(self.yaw) * 0.05
            self.yaw += self.out.desired.angular * 0.05
            self.now += 0.05
        assert self.out is not None
        return self.out


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
    street.run(0.4)
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
    assert street.c.p.follow_distance <= gap <= street.c.p.follow_distance + 1.3
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
    assert street.said[0] == "I do not see: dog."
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


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end": 0.0}, "refused_old"),
        ({"end": math.nan}, "refused_old"),
        ({"end": 1e12}, "refused_old"),
        ({"confidence": 0.49}, "refused_unsure"),
        ({"confidence": math.nan}, "refused_unsure"),
        ({"name": ""}, "refused_unknown"),
        ({"slots": (SlotValue("distance", "x", math.nan),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", math.inf),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", -1.0),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", 0.0),)}, "refused_value"),
        ({"slots": (SlotValue("distance", "x", 50.1),)}, "refused_value"),
        ({"slots": (SlotValue("number", "x", math.nan),)}, "refused_value"),
        ({"slots": (SlotValue("object", "unicorn"),)}, "refused_unknown"),
        ({"name": "park"}, "refused_not_yet"),
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
    for age, reason in ((1.0, ""), (1.0 + 2**-20, "refused_old"), (-1.0 - 2**-20, "refused_old")):
        assert street.say("go", end=street.ros - age) == reason


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
        "I see 2 people and 1 dog.", "Je vois 2 personnes et 1 chien.", "Veo 2 personas y 1 perro.",
        "I see 2 people.", "Je vois 1 chien.", "Veo 0 coches.",
        "Dog: to the right, about 6 meters away.", "Personne : à gauche, à environ 8 mètres.", "No veo: coche.",
        "I am KITT, a car that sees and listens.", "Je vais bien. État : stopped.",
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


WORDS = st.sampled_from(
    ["go", "stop", "forward two meters", "back", "left", "follow me", "go to the dog", "wait", "go on", "faster",
     "what do you see", "nonsense", "park", "good night", "come here"]
)  # fmt: skip
CHANGE = st.sampled_from(["person", "nobody", "blind", "seeing", "obstacle", "ok", "emergency", "released", "no odom",
                          "odom", "scan_stale", "neutral_required"])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(WORDS.map(lambda w: ("say", w)), CHANGE.map(lambda c: ("change", c))), max_size=25))
def test_whatever_happens_it_stands_where_it_must(happenings):
    street = Street()
    for kind, what in happenings:
        if kind == "say":
            street.say(what)
            if what == "stop":
                assert street.c.tick(street.world()).desired.linear == 0.0
        elif what in ("person", "nobody"):
            street.things = [Thing("person", street.x + 3.0, street.y)] if what == "person" else []
        elif what in ("blind", "seeing"):
            street.sight = what == "seeing"
        elif what in ("no odom", "odom"):
            street.wheels = what == "odom"
        else:
            street.emergency = what == "emergency"
            street.gate = {"emergency": "emergency_stop", "released": "ok"}.get(what, what)
        out = street.run(0.5)
        assert math.isfinite(out.desired.linear)
        if street.emergency or not street.wheels:
            assert out.desired.linear == 0.0
