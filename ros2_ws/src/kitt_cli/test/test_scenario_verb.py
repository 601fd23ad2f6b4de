"""`kitt scenario` and `kitt demo --scenario`: what they list and refuse; ears and film of a run."""

import errno
import io
import json
import os
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from kitt_cli import main
from kitt_cli.interruption import InterruptionError
from kitt_cli.scenario.ears import Ears
from kitt_cli.scenario.film import Film
from kitt_cli.scenario.play import Player, car_parameters
from kitt_cli.verbs import demo, scenario
from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim.scenarios.record import Note, Record, Sample
from kitt_sim.scenarios.scenario import Line, names, scenario_by_name


def test_the_list_names_each_scenario_and_what_it_is():
    done = CliRunner().invoke(scenario.app, ["list", "--json"])
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["scenarios"]
    assert {row["name"] for row in rows} >= {"tour", "step_out", "empty_street", "follow", "red_light"}
    assert all(row["description"] and row["steps"] > 0 for row in rows)
    assert "tour" in CliRunner().invoke(scenario.app, ["list"]).stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run", "moon"], "moon"), (["run", "tour", "--sim", "moon"], "simulator moon"),
        (["run", "tour", "--video", "/nowhere/x.mp4"], "nowhere"), (["run", "none.yaml"], "none.yaml"),
        (["run", "tour", "--video", "/tmp"], "ends in .mp4"), (["run", "tour", "--video", "x.avi"], "ends in .mp4"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_before_anything_starts(words, named):
    done = CliRunner().invoke(scenario.app, words)
    assert isinstance(done.exception, KittError)
    assert named in str(done.exception)


def test_a_full_disk_is_told_before_the_car_is_started(monkeypatch, tmp_path):
    monkeypatch.setattr(scenario, "ROOT", tmp_path)
    monkeypatch.setattr(scenario.shutil, "disk_usage", lambda _path: SimpleNamespace(free=3_000_000))
    with pytest.raises(KittError, match="only 3 MB are free"):
        scenario.play("tour", "lockstep", range(1), "auto", None, Console())
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(scenario, "ROOT", tmp_path / "file")
    with pytest.raises(KittError, match="cannot be made"):
        scenario.play("tour", "lockstep", range(1), "auto", None, Console())


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 2), (errno.EROFS, 2), (errno.ECONNRESET, None)])
def test_a_disk_that_fills_up_in_the_middle_is_one_line(monkeypatch, capsys, number, status):
    def fill_up(_wanted):
        raise OSError(number, os.strerror(number), "runs/x/run.json")

    monkeypatch.setattr(main, "build", fill_up)
    monkeypatch.setattr("sys.argv", ["kitt", "scenario"])
    with pytest.raises(SystemExit if status else OSError) as info:
        main.main()
    if status:
        assert info.value.code == status
        assert capsys.readouterr().err.startswith("error: ")


class Cut:
    """A stage on which Ctrl-C is pressed after so many seconds; before 0 while the car starts."""

    def __init__(self, after_s):
        self.record, self._after_s = Record(), after_s

    def advance(self, seconds):
        if self.record.now >= self._after_s:
            raise InterruptionError
        self.record.samples.append(Sample(self.record.now + seconds, Pose2D(30.0, -1.75), 0.3, {}))
        return True

    def type(self, text):
        self.record.commands.append(Note(self.record.now, text, "text"))
        self.record.states.append(Note(self.record.now, "driving", f"«{text}»"))

    def raise_event(self, name):
        self.record.events.append(Note(self.record.now, name))

    def picture(self):
        return None


@pytest.mark.parametrize(
    ("after_s", "steps"), [(3.0, {"drives off": True, "stops for the pedestrian": False}), (0.0, {}), (-1.0, {})]
)
def test_ctrl_c_leaves_what_was_measured_until_then(monkeypatch, tmp_path, after_s, steps):
    def stage(*_arguments):
        if after_s < 0.0:
            raise InterruptionError
        return Cut(after_s)

    monkeypatch.setattr(Player, "_stage", stage)
    monkeypatch.setattr(scenario, "ROOT", tmp_path)
    monkeypatch.setattr(scenario.supplies, "fetch", lambda *_arguments: None)
    done = CliRunner().invoke(scenario.app, ["run", "step_out", "--sim", "lockstep", "--seeds", "3", "--json"])
    assert done.exit_code == 130
    summary = json.loads(done.stdout)
    assert (summary["interrupted"], summary["passed"], len(summary["runs"])) == (True, False, 1)
    folder = next((tmp_path / "runs").iterdir()) / "seed_000"
    kept = json.loads((folder / "run.json").read_text())
    assert (kept["interrupted"], kept["passed"]) == (True, False)
    assert kept["seconds"] == pytest.approx(max(after_s, 0.0), abs=0.1)
    assert {step["name"]: step["done"] for step in kept["steps"]} == steps
    if steps:
        assert kept["steps"][-1]["outcome"].startswith("broken off; driving")
        assert [note["what"] for note in kept["commands"]] == ["go"]
        assert len((folder / "path.csv").read_text().splitlines()) > 50
    assert (folder / "path.png").stat().st_size > 0
    scenario.tell(summary, Console(quiet=True))


def test_the_tables_leave_an_interrupted_run_out_of_the_expectations():
    step = {"name": "goes", "began": 0.0, "ended": 1.0, "done": True, "outcome": ""}
    verdict = {"name": "collisions", "value": 0, "asked": "at most 0", "passed": True}
    whole = {"interrupted": False, "steps": [step], "verdicts": [verdict]}
    cut = {"interrupted": True, "steps": [step], "verdicts": []}
    summary = {"interrupted": True, "passed_seeds": 1, "seeds": 9, "folder": "x", "runs": [whole, cut]}
    console = Console(record=True, file=io.StringIO(), width=200)
    scenario.tell(summary, console)
    text = console.export_text()
    assert "1 of 1" in text
    assert "interrupted; 1 of 9 runs passed" in text


def test_the_demo_refuses_worlds_and_scenarios_that_are_not_there():
    with pytest.raises(KittError, match="moon"):
        demo.command(world="moon")
    with pytest.raises(KittError, match="moon"):
        demo.command(scenario="moon")


def test_the_recogniser_understands_every_line_that_a_scenario_says():
    ears = Ears()
    for name in names():
        for step in scenario_by_name(name).steps:
            if step.say is not None:
                heard = ears(step.say.file)
                assert [command.name for _, command in heard] == [step.until.command], step.say.text
                assert heard[0][1].source == "speech"
                assert heard[0][1].confidence >= car_parameters()[0].min_confidence
                assert 0.0 < heard[0][0] < 3.0


def test_a_line_names_its_recording():
    assert Line("What do you see?").file.name == "en_what_do_you_see.flac"
    assert Line("Arrête-toi !", "fr").file.name == "fr_arrête_toi.flac"


def test_a_film_keeps_the_pace_of_its_pictures(tmp_path):
    film, record = Film(all=True), Record()
    for i in range(10):
        picture = np.full((48, 64, 3), 20 * i, np.uint8)
        film.take(cv2.imencode(".jpg", picture)[1].tobytes(), 0.2 * i)
        record.samples.append(Sample(0.2 * i, Pose2D(), 0.0, {}))
    assert film.newest().shape == (48, 64, 3)
    path = tmp_path / "x.mp4"
    film.save(path, record)
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == pytest.approx(1.8 * 15, abs=2)
    with pytest.raises(KittError, match="no pictures"):
        Film().save(path, record)
    with pytest.raises(KittError, match="cannot be written"):
        film.save(tmp_path / "none" / "x.mp4", record)


def test_without_a_video_only_the_newest_picture_is_kept():
    film = Film()
    for i in range(3):
        film.take(cv2.imencode(".jpg", np.full((8, 8, 3), i, np.uint8))[1].tobytes(), float(i))
    assert len(film.frames) == 1
    assert film.frames[0][0] == 2.0
