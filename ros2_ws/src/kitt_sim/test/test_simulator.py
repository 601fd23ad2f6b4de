"""The simulator as a whole: determinism, people, collisions, ground truth, speed."""

import hashlib
import math
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from kitt_core.geometry import Pose2D, Twist2D
from kitt_inference.errors import KittError
from kitt_sim.actors import walk
from kitt_sim.simulator import Simulator
from kitt_sim.world import Building, Person, Trigger, vehicle_at
from kitt_sim.worlds import empty, street, world_by_name


def with_person(**changes):
    person = Person("p", ((20.0, -6.0), (20.0, 6.0)), math.pi / 2, 1.0, Trigger("distance", 10.0))
    return replace(empty(0), people=(replace(person, **changes),))


def drive(simulator, seconds, speed=1.0, omega=0.0):
    for _ in range(round(seconds / 0.01)):
        simulator.command(Twist2D(speed, omega))
        simulator.step(0.01)


def run_hash(seed):
    simulator = Simulator("street", seed=seed)
    digest = hashlib.sha256()
    for _ in range(8):
        drive(simulator, 1.0, 2.0, 0.05)
        digest.update(simulator.render().tobytes())
        digest.update(repr((simulator.state, simulator.walkers)).encode())
        digest.update(simulator.scan().ranges.tobytes())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_pixels_and_poses_and_another_does_not():
    assert run_hash(3) == run_hash(3)
    assert run_hash(3) != run_hash(4)


def test_reset_begins_anew():
    simulator = Simulator("street")
    first = simulator.render()
    drive(simulator, 3.0, 2.0)
    assert not np.array_equal(simulator.render(), first)
    simulator.reset()
    assert simulator.time == 0.0
    assert np.array_equal(simulator.render(), first)


def test_it_renders_in_a_thread_of_its_own_while_another_steps():
    simulator, pictures = Simulator("street"), []

    def paint():
        for _ in range(5):
            pictures.append(simulator.render_from(simulator.state.pose, list(simulator.walkers)))

    painter = threading.Thread(target=paint)
    painter.start()
    drive(simulator, 1.0)
    painter.join(timeout=30)
    assert len(pictures) == 5
    assert pictures[0].shape == (480, 640, 3)
    assert pictures[0].std() > 20


def test_an_unknown_world_is_refused_by_name():
    with pytest.raises(KittError, match="moon") as info:
        world_by_name("moon")
    assert "street" in info.value.remedy


def test_a_person_waits_for_the_car_and_then_crosses():
    simulator = Simulator(with_person())
    drive(simulator, 2.0)
    assert simulator.walkers[0].pose == Pose2D(20.0, -6.0, math.pi / 2)
    drive(simulator, 12.0)
    assert simulator.walkers[0].pose.y > -6.0
    assert simulator.walkers[0].speed == 1.0


def test_a_person_goes_at_the_time_and_a_looper_turns_round():
    simulator = Simulator(with_person(trigger=Trigger("time", 1.0), loop=True))
    drive(simulator, 0.9, 0.0)
    assert simulator.walkers[0].pose.y == -6.0
    drive(simulator, 12.0 + 3.1, 0.0)
    walker = simulator.walkers[0]
    assert walker.pose.y == pytest.approx(6.0 - 3.0, abs=0.03)
    assert math.cos(walker.pose.yaw - -math.pi / 2) == pytest.approx(1.0)


def test_a_walk_ends_at_the_paths_end():
    person = Person("p", ((0.0, 0.0), (3.0, 0.0), (3.0, 4.0)), speed=1.0)
    assert walk(person, 5.0).pose == Pose2D(3.0, 2.0, math.pi / 2)
    end = walk(person, 50.0)
    assert (end.pose.x, end.pose.y, end.speed) == (3.0, 4.0, 0.0)


def test_hitting_a_person_is_reported_once_with_the_speed():
    simulator = Simulator(with_person(path=((8.0, -1.75),)))
    drive(simulator, 7.0, 1.2)
    assert [c.object_id for c in simulator.collisions] == ["p"]
    event = simulator.collisions[0]
    assert event.class_name == "person"
    assert event.speed == pytest.approx(1.2)
    # the front, 1.5 m ahead of the axle, meets a radius of 0.25 m: x = 8 - 1.75; 1.2 m/s are reached after 0.8 s
    assert event.time == pytest.approx((6.25 - 0.48) / 1.2 + 0.8, abs=0.02)
    assert simulator.least_person_distance == 0.0


def test_passing_by_is_no_collision_and_gives_the_least_distance():
    simulator = Simulator(with_person(path=((8.0, 0.25),)))
    drive(simulator, 10.0)
    assert simulator.collisions == []
    assert simulator.least_person_distance == pytest.approx(2.0 - 0.5 - 0.25)


def test_a_wall_stops_the_car():
    world = replace(empty(0), buildings=(Building("wall", Pose2D(6.0, -1.75, 0.3), (1.0, 20.0, 3.0)),))
    simulator = Simulator(world)
    drive(simulator, 8.0)
    assert [c.object_id for c in simulator.collisions] == ["wall"]
    assert simulator.state.speed <= 0.02
    assert simulator.state.pose.x + 1.5 < 6.0


def test_scan_and_ground_truth_agree_on_the_distance():
    car = vehicle_at("c", "sedan", Pose2D(10.0, -1.75, 0.0))
    simulator = Simulator(replace(empty(0), vehicles=(car,)))
    ahead = simulator.scan().ranges[180]
    truth = next(o for o in simulator.ground_truth() if o.id == "c")
    assert ahead == pytest.approx(10.0 - car.size[0] / 2 - simulator.scanner.x)
    assert truth.distance == pytest.approx(10.0 - simulator.camera.x)
    assert truth.visible == pytest.approx(1.0, abs=0.02)
    x0, y0, x1, y1 = truth.box
    assert x0 < 319.5 < x1
    assert y0 < 260 < y1


def test_what_stands_behind_a_truck_is_hidden():
    near, far = vehicle_at("near", "truck", Pose2D(9.0, -1.75)), vehicle_at("far", "beetle", Pose2D(20.0, -1.75))
    truth = {o.id: o for o in Simulator(replace(empty(0), vehicles=(near, far))).ground_truth()}
    assert truth["far"].visible == 0.0
    assert truth["near"].visible == pytest.approx(1.0, abs=0.02)
    assert truth["near"].class_name == "truck"


def test_driving_by_hand_reaches_the_goal_without_touching_parked_cars():
    simulator = Simulator(replace(street(1), people=()))
    drive(simulator, 40.0, 2.0)
    assert simulator.at_goal
    assert simulator.collisions == []


@pytest.mark.slow
def test_it_is_faster_than_real_time():
    simulator = Simulator("street")
    simulator.render()
    begin = time.process_time()
    drive(simulator, 20.0, 2.0)
    stepping = 2000 / (time.process_time() - begin)
    begin = time.process_time()
    for _ in range(60):
        simulator.render()
    pictures = 60 / (time.process_time() - begin)
    assert stepping > 2500, f"{stepping:.0f} steps/s"
    assert pictures > 30, f"{pictures:.0f} pictures/s"


def _detector():
    from kitt_inference import zoo
    from kitt_sim.measure import detector

    try:
        card = zoo.find("picodet_s_416")
        if zoo.verify(card) != "verified" and not zoo._in_mirror(card):
            pytest.skip("picodet_s_416 is neither in the cache nor in KITT_MODEL_MIRROR")
        return detector("picodet_s_416", 0.4)[0]
    except KittError as error:
        pytest.skip(str(error))


@pytest.mark.slow
def test_the_detector_recognises_what_is_drawn():
    from kitt_sim import assets, measure

    if assets.missing():
        pytest.skip("the meshes are not in the cache: python -m kitt_sim.assets")
    recall = measure.measure(_detector(), range(1), (0.4,), headings=3)
    assert recall["person"]["3 to 12 m"]["tried"] >= 80
    assert recall["person"]["3 to 12 m"]["recall at 0.4"] >= 0.9, recall["person"]
    assert recall["vehicle"]["3 to 12 m"]["recall at 0.4"] >= 0.9, recall["vehicle"]
    assert recall["stop sign"]["3 to 12 m"]["recall at 0.4"] >= 0.95, recall["stop sign"]


def test_measuring_counts_what_is_found_and_what_is_not():
    from kitt_sim import measure

    everything = measure.measure(
        lambda _: [("person", 0.45, (0.0, 0.0, 640.0, 480.0))], range(1), (0.4, 0.5), headings=1
    )
    # a box of the whole picture overlaps only people who fill it, and never signs
    assert everything["person"]["12 m"]["recall at 0.4"] == 0.0
    assert everything["stop sign"]["3 to 12 m"]["recall at 0.4"] == 0.0
    assert everything["stop sign"]["3 to 12 m"]["tried"] > 20


def test_a_person_does_not_walk_into_a_standing_car_but_before_a_moving_one():
    crossing = {"path": ((1.0, -4.0), (1.0, 3.0)), "trigger": Trigger("always")}
    simulator = Simulator(with_person(**crossing))
    drive(simulator, 8.0, 0.0)
    assert simulator.collisions == []
    assert simulator.walkers[0].speed == 0.0
    assert simulator.least_person_distance == pytest.approx(0.1, abs=0.02)
    simulator = Simulator(with_person(path=((4.0, -3.9), (4.0, 3.0)), trigger=Trigger("always")))
    drive(simulator, 4.0, 1.5)
    assert [c.object_id for c in simulator.collisions] == ["p"]
