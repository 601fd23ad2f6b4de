"""The worlds as data: whole, repeatable, in and out of files; people and lights that wait for what sets them off."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim import worlds
from kitt_sim.actors import Actors, colour_after
from kitt_sim.bodies import BodySet, touches
from kitt_sim.camera_fault import CameraFault
from kitt_sim.simulator import Simulator
from kitt_sim.vehicle import VehicleSpec
from kitt_sim.world import Pause, Person, Phase, TrafficLight, Trigger

FAR = Pose2D(-500.0, 0.0)


def steps(actors, seconds, car=FAR, speed=1.0):
    return [name for _ in range(round(seconds / 0.02)) for name in actors.step(0.02, car, speed)]


@pytest.mark.parametrize("name", sorted(worlds.WORLDS))
@pytest.mark.parametrize("seed", [0, 7])
def test_a_world_is_whole(name, seed):
    world = worlds.world_by_name(name, seed)
    parts = [*world.roads, *world.paved, *world.buildings, *world.vehicles, *world.signs, *world.lights, *world.trees,
             *world.people]  # fmt: skip
    assert len({part.id for part in parts}) == len(parts)
    spec, bodies = VehicleSpec(), BodySet(world)
    for start in [world.spawn, *(point.pose for point in world.spawn_points)]:
        assert world.bounds.holds(start.x, start.y)
        assert world.ground_height(start.x, start.y) == 0.0
        assert not [b.id for b in bodies.fixed + bodies.poles if touches(spec, start, b)]
    for vehicle in world.vehicles:
        assert world.bounds.holds(vehicle.pose.x, vehicle.pose.y)
        assert world.ground_height(vehicle.pose.x, vehicle.pose.y) == 0.0
    for person in world.people:  # nobody walks through a house or a parked car
        for a, b in pairwise(person.path):
            for part in np.linspace(0.0, 1.0, 60):
                x, y = a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])
                for solid in bodies.fixed:
                    along, left = solid.pose.to_local(x, y)
                    assert abs(along) > solid.size[0] / 2 or abs(left) > solid.size[1] / 2, (person.id, solid.id)


@pytest.mark.parametrize("name", sorted(worlds.WORLDS))
def test_a_world_goes_through_a_file_unchanged(name, tmp_path):
    world = worlds.world_by_name(name, 3)
    file = tmp_path / "world.json"
    file.write_text(worlds.dump(world))
    assert worlds.world_by_name(str(file)) == world
    assert worlds.world_by_name(name, 3) == world


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "neither JSON nor YAML"), ("[]", "the whole"), ("name: x", "spawn"), ("\x00", "neither"),
        ("{name: x, goal: {}, spawn: {}, bounds: {x_min: 0, y_min: 0, x_max: 1, y_max: 1}, "
         "people: [{id: p, path: [[0, far]]}]}",
         r"people\.0\.path\.0\.1"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_world_is_refused_with_the_place(text, named, tmp_path):
    file = tmp_path / "world.yaml"
    file.write_text(text)
    with pytest.raises(KittError, match=named):
        worlds.world_by_name(str(file))
    with pytest.raises(KittError, match="cannot be read"):
        worlds.world_by_name(str(tmp_path / "none.json"))


@pytest.mark.parametrize("change", ["nan", "twice", "no phase", "no path"])
def test_a_world_that_cannot_be_is_refused(change):
    world = worlds.crossing()
    changed = {
        "nan": {"people": (replace(world.people[0], path=((math.nan, 0.0), (1.0, 1.0))),)},
        "twice": {"people": (world.people[0], world.people[0])},
        "no phase": {"lights": (replace(world.lights[0], phases=()),)},
        "no path": {"people": (replace(world.people[0], path=()),)},
    }[change]
    with pytest.raises(KittError, match=r"light_0|pedestrian_0"):
        worlds.check(worlds.plain(replace(world, **changed)), "it")


def test_a_light_waits_for_its_trigger_and_runs_through_its_phases():
    light = TrafficLight("l", Pose2D(10.0, 0.0), (Phase("green", 1.0), Phase("amber", 0.5), Phase("red", 2.0)))
    assert [colour_after(light, t) for t in (-1.0, 0.5, 1.2, 2.0, 3.6)] == ["green", "green", "amber", "red", "green"]
    assert colour_after(replace(light, loop=False), 100.0) == "red"
    near = replace(light, trigger=Trigger("distance", 5.0), loop=False)
    actors = Actors(replace(worlds.calibration(), lights=(near,)))
    assert steps(actors, 3.0) == []
    assert steps(actors, 3.0, Pose2D(6.0, 0.0)) == ["l amber", "l red"]


def test_people_wait_for_events_from_the_world_and_from_outside():
    light = TrafficLight("l", FAR, (Phase("green", 1.0), Phase("red", 9.0)), loop=False)
    people = (
        Person("a", ((0.0, 5.0), (0.0, 9.0)), trigger=Trigger("event", 0.5, "l red")),
        Person("b", ((3.0, 5.0), (3.0, 9.0)), trigger=Trigger("event", 0.0, "go")),
    )
    actors = Actors(replace(worlds.calibration(), lights=(light,), people=people))
    assert steps(actors, 1.4) == ["l red"]
    assert steps(actors, 0.3) == ["a walks"]
    actors.raise_event("go")
    assert steps(actors, 0.1) == ["b walks"]
    actors.reset()
    assert actors.happened == []
    assert actors.colours == ["green"]


def test_somebody_pauses_on_their_way_until_they_are_told_to_go_on():
    pause = Pause(1, Trigger("event", 0.0, "walk on"))
    person = Person("p", ((0.0, 5.0), (1.0, 5.0), (1.0, 9.0)), speed=1.0, pauses=(pause,))
    actors = Actors(replace(worlds.calibration(), people=(person,)))
    steps(actors, 3.0)
    assert (actors.walkers[0].pose.x, actors.walkers[0].pose.y) == pytest.approx((1.0, 5.0))
    assert actors.walkers[0].speed == 0.0
    actors.raise_event("walk on")
    steps(actors, 1.0)
    assert actors.walkers[0].pose.y == pytest.approx(6.0, abs=0.05)
    early = Actors(replace(worlds.calibration(), people=(person,)))
    early.raise_event("walk on")  # told before they came there: they do not stop
    steps(early, 3.0)
    assert early.walkers[0].pose.y == pytest.approx(7.0, abs=0.05)


def test_a_light_is_drawn_in_its_colour_and_is_in_the_ground_truth():
    simulator = Simulator("crossing")
    pose = Pose2D(14.0, -1.75)
    green = simulator.render_from(pose, simulator.walkers, ["green", "green"]).astype(int)
    red = simulator.render_from(pose, simulator.walkers, ["red", "green"]).astype(int)
    changed = np.abs(green - red).sum(axis=2) > 60
    assert 60 < changed.sum() < 3000  # nothing but the lamps
    rows = np.nonzero(changed.any(axis=1))[0]
    upper = changed & (np.arange(480)[:, None] < rows.mean())
    assert (red[upper][:, 2] - green[upper][:, 2]).mean() > 40  # the upper lamp is red then
    simulator.vehicle.spawn = pose
    simulator.reset()
    truth = {o.id: o for o in simulator.ground_truth()}["light_0"]
    assert truth.class_name == "traffic light"
    columns = np.nonzero(changed.any(axis=0))[0]
    assert truth.box[0] - 1 <= columns.min() <= columns.max() <= truth.box[2] + 1
    assert truth.box[1] - 1 <= rows.min() <= rows.max() <= truth.box[3] + 1


def test_the_camera_freezes_is_covered_and_works_again():
    fault = CameraFault()
    first, second = np.full((4, 4, 3), 80, np.uint8), np.full((4, 4, 3), 200, np.uint8)
    assert not fault.take("pedestrian_0 walks")
    assert fault.take("camera freezes")
    assert fault.apply(first) is first
    assert fault.apply(second) is first
    assert fault.take("camera is covered")
    covered, next_one = fault.apply(second), fault.apply(second)
    assert (covered.shape, covered.dtype) == (second.shape, np.uint8)
    assert covered.std() < 2.0
    assert not np.array_equal(covered, next_one)  # else it would be a frozen picture
    assert fault.take("camera works")
    assert fault.apply(second) is second
