"""Scenarios: what the files may say, how a run is played, and how it is judged by the truth."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim import worlds
from kitt_sim.bodies import BodySet, touches
from kitt_sim.scenarios import judge, runner
from kitt_sim.scenarios.picture import path_picture
from kitt_sim.scenarios.record import Note, Record, Sample
from kitt_sim.scenarios.scenario import Condition, Follow, Gap, Line, Step, load, names, scenario_by_name
from kitt_sim.vehicle import VehicleSpec

SPEC = VehicleSpec()
REACH = 0.25


def drive(record, seconds, speed, person=None, state="driving", step=0.02):
    """Goes on along x at a speed; `person` gives somebody's place at a time."""
    last = record.samples[-1] if record.samples else Sample(0.0, Pose2D(), 0.0, {})
    if not record.states or record.states[-1].what != state:
        record.states.append(Note(last.t, state))
    for i in range(1, round(seconds / step) + 1):
        t = last.t + i * step
        people = {} if person is None else {"p": person(t)}
        record.samples.append(Sample(t, Pose2D(last.pose.x + speed * i * step), speed, people))
    return record


class FakeStage:
    """A car that goes at once when it is told to, and hears every second line."""

    def __init__(self, deaf=0):
        self.record, self.done, self._deaf = Record(), [], deaf
        self._speed = 0.0

    def advance(self, seconds):
        drive(self.record, seconds, self._speed, state="driving" if self._speed else "stopped", step=seconds)
        return len(self.record.samples) < 2000

    def say(self, sound):
        self.done.append(sound.stem)
        if self._deaf:
            self._deaf -= 1
            return
        self.record.commands.append(Note(self.record.now, "go", "speech"))
        self._speed = 1.0

    def type(self, text):
        self.done.append(text)
        self._speed = 0.0 if text == "stop" else 1.0

    def raise_event(self, name):
        self.done.append(name)

    def kill(self, node):
        self.done.append(f"kill {node}")

    def picture(self):
        return None


GO = Step("goes", say=Line("Start driving."), until=Condition(command="go", standing=False), within=15.0)


def play(stage, *steps):
    scenario = replace(scenario_by_name("tour"), steps=steps)
    results = []
    runner.play(scenario, steps, stage, lambda step, record: None, results)
    return results


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_each_scenario_can_be_staged_and_the_car_starts_free(name, seed):
    scenario = scenario_by_name(name)
    assert scenario.name == name
    world, steps = scenario.staged(seed)
    again, _ = scenario.staged(seed)
    assert world == again
    assert len(steps) == len(scenario.steps)
    assert world.bounds.holds(world.spawn.x, world.spawn.y)
    bodies = BodySet(world)
    assert not [b.id for b in bodies.fixed + bodies.poles if touches(SPEC, world.spawn, b)]
    other, _ = scenario.staged(seed + 20)
    assert other.spawn != world.spawn


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("steps: [", "no YAML"), ("[]", "no scenario"), ("name: x", "description|world|steps"),
        ("{name: x, description: y, world: street, steps: []}", "no steps"),
        ("{name: x, description: y, world: street, steps: [{name: a, says: hello}]}", r"steps\.0\.says"),
        ("{name: x, description: y, world: street, steps: [{name: a, say: {text: Sing a song}}]}", "recording"),
        ("{name: x, description: y, world: street, steps: [{name: a, until: {said: '('}}]}", "regular expression"),
        ("{name: x, description: y, world: street, steps: [{name: a}], cars: [{id: c, model: tank, pose: {}}]}",
         r"cars\.0\.model"),
        ("{name: x, description: y, world: street, duration: .nan, steps: [{name: a}]}", "duration"),
        ("{name: x, description: y, world: street, steps: [{name: a}], people: [{id: p, path: [[0, 0]], sped: 1}]}",
         "sped"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_scenario_is_refused_with_the_place(text, named, tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(KittError, match=named):
        scenario_by_name(str(file))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(KittError, match="moon") as info:
        scenario_by_name("moon")
    assert "tour" in info.value.remedy
    with pytest.raises(KittError, match="cannot be read"):
        load(tmp_path / "none.yaml")
    with pytest.raises(KittError, match="spawn point «roof»") as info:
        replace(scenario_by_name("tour"), spawn="roof").staged(0)
    assert "junction" in info.value.remedy


def test_steps_follow_each_other_and_each_has_its_times():
    stage = FakeStage()
    steps = (
        GO,
        Step("far", until=Condition(travelled=3.0)),
        Step("stops", type="stop", until=Condition(standing=True)),
    )
    results = play(stage, *steps)
    assert [(r.name, r.done) for r in results] == [("goes", True), ("far", True), ("stops", True)]
    assert results[1].ended - results[1].began == pytest.approx(3.0, abs=0.11)
    assert stage.done == ["start", "en_start_driving", "stop"]


def test_a_line_that_was_not_understood_is_said_again_and_then_given_up():
    stage = FakeStage(deaf=1)
    assert play(stage, GO)[0].tries == 2
    stage = FakeStage(deaf=9)
    results = play(stage, GO, Step("never", type="stop"))
    assert [r.done for r in results] == [False]
    assert stage.done.count("en_start_driving") == runner.TRIES
    assert "not within" in results[0].outcome


def test_the_record_ends_with_the_car():
    stage = FakeStage()
    results = play(stage, Step("waits", until=Condition(event="never"), within=1000.0))
    assert not results[0].done
    assert "ended" in results[0].outcome or "time was up" in results[0].outcome


def test_time_to_stop_counts_from_the_path_to_standstill():
    record = drive(Record(), 2.0, 1.5, lambda t: (6.0, 3.0))
    assert judge.times_to_stop(record, REACH, SPEC) == []
    drive(record, 0.4, 1.5, lambda t: (6.5, 0.5))  # in the path, 6.5 - 1.75 - 3 = 1.75 m before the bumper
    drive(record, 1.0, 0.0, lambda t: (6.5, 0.0), "waiting_for_person")
    assert judge.times_to_stop(record, REACH, SPEC) == [pytest.approx(0.4, abs=0.03)]
    never = drive(Record(), 1.0, 1.5, lambda t: (4.0, 0.0))
    assert judge.times_to_stop(never, REACH, SPEC) == [math.inf]
    behind = drive(Record(), 1.0, 1.5, lambda t: (-2.0, 0.0))
    assert judge.times_to_stop(behind, REACH, SPEC) == []


def test_time_to_resume_counts_from_the_clear_way_to_motion():
    record = drive(Record(), 1.0, 0.0, lambda t: (4.0, 0.0), "waiting_for_person")
    drive(record, 0.3, 0.0, lambda t: (4.0, 2.0), "waiting_for_person")
    drive(record, 1.0, 1.0, lambda t: (4.0, 3.0))
    assert judge.times_to_resume(record, REACH, SPEC) == [pytest.approx(0.3, abs=0.03)]
    stays = drive(Record(), 1.0, 0.0, lambda t: (4.0, 0.0), "waiting_for_person")
    drive(stays, 3.0, 0.0, lambda t: (4.0, 2.0), "waiting_for_person")
    assert judge.times_to_resume(stays, REACH, SPEC) == [math.inf]


def test_false_stops_are_those_that_nobody_and_no_sign_causes():
    world = replace(worlds.empty(), spawn=Pose2D())
    record = drive(Record(), 9.0, 1.0)
    assert judge.false_stop_share(record, world, REACH, SPEC) == 0.0
    drive(record, 1.0, 0.0)
    assert judge.false_stop_share(record, world, REACH, SPEC) == pytest.approx(0.1, abs=0.01)
    caused = drive(drive(Record(), 9.0, 1.0, lambda t: (50.0, 0.0)), 1.0, 0.0, lambda t: (13.0, 0.0))
    assert judge.false_stop_share(caused, world, REACH, SPEC) == 0.0
    sign = replace(worlds.street().signs[0], pose=Pose2D(13.0, -2.0, math.pi))
    assert judge.false_stop_share(record, replace(world, signs=(sign,)), REACH, SPEC) == 0.0
    stopped = drive(drive(Record(), 9.0, 1.0), 5.0, 0.0, state="stopped")  # told to stop: not on the way
    assert judge.false_stop_share(stopped, world, REACH, SPEC) == 0.0


def test_following_is_measured_after_it_has_settled():
    world = replace(worlds.calibration(), people=(worlds.street().people[0],))
    name = world.people[0].id
    record = Record(states=[Note(0.0, "following")])
    for i in range(4000):
        t = i * 0.02
        gap = 1.5 + (1.0 if t < 5.0 else 0.3 * math.sin(t))
        x = 1.0 * t
        record.samples.append(Sample(t, Pose2D(x), 1.0, {name: (x + 1.5 + 0.25 + gap, 0.0)}))
    error, seconds = judge.follow_error(record, Follow(name, 1.5, seconds=60.0, settle=6.0), world, SPEC)
    assert error == pytest.approx(0.2, abs=0.005)
    assert seconds == pytest.approx(60.0, abs=0.1)
    error, _ = judge.follow_error(record, Follow(name, 1.5, seconds=60.0, settle=1.0), world, SPEC)
    assert error == pytest.approx(1.0 / 1.5, abs=0.2)
    assert judge.follow_error(Record(), Follow(name, 1.5), world, SPEC) == (math.inf, 0.0)


def test_the_final_gap_is_between_the_outlines():
    world = scenario_by_name("empty_street").staged(0)[0]
    car = replace(world.vehicles[0], pose=Pose2D(10.0, 0.0), size=(4.0, 1.8, 1.4))
    record = Record(samples=[Sample(0.0, Pose2D(5.5, 0.0), 0.0, {})])
    gap = judge.final_gap(record, Gap("vehicle", 0.0, 1.0), replace(world, vehicles=(car,)), SPEC)
    assert gap == pytest.approx(8.0 - 7.0, abs=0.03)


def test_a_light_is_passed_red_only_while_it_is_red():
    world = worlds.crossing()
    x = world.lights[0].pose.x
    record = Record(samples=[Sample(t, Pose2D(x - 3.0 + t, -1.75), 1.0, {}) for t in np.arange(0.0, 4.0, 0.1).tolist()])
    assert not judge.passed_red(record, world, "light_0", SPEC)
    record.events.append(Note(0.5, "light_0 red"))
    assert judge.passed_red(record, world, "light_0", SPEC)
    record.events.append(Note(1.0, "light_0 green"))
    assert not judge.passed_red(record, world, "light_0", SPEC)


def test_a_run_that_hits_somebody_or_leaves_the_world_fails():
    scenario = replace(scenario_by_name("empty_street"), steps=(Step("goes"),))
    world, _ = scenario.staged(0)
    record = drive(Record(), 3.0, 1.0)
    done = [runner.StepResult("goes", 0.0, 1.0, True, "")]
    assert all(v.passed for v in judge.judge(scenario, world, record, done))
    record.collisions.append(Note(1.0, "p"))
    failed = [v.name for v in judge.judge(scenario, world, record, done) if not v.passed]
    assert failed == ["collisions"]
    record.samples.append(Sample(4.0, Pose2D(500.0, 0.0), 0.0, {}))
    failed = [v.name for v in judge.judge(scenario, world, record, []) if not v.passed]
    assert failed == ["steps done", "collisions", "left the world's bounds"]


def test_the_path_is_drawn_on_the_world(tmp_path: Path):
    world, _ = scenario_by_name("red_light").staged(0)
    record = drive(Record(), 20.0, 1.5, lambda t: (26.0, -7.0 + t))
    before = path_picture(world, Record(samples=record.samples[:1]), [], "start")
    picture = path_picture(world, record, [runner.StepResult("drives", 0.0, 5.0, True, "")], "«title»")
    assert picture.dtype == np.uint8
    assert picture.shape[1] > before.shape[1]  # it shows all of the path
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_a_simulator_without_ground_truth_is_named():
    stage = FakeStage()
    stage.advance = lambda seconds: False
    with pytest.raises(KittError, match="ground truth"):
        play(stage, GO)
