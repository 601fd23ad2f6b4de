"""Looking around, finding, parking, patrol, good night, lights, following in a noisy world: many seeds each."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from street import Street, Thing

from kitt_control.state_machine import State

SEEDS = [seed if seed < 3 else pytest.param(seed, marks=pytest.mark.slow) for seed in range(20)]


def noisy(seed: int, **changes: object) -> Street:
    """A street whose camera errs by a pixel and loses every twentieth box, and a car that steers like one."""
    street = Street(**changes)
    street.rng, street.steers = random.Random(seed), 0.57
    return street


def gap_to(street: Street, thing: Thing) -> float:
    return math.dist((thing.x, thing.y), (street.x, street.y)) - street.c.p.front


@pytest.mark.parametrize("seed", SEEDS)
def test_follows_a_walker_for_a_minute_within_a_third_of_its_distance(seed):
    street = noisy(seed)
    rng = random.Random(seed)
    speed, bend = rng.uniform(0.5, 1.2), rng.uniform(-0.12, 0.12)
    walker, heading = Thing("person", 5.0, rng.uniform(-0.5, 0.5), "7"), 0.0
    street.things = [walker]
    street.run(0.2)
    assert street.say("follow me") == ""
    outside = 0
    for tick in range(1200):
        heading += bend * math.sin(tick / 200) * 0.05
        walker.x += speed * math.cos(heading) * 0.05
        walker.y += speed * math.sin(heading) * 0.05
        street.run(0.05)
        distance = street.c.p.follow_distance
        outside += tick > 200 and not 0.7 * distance <= gap_to(street, walker) <= 1.3 * distance
    assert street.c.state is State.FOLLOWING
    assert outside <= 10
    assert street.c.target is not None
    assert street.c.target.track_id == "7"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_target_is_kept_when_somebody_crosses_before_it(seed):
    """Hidden for two seconds while somebody else walks by, and with another id afterwards, it is still the one."""
    rng = random.Random(seed)
    street = noisy(seed)
    leader, other = Thing("person", 6.0, 0.0, "1"), Thing("person", 5.0, 2.5 * rng.choice((-1, 1)), "2")
    street.things = [leader, other]
    street.run(0.2)
    assert street.say("follow number one") == ""
    street.run(1.0)
    side = math.copysign(1.0, other.y)
    leader.hidden = True
    for tick in range(36):
        leader.x += 0.8 * 0.05
        other.y -= side * 1.2 * 0.05
        other.hidden = 14 < tick < 18
        street.run(0.05)
        assert street.c.target is not None
        assert street.c.target.track_id == "1"
    leader.hidden, leader.id = False, "31"
    street.run(0.3)
    assert street.c.state is State.FOLLOWING
    assert street.c.target.track_id == "31"


def test_a_stranger_far_from_where_it_should_be_is_not_taken_for_it():
    street = Street()
    leader = Thing("person", 6.0, 0.0, "1")
    street.things = [leader]
    street.run(0.2)
    street.say("follow me")
    street.run(1.0)
    leader.hidden = True
    street.things = [leader, Thing("person", street.x + 9.0, 3.5, "2")]
    street.run(1.5)
    assert street.c.target.track_id == "1"
    street.run(1.0)
    assert street.c.state is State.STOPPED
    assert "Sorry, I have lost the person. I stop." in street.said


def test_the_laser_tells_the_distance_of_whom_sight_misjudges():
    """A child whose feet are out of the picture looks farther away than it is; the laser knows better."""
    least = {}
    for with_laser in (False, True):
        street = Street()
        child = Thing("person", 6.0, 0.0, "1", height=1.25)
        street.things = [child]
        street.run(0.1)
        assert street.say("come here") == ""
        for _ in range(200):
            street.points = np.array([[child.x - street.x, 0.0], [9.0, 3.0]]) if with_laser else None
            street.run(0.05)
            least[with_laser] = gap_to(street, child)
    assert least[True] == pytest.approx(1.0, abs=0.25)
    assert least[False] < 0.7


@pytest.mark.parametrize("seed", SEEDS)
def test_find_turns_until_it_sees_the_thing_and_says_where(seed):
    rng = random.Random(seed)
    street = noisy(seed)
    angle = rng.uniform(0.9, 5.3)
    street.things = [Thing("dog", 6.0 * math.cos(angle), 2.0 + 6.0 * math.sin(angle), "4"), Thing("car", 30.0, -3.0)]
    street.run(0.2)
    assert street.say("find the dog") == ""
    assert street.c.state is State.LOOKING
    street.run(30.0)
    assert street.states == [State.STOPPED, State.LOOKING, State.STOPPED]
    assert street.said[0] == "I look around."
    assert street.said[1].startswith("The dog is ")


def test_find_of_what_is_seen_answers_at_once_and_of_what_is_nowhere_gives_up_after_one_turn():
    street = Street()
    street.things = [Thing("dog", 7.6, 0.0)]
    street.run(0.1)
    assert street.say("busca el perro") == ""
    assert street.run(0.1).state is State.STOPPED
    assert street.said == ["El perro está enfrente, a seis metros más o menos."]
    assert street.say("cherche le chat") == ""
    assert street.run(60.0).state is State.STOPPED
    assert street.said[-1] == "J'ai regardé partout. Je ne vois pas de chat."
    assert street.yaw == pytest.approx(2 * math.pi, abs=0.1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("in_place", [True, False])
def test_looks_around_and_tells_what_it_saw(seed, in_place):
    rng = random.Random(seed)
    street = noisy(seed, turns_in_place=in_place)
    if in_place:
        street.steers = math.inf
    kinds = [rng.choice(["person", "dog"]) for _ in range(3)]
    for number, kind in enumerate(kinds):  # round the circle that it drives, no nearer than the way
        angle = 1.0 + number * 1.9
        street.things.append(Thing(kind, 8.0 * math.cos(angle), 2.0 + 8.0 * math.sin(angle), str(number)))
    street.run(0.1)
    assert street.say("look around") == ""
    street.run(60.0)
    assert street.c.state is State.STOPPED
    counted_words = ["no", "one", "two", "three"]
    people, dogs = kinds.count("person"), kinds.count("dog")
    for count, one, many in ((people, "a person", "people"), (dogs, "a dog", "dogs")):
        told = one if count == 1 else f"{counted_words[count]} {many}"
        assert (told in street.said[-1]) == (count > 0)
    assert street.said[-1].startswith("I saw ")
    if in_place:
        assert (street.x, street.y) == (0.0, 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_parks_behind_a_car_that_stands_in_the_path(seed):
    rng = random.Random(seed)
    street = noisy(seed)
    car = Thing("car", rng.uniform(8.0, 14.0), rng.uniform(-0.6, 0.6), "c")
    street.things = [car]
    street.run(0.2)
    assert street.say("park") == ""
    street.run(60.0)
    assert street.states == [State.STOPPED, State.PARKING, State.STOPPED]
    assert car.x - street.x - street.c.p.front == pytest.approx(street.c.p.park_gap, abs=0.35)
    assert "Parked." in street.said


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("seen_as", "height"), [("car", 0.0), ("truck", 1.8)])  # a jeep is a truck to COCO's detectors
def test_parks_beside_a_car_that_stands_aside(seed, side, seen_as, height):
    rng = random.Random(seed)
    street = noisy(seed)
    car = Thing(seen_as, rng.uniform(9.0, 14.0), side * rng.uniform(2.0, 3.2), "c", height=height, size="car")
    street.things = [car]
    street.run(0.2)
    assert street.say("gare-toi") == ""
    for _ in range(1200):
        street.run(0.05)
        beside = street.x + street.c.p.front > car.x and street.x - street.c.p.rear < car.x + 4.2
        assert not beside or abs(car.y - street.y) > 0.9 + 0.5 + 0.15  # never touches it, with room
    assert street.c.state is State.STOPPED
    middle = street.x + (street.c.p.front - street.c.p.rear) / 2
    assert middle == pytest.approx(car.x + 2.1, abs=0.6)
    assert abs(car.y - street.y) - 1.4 == pytest.approx(street.c.p.park_side_gap, abs=0.4)
    assert abs(street.yaw) < 0.1


def test_parking_needs_a_car_and_stops_for_people():
    street = Street()
    street.run(0.1)
    assert street.say("park") == "refused_no_car"
    street.things = [Thing("car", 14.0, 0.0, "c")]
    street.run(0.1)
    street.say("park")
    street.run(2.0)
    street.things.append(Thing("person", street.x + 5.0, 0.0, "p"))
    street.run(4.0)
    assert street.c.state is State.FOR_PERSON
    street.things.pop()
    street.run(40.0)
    assert street.states[-2:] == [State.PARKING, State.STOPPED]
    assert 14.0 - street.x - street.c.p.front == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_patrols_a_route_that_it_was_taught(seed):
    rng = random.Random(seed)
    street = noisy(seed)
    corners = [(0.0, 0.0), (rng.uniform(8.0, 12.0), 0.0), (10.0, rng.uniform(8.0, 12.0)), (0.0, 9.0)]
    for number, (x, y) in enumerate(corners, 1):
        street.x, street.y = x, y
        assert street.say("remember this place") == ""
        street.run(0.1)
        assert street.said[-1] == f"I remember this place: number {number}."
    street.x = street.y = street.yaw = 0.0
    street.run(1.0)
    assert street.say("patrol") == ""
    visits = dict.fromkeys(range(4), 0)
    near = dict.fromkeys(range(4), True)
    for _ in range(2400):
        street.run(0.05)
        for number, corner in enumerate(corners):
            now_near = math.dist(corner, (street.x, street.y)) < 1.6
            visits[number] += now_near and not near[number]
            near[number] = now_near
    assert street.c.state is State.PATROLLING
    assert street.out is not None
    assert street.out.driver == "autonomous"
    assert min(visits.values()) >= 2
    assert street.say("halte") == ""
    assert street.run(0.1).state is State.STOPPED


def test_patrol_waits_for_people_and_signs_and_goes_on_with_the_patrol():
    street = Street()
    for x in (0.0, 40.0):
        street.x = x
        street.say("remember this place")
        street.run(1.0)
    street.x = 0.0
    street.things = [Thing("stop sign", 12.0, -2.5, "s")]
    street.say("patrol")
    street.run(20.0)
    assert street.states == [State.STOPPED, State.PATROLLING, State.AT_SIGN, State.PATROLLING]
    street.things.append(Thing("person", street.x + 5.0, 0.0, "p"))
    street.run(3.0)
    assert street.states[-1] is State.FOR_PERSON
    street.things.pop()
    street.run(1.0)
    assert street.states[-1] is State.PATROLLING


def test_patrol_without_a_route_and_forgetting_it():
    street = Street()
    street.run(0.1)
    assert street.say("patrouille") == "refused_route"
    street.say("retiens cet endroit")
    street.say("retiens cet endroit")  # the same place is one place
    assert street.say("patrouille") == "refused_route"
    street.x = 5.0
    street.say("retiens cet endroit")
    assert street.say("patrouille") == ""
    street.run(2.0)
    assert street.say("oublie tous les endroits") == ""
    assert street.run(0.1).state is State.STOPPED
    street.run(2.0)
    assert street.say("patrouille") == "refused_route"


def test_a_place_that_cannot_be_reached_is_given_up():
    street = Street()
    for x in (0.0, 10.0):
        street.x = x
        street.say("remember this place")
        street.run(0.5)
    street.x = 0.0
    street.say("patrol")
    for _ in range(100):
        street.run(0.5)
        street.x = street.y = street.yaw = 0.0
    assert street.c.state is State.STOPPED
    assert any("too long" in text for text in street.said)


def test_the_route_is_full_and_lost_with_the_odometry_frame():
    street = Street()
    for number in range(51):
        street.x = 3.0 * number
        refused = street.say("remember this place")
        assert refused == ("refused_full" if number == 50 else "")
        street.run(0.6)
    street.now -= 500.0  # another run
    street.run(0.1)
    assert street.c.route.places == []
    street.wheels = False
    assert street.say("remember this place") == "refused_lost"


@pytest.mark.parametrize(("night", "morning"), [("good night", "wake up"), ("bonne nuit", "réveille-toi"),
                                                ("buenas noches", "despierta")])  # fmt: skip
def test_good_night_parks_and_disables_motion_until_woken(night, morning):
    street = Street()
    street.things = [Thing("car", 10.0, 0.0, "c")]
    street.say("go")
    street.run(0.5)
    assert street.say(night) == ""
    street.run(40.0)
    assert street.states == [State.DRIVING, State.PARKING, State.ASLEEP]
    assert 10.0 - street.x - street.c.p.front == pytest.approx(1.0, abs=0.2)
    stood = street.x
    for order in ("go", "back", "follow me", "patrol", "park", "look around", "turn left", "go on"):
        assert street.say(order) == "refused_asleep", order
        street.run(0.5)
    street.push(1.0)  # nor does the stick move it
    assert street.run(0.2).state is State.ASLEEP
    street.stick = None
    assert street.say("what do you see") == ""  # it still answers
    assert street.say("stop") == ""
    street.run(2.0)
    assert (street.x, street.c.state) == (stood, State.ASLEEP)
    assert street.say(morning) == ""
    assert street.run(2.0).state is State.STOPPED
    assert street.say("back") == ""
    assert street.run(0.1).state is State.DRIVING


def test_good_night_without_a_car_sleeps_where_it_stands_and_a_stop_on_the_way_keeps_it_awake():
    street = Street()
    street.say("go")
    street.run(0.5)
    assert street.say("good night") == ""
    assert street.run(0.1).state is State.ASLEEP
    street.say("wake up")
    street.things = [Thing("car", street.x + 12.0, 0.0, "c")]
    street.run(0.1)
    street.say("good night")
    assert street.run(1.0).state is State.PARKING
    street.say("stop")
    assert street.run(20.0).state is State.STOPPED
    street.say("good night")
    street.run(0.1)
    street.gate = "obstacle"  # and where parking does not come to an end it sleeps all the same
    assert street.run(40.0).state is State.ASLEEP


@pytest.mark.parametrize(("on", "off"), [("lights on", "lights off"), ("allume les phares", "éteins les phares"),
                                         ("enciende las luces", "apaga las luces")])  # fmt: skip
def test_lights(on, off):
    street = Street()
    assert not street.run(0.1).lights
    assert street.say(on) == ""
    assert street.run(0.1).lights
    assert street.say(off) == ""
    assert not street.run(0.1).lights
    assert len(street.said) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_red_light_stops_and_green_lets_go_on(seed):
    street = noisy(seed)
    light = Thing("traffic light", 25.0, -2.5, "t", color="red")
    street.things = [light]
    street.say("go")
    street.run(30.0)
    assert street.states == [State.DRIVING, State.AT_LIGHT]
    gap = 25.0 - street.x - street.c.p.front
    assert gap == pytest.approx(street.c.p.light_stop_distance, abs=1.0)
    assert street.say("go on") == "refused_red"
    light.color = "green"
    street.run(1.0)
    assert street.states[-1] is State.DRIVING
    street.run(20.0)
    assert street.x > 30.0
    assert street.said.count("Red light.") == 1


def test_amber_is_as_red_unknown_is_nothing_and_a_light_passed_is_no_matter():
    for color, stops in (("amber", True), ("", False), ("green", False)):
        street = Street()
        street.things = [Thing("traffic light", 25.0, -2.5, "t", color=color)]
        street.say("go")
        street.run(30.0)
        assert (State.AT_LIGHT in street.states) == stops
    street = Street()
    light = Thing("traffic light", 25.0, -2.5, "t", color="green")
    street.things = [light]
    street.say("go")
    while 25.0 - street.x - street.c.p.front > 2.9:
        street.run(0.05)
    light.color = "red"
    street.run(10.0)
    assert street.states == [State.DRIVING]


def test_a_light_that_goes_out_of_sight_keeps_it_waiting_until_told():
    street = Street()
    light = Thing("traffic light", 20.0, -2.5, "t", color="red")
    street.things = [light]
    street.say("go")
    street.run(20.0)
    light.hidden = True
    assert street.run(20.0).state is State.AT_LIGHT
    assert street.say("go on") == ""
    assert street.run(3.0).state is State.DRIVING


def test_how_are_you_tells_state_and_faults_in_three_languages():
    street = Street()
    street.troubles = ("battery_low", "microphone_dead")
    street.run(0.1)
    for text in ("how are you", "comment vas-tu", "cómo estás"):
        street.say(text)
    street.run(0.1)
    assert street.said == [
        "Not well: my battery is low; I hear nothing. I stand.",
        "Pas bien : ma batterie est faible; je n'entends rien. Je suis à l'arrêt.",
        "No muy bien: mi batería está baja; no oigo nada. Estoy parado.",
    ]


@pytest.mark.parametrize(
    ("order", "state", "limit"),
    [("go", State.DRIVING, "drive_time"), ("follow me", State.FOLLOWING, "follow_time"),
     ("come here", State.APPROACHING, "approach_time"), ("look around", State.LOOKING, "search_time"),
     ("park", State.PARKING, "park_time"), ("patrol", State.PATROLLING, "patrol_time")],
)  # fmt: skip
def test_every_behaviour_ends_after_its_time(order, state, limit):
    street = Street(**{limit: 3.0})
    street.c.route.places = [(0.0, 0.0), (60.0, 0.0)]
    walker = Thing("person", 8.0, 1.9, "1")
    street.things = [Thing("car", 60.0, 0.0, "c"), walker]
    street.run(0.1)
    assert street.say(order) == ""
    for _ in range(29):
        walker.x += 0.1
        assert street.run(0.1).state is state
    street.run(0.3)
    assert street.c.state is State.STOPPED
    assert street.said[-1] == "That took too long. I stop."


@pytest.mark.parametrize(
    ("state", "thing", "words"),
    [(State.AT_SIGN, Thing("stop sign", 12.0, -2.5), ()), (State.WAITING, None, ("wait",)),
     (State.AT_LIGHT, Thing("traffic light", 14.0, -2.5, color="red"), ()),
     (State.FOR_PERSON, Thing("person", 9.0, 0.0), ())],
)  # fmt: skip
def test_every_pause_ends_after_its_time_and_then_nothing_resumes(state, thing, words):
    street = Street(wait_time=2.0, sign_wait=60.0)
    street.say("go")
    street.run(0.5)
    street.things = [] if thing is None else [thing]
    for word in words:
        street.say(word)
    while street.c.state is not state:
        assert street.now < 130.0
        street.run(0.05)
    assert street.run(1.9).state is state
    assert street.run(0.3).state is State.STOPPED
    assert street.said[-1] == "That took too long. I stop."
    street.things = []
    assert street.run(5.0).state is State.STOPPED
    assert street.say("go on") == "refused_nothing"
