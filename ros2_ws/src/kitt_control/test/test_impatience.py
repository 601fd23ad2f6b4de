"""An impatient operator: orders that contradict each other, in three languages at once, from several mouths.

The gate is in the loop, so that what is checked is what the car does.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random

import pytest
from road import Road
from street import Street, Thing

from kitt_control.arbitration import Stick
from kitt_control.decision import World
from kitt_control.state_machine import MOVING, PAUSING, State
from kitt_core.geometry import Twist2D

ORDERS = ("go", "back three meters", "turn left", "turn around", "follow me", "come here", "look around",
          "find the cat", "park", "patrol")  # fmt: skip
WORDS = (
    *ORDERS, "forward two meters", "forward for two seconds", "turn right ninety degrees", "faster", "slower",
    "follow number two", "go to the car", "find the dog", "remember this place", "forget all places", "wait",
    "wait two seconds", "go on", "lights on", "what do you see", "where is the car", "how are you", "good night",
    "wake up", "yes", "nonsense", "stop", "halt", "arrête-toi", "roule", "avance de deux mètres", "recule",
    "tourne à gauche", "plus vite", "viens ici", "suis-moi", "gare-toi", "patrouille", "retiens cet endroit",
    "oublie tous les endroits", "attends", "continue", "bonne nuit", "réveille-toi", "que vois-tu", "para", "conduce",
    "avanza dos metros", "atrás", "gira a la izquierda", "sígueme", "ven aquí", "aparca", "busca el perro", "espera",
    "sigue", "buenas noches", "despierta",
)  # fmt: skip
STOPS = ("stop", "halt", "arrête-toi", "para")
HELD = {State.FOLLOWING: "target", State.APPROACHING: "target", State.LOOKING: "search", State.PARKING: "parking"}
"""What a state cannot do without, by the controller's attribute."""


class Busy(Road):
    """A road on which much happens."""

    pushing: Twist2D | None = None
    blind = False

    def world(self) -> World:
        stick = None if self.pushing is None else Stick(self.pushing, self.ros, self.now)
        plain = super().world()
        return dataclasses.replace(plain, stick=stick, frame=None if self.blind else plain.frame)

    def ahead(self, along: float, aside: float) -> tuple[float, float]:
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.x + c * along - s * aside, self.y + s * along + c * aside

    def happen(self, rng: random.Random) -> None:
        """Something comes, goes or breaks."""
        what = rng.choice(["person", "dog", "car", "light", "sign", "nobody", "push", "let go", "nonsense", "emergency",
                           "release", "trouble", "well", "post", "no post", "blind", "seeing", "anew"])  # fmt: skip
        if what in ("person", "dog"):
            self.things.append(
                Thing(what, *self.ahead(rng.uniform(4, 9), rng.uniform(-2, 2)), id=str(rng.randint(1, 4)))
            )
        elif what == "car":
            self.things.append(Thing("car", *self.ahead(rng.uniform(7, 14), rng.choice([-2.6, 0, 2.6])), yaw=self.yaw))
        elif what in ("light", "sign"):
            label = "traffic light" if what == "light" else "stop sign"
            self.things.append(Thing(label, *self.ahead(14.0, -2.5), color=rng.choice(["red", "green"])))
        elif what == "nobody":
            self.things = []
        elif what in ("push", "nonsense"):
            self.pushing = Twist2D(rng.choice([0.8, -0.4]) if what == "push" else math.nan, rng.uniform(-0.5, 0.5))
        elif what == "let go":
            self.pushing = None
        elif what == "emergency":
            self.g.emergency_stop()
        elif what == "release":
            self.g.release()
        elif what in ("trouble", "well"):
            self.troubles = (rng.choice(["bumper", "battery_low", "microphone_dead"]),) if what == "trouble" else ()
        elif what in ("post", "no post"):
            self.posts = [self.ahead(rng.uniform(3, 6), rng.uniform(-1, 1))] if what == "post" else []
        elif what in ("blind", "seeing"):
            self.blind = what == "blind"
        else:  # the simulator begins another run
            self.now, self.frames = self.now - 50.0, []


def whole(street: Street) -> None:
    """What holds at any moment: each state has what it does, and only that."""
    c, state = street.c, street.c.state
    held = {name: getattr(c, name) is not None for name in ("manoeuvre", "target", "search", "parking")}
    doing = c.machine.resume if state in PAUSING else state
    if doing in HELD:
        assert held[HELD[doing]], (state, held)
    assert sum(held.values()) <= 1, (state, held)
    if doing is State.PATROLLING:
        assert len(c.route.places) >= 2
    if state is State.MANUAL or state not in (*MOVING, *PAUSING):
        assert c.active is None
        assert not any(held.values())
    else:
        assert c.active is not None
    assert not c.sleep_after or doing is State.PARKING


@pytest.mark.parametrize("seed", [s if s < 4 else pytest.param(s, marks=pytest.mark.slow) for s in range(60)])
def test_whatever_is_said_and_happens_each_state_is_whole_and_a_stop_stops(seed):
    rng = random.Random(seed)
    street = Busy()
    street.rng = random.Random(seed)
    street.go(1.0)
    for _ in range(40):
        if rng.random() < 0.7:
            word, source = rng.choice(WORDS), rng.choice(["text", "speech", "console", "some program"])
            street.say(word, source=source, begin=street.ros - 0.5)
            whole(street)
            if word in STOPS:
                wish = street.c.tick(street.world()).desired
                assert wish == Twist2D(0.0, 0.0), word
        else:
            street.happen(rng)
        for _ in range(rng.choice([0, 0, 1, 2, 5, 20, 60])):
            street.go(0.05)
            whole(street)


@pytest.mark.parametrize(("order", "word"), list(zip(ORDERS, itertools.cycle(STOPS))))
def test_a_stop_in_the_middle_of_each_behaviour_stands_as_soon_as_it_can_brake(order, word):
    road = Road()
    road.things = [Thing("person", 9.0, 2.2, "1"), Thing("car", 25.0, 0.0, "c")]
    road.c.route.places = [(0.0, 0.0), (30.0, 0.0)]
    road.go(1.0)
    assert road.say(order) == ""
    road.go(2.5)
    assert abs(road.v) > 0.3
    braking = abs(road.v) / 2.5  # as this car brakes
    assert road.say(word) == ""
    road.go(braking + 0.06)
    assert road.v == 0.0
    stood = road.x, road.y
    road.go(3.0)
    assert (road.x, road.y, road.c.state) == (*stood, State.STOPPED)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("go", "para", "avance", "arrête-toi"), State.STOPPED),
        (("stop", "go", "stop", "roule"), State.DRIVING),
        (("turn left", "gira a la derecha", "recule", "follow me"), State.FOLLOWING),
        (("good night", "réveille-toi", "conduce"), State.DRIVING),
        (("suis-moi", "buenas noches", "go"), State.ASLEEP),
        (("wait", "continue", "go", "espera", "go on", "attends"), State.WAITING),
    ],
)
def test_of_orders_within_one_tick_the_last_that_may_be_obeyed_counts(words, state):
    road = Road()
    road.things = [Thing("person", 9.0, 2.2, "1")]
    road.go(1.0)
    for word in words:
        road.say(word)
    road.go(1.0)
    assert road.c.state is state


@pytest.mark.parametrize(("linear", "angular"), [(1.0, 0.5), (1.0, -0.5), (-0.5, 0.2)])
def test_a_stick_let_go_in_a_curve_stands_and_the_next_order_begins_from_there(linear, angular):
    road = Busy()
    road.go(1.0)
    road.pushing = Twist2D(linear, angular)
    road.go(3.0)
    assert road.c.state is State.MANUAL
    assert abs(road.v) > 0.3
    road.pushing = None
    road.go(0.5)
    assert (road.v, road.c.state) == (0.0, State.STOPPED)
    assert road.say("go on") == "refused_nothing"
    heading = road.yaw
    assert road.say("go") == ""
    road.go(3.0)
    assert road.v > 1.0
    assert road.yaw == pytest.approx(heading, abs=0.02)


def test_who_leads_may_stand_for_a_minute_and_walk_on():
    road = Road()
    road.things = [Thing("person", 6.0, 0.0, "5")]
    road.go(1.0)
    assert road.say("follow me") == ""
    for part in (100, 1200, 100):
        for _ in range(part):
            road.things[0].x += 0.05 * (part == 100)
            road.go(0.05)
    assert road.states[-1] is State.FOLLOWING
    assert road.things[0].x - road.x - 1.5 == pytest.approx(1.5, abs=0.5)


@pytest.mark.parametrize("order", ["patrol", "go", "follow me", "look around", "park"])
@pytest.mark.parametrize("waits", [False, True])
def test_in_another_run_nothing_goes_on_that_rests_on_the_places_of_the_last_one(order, waits):
    street = Street()
    street.c.route.places = [(0.0, 0.0), (30.0, 0.0)]
    street.things = [Thing("person", 9.0, 2.2, "1"), Thing("car", 25.0, 0.0, "c")]
    street.run(0.1)
    assert street.say(order) == ""
    street.run(1.0)
    if waits:
        street.say("wait")
        street.run(0.2)
    street.now -= 500.0  # frames and odometry, too, count from the beginning again
    out = street.run(0.05)
    assert (out.state, out.desired) == (State.FAULTED, Twist2D(0.0, 0.0))
    assert street.said[-1] == "I stop: my clock jumped."
    assert street.run(1.0).state is State.STOPPED
    assert street.say("patrol") == "refused_route"
    assert street.say("go") == ""


def parking(order: str) -> Street:
    """Eight seconds after an order to park: the car is beside it by now, out of sight."""
    street = Street()
    street.things = [Thing("car", 10.0, 2.6, "c")]
    street.run(0.2)
    assert street.say(order) == ""
    street.run(8.0)
    assert street.c.state is State.PARKING
    return street


def parked_for_the_night(*words: str) -> Street:
    """Good night, then these words while it parks, and time enough to end."""
    street = parking("good night")
    for word in words:
        street.say(word)
        street.run(0.2)
    street.run(40.0)
    return street


def test_good_night_said_twice_parks_to_its_end_and_a_parking_that_goes_on_may_end_in_sleep():
    street = parked_for_the_night("bonne nuit")
    assert street.states == [State.STOPPED, State.PARKING, State.ASLEEP]
    assert "Je suis garé." in street.said
    parked = street.x
    street = parking("park")
    assert street.say("good night") == ""
    assert street.run(40.0).state is State.ASLEEP
    assert street.x == pytest.approx(parked, abs=0.05)


@pytest.mark.parametrize("word", ["wake up", "réveille-toi", "despierta"])
def test_who_is_woken_on_the_way_to_bed_parks_and_stays_awake(word):
    assert parked_for_the_night(word).c.state is State.STOPPED


def test_good_night_holds_through_a_wait_and_not_through_another_order():
    assert parked_for_the_night("wait", "go on").c.state is State.ASLEEP
    assert parked_for_the_night("forward one meter").c.state is State.STOPPED


def test_a_new_order_to_park_is_not_good_night():
    street = Street()
    street.things = [Thing("car", 14.0, 0.0, "c")]
    street.run(0.2)
    street.say("good night")
    street.run(1.0)
    assert street.say("park") == ""
    assert street.run(40.0).state is State.STOPPED


def test_with_a_battery_too_low_to_go_it_may_still_sleep():
    street = Street()
    street.things = [Thing("car", 14.0, 0.0, "c")]
    street.troubles = ("battery_low",)
    street.run(0.2)
    assert street.say("park") == "refused_fault"
    assert street.say("good night") == ""
    assert street.run(0.2).state is State.ASLEEP


def test_a_faulted_car_stands_already_and_says_so_to_a_good_night():
    street = Street()
    street.say("go")
    street.run(0.5)
    street.gate = "clock_jump"
    assert street.run(0.1).state is State.FAULTED
    assert street.say("good night") == "refused_fault"


def test_to_park_said_again_with_the_car_out_of_sight_goes_on_and_complains_of_nothing():
    street = parking("park")
    street.things[0].hidden = True
    assert street.say("gare-toi") == ""
    assert street.run(30.0).state is State.STOPPED
    assert street.said == ["I park.", "Je suis garé."]


@pytest.mark.parametrize(("order", "refused"), [("back three meters", ""), ("forward three meters", "refused_person")])
def test_going_on_looks_where_it_goes(order, refused):
    street = Street()
    street.run(0.1)
    assert street.say(order) == ""
    street.run(1.0)
    street.say("wait")
    street.things = [Thing("person", street.x + 3.5, 0.0)]
    street.run(1.0)
    assert street.say("go on") == refused
    assert street.run(0.2).state is (State.WAITING if refused else State.DRIVING)


def test_words_of_no_language_are_answered_in_the_one_last_spoken():
    street = Street()
    street.run(0.1)
    street.say("hola")
    assert street.say("xyzzy") == "refused_unknown"
    street.run(0.1)
    assert street.said[-1] == "No entiendo."
