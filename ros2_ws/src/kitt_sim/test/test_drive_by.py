"""Counting what a detector finds along a drive."""

from dataclasses import replace

import pytest

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim import drive_by
from kitt_sim.gazebo.stepped import opened
from kitt_sim.simulator import Simulator
from kitt_sim.world import Person, StopSign
from kitt_sim.worlds import world_by_name


def view(**changes):
    world = world_by_name("empty")
    return Simulator(replace(world, **changes))


def person_ahead():
    return view(people=(Person("p", ((7.0, -1.75),)),))


def test_what_is_found_counts_by_distance_and_what_is_not_there_against_precision():
    simulator = person_ahead()
    box = next(t for t in simulator.ground_truth() if t.id == "p").box
    tally, picture = drive_by.Tally(), simulator.render()
    tally.look(picture, simulator, lambda _p: [("person", 0.8, box), ("car", 0.6, (0.0, 0.0, 50.0, 50.0))])
    tally.look(picture, simulator, lambda _p: [])
    result = tally.result(0.35)
    assert result["person"]["2 to 12 m"] == {"objects": 2, "recall": 0.5}
    assert result["person"]["precision"] == 1.0
    assert list(result["person"]["by distance"]) == ["5 to 8 m"]
    assert tally.right["vehicle"] == [(0.6, False)]
    assert tally.result(0.9)["person"]["2 to 12 m"]["recall"] == 0.0


def test_the_back_of_a_sign_is_nothing_to_find():
    for yaw, objects in ((3.1416, 1), (0.0, 0)):
        simulator = view(signs=(StopSign("s", Pose2D(9.0, -4.2, yaw)),))
        tally = drive_by.Tally()
        tally.look(simulator.render(), simulator, lambda _p: [])
        assert sum(map(len, tally.scores["stop sign"].values())) == objects


def test_a_drive_gives_pictures_with_the_truth_of_their_moment():
    simulator = person_ahead()
    seen = [(picture.shape, at.state.pose.x) for picture, at in drive_by.frames(simulator, 1.0, 1.0)]
    assert len(seen) == 5
    assert seen[0][0] == (480, 640, 3)
    assert [x for _, x in seen] == sorted(x for _, x in seen)
    assert seen[-1][1] > 0.3


def test_a_simulator_that_is_not_there_is_named():
    with pytest.raises(KittError, match="webots"), opened("webots", world_by_name("empty")):
        pass
