"""One run of a scenario for one seed: the stage, the play, the judgement, and the folder that keeps it all."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from kitt_cli.bootstrap.places import ROOT
from kitt_cli.interruption import InterruptionError
from kitt_cli.scenario.ears import Ears
from kitt_cli.scenario.film import Film
from kitt_cli.supplies import LAUNCHED_AS
from kitt_control.parameters import ControllerParameters, GateParameters
from kitt_inference.errors import KittError
from kitt_perception.pipeline import Loaded, Pipeline, Wish, load
from kitt_sim.gazebo.stepped import SteppedGazebo
from kitt_sim.scenarios import judge, runner
from kitt_sim.scenarios.lockstep import Lockstep
from kitt_sim.scenarios.picture import path_picture
from kitt_sim.scenarios.record import Record
from kitt_sim.scenarios.scenario import Scenario
from kitt_sim.scenarios.stage import Stage
from kitt_sim.world import World
from kitt_text.understanding import Understander

SIMULATORS = (*LAUNCHED_AS, "lockstep", "gazebo-lockstep")
Tick = Callable[[str, Record], None]


@dataclass
class Settings:
    """What was asked for on the command line."""

    sim: str
    model: str
    folder: Path
    video: Path | None = None


class Player:
    """Plays seeds one after the other; what is slow to load is loaded once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._loaded: Loaded | None = None
        self._ears = Ears()

    def run(self, scenario: Scenario, seed: int, on_tick: Tick) -> dict[str, Any]:
        """Plays a scenario; what happened is in the folder `seed_N`, and in short in the result.

        After Ctrl-C the car has been stopped, and the result says `interrupted`: it is of what happened until then.

        Raises:
            KittError: the car did not come up, or a file cannot be written.
        """
        folder = self.settings.folder / f"seed_{seed:03}"
        folder.mkdir(parents=True, exist_ok=True)
        world, steps = scenario.staged(seed)
        film = Film(all=self.settings.video is not None)
        record, results, interrupted = Record(), list[runner.StepResult](), True  # unless it comes to its end
        with suppress(InterruptionError), ExitStack() as stack:
            stage = self._stage(world, folder, film, stack)
            record, shots = stage.record, _Shots(folder, stage)

            def tick(step: str, record: Record) -> None:
                shots.look(step)
                on_tick(step, record)

            runner.play(scenario, steps, stage, tick, results)
            shots.last()
            interrupted = False
        verdicts = judge.judge(scenario, world, record, results) if record.samples else []
        return self._keep(scenario, seed, world, record, results, verdicts, folder, film, interrupted)

    def _stage(self, world: World, folder: Path, film: Film, stack: ExitStack) -> Stage:
        if self.settings.sim in LAUNCHED_AS:
            from kitt_cli.scenario.live import LiveStage

            arguments = {"sim": LAUNCHED_AS[self.settings.sim], "model": self.settings.model, "window": "false"}
            return stack.enter_context(LiveStage(world, arguments, folder, film))
        self._loaded = self._loaded or load(Wish(self.settings.model, threads=1))
        controller, gate = car_parameters()

        def take(picture: NDArray[np.uint8], t: float) -> None:
            if film.all and t >= 0.0:
                film.take(cv2.imencode(".jpg", picture)[1].tobytes(), t)

        understander = Understander.open(strict=False)
        simulator = None
        if self.settings.sim == "gazebo-lockstep":
            simulator = SteppedGazebo(world)
            stack.callback(simulator.close)
        pipeline = Pipeline(self._loaded)
        return Lockstep(world, pipeline, controller, gate, understander, self._ears, take, simulator)

    def _keep(
        self,
        scenario: Scenario,
        seed: int,
        world: World,
        record: Record,
        steps: list[runner.StepResult],
        verdicts: list[judge.Verdict],
        folder: Path,
        film: Film,
        interrupted: bool,
    ) -> dict[str, Any]:
        passed = not interrupted and all(verdict.passed for verdict in verdicts)
        summary: dict[str, Any] = {
            "scenario": scenario.name, "sim": self.settings.sim, "seed": seed, "passed": passed,
            "interrupted": interrupted,
            "seconds": round(record.now, 2), "distance_m": round(record.travelled(0.0), 1),
            "steps": [_rounded(asdict(step)) for step in steps], "verdicts": [_rounded(asdict(v)) for v in verdicts],
            "folder": str(folder),
        }  # fmt: skip
        notes = ("states", "sayings", "commands", "events", "collisions", "gate")
        details = {name: [_rounded(asdict(note)) for note in getattr(record, name)] for name in notes}
        (folder / "run.json").write_text(json.dumps(summary | details, indent=1))
        with (folder / "path.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["t_s", "x_m", "y_m", "yaw_rad", "speed_m_s"])
            rows.writerows([f"{v:.4f}" for v in (s.t, s.pose.x, s.pose.y, s.pose.yaw, s.speed)] for s in record.samples)
        outcome = "interrupted" if interrupted else "passed" if passed else "FAILED"
        title = f"{scenario.name}, {self.settings.sim}, seed {seed}: {outcome}"
        if not cv2.imwrite(str(folder / "path.png"), path_picture(world, record, steps, title)):
            raise KittError(f"{folder / 'path.png'} cannot be written", "make room there")
        if self.settings.video is not None and (film.frames or not interrupted):
            video = self.settings.video
            film.save(video if seed == 0 else video.with_stem(f"{video.stem}_{seed:03}"), record)
        return summary


class _Shots:
    """A screenshot at each step's beginning and at the end."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self._folder, self._stage, self._step, self._count = folder, stage, "", 0

    def look(self, step: str) -> None:
        if step != self._step:
            self._step, self._count = step, self._count + 1
            self._save(f"screenshot_{self._count}.jpg")

    def last(self) -> None:
        self._save("screenshot_end.jpg")

    def _save(self, name: str) -> None:
        picture = self._stage.picture()
        if picture is not None:
            cv2.imwrite(str(self._folder / name), picture)


def _rounded(data: dict[str, Any]) -> dict[str, Any]:
    """Numbers to thousandths; what is not finite becomes null, since JSON has no word for it."""
    return {
        key: (round(value, 3) if math.isfinite(value) else None) if isinstance(value, float) else value
        for key, value in data.items()
    }


def car_parameters() -> tuple[ControllerParameters, GateParameters]:
    """Controller and gate as the launch file sets them for the built-in simulator's car."""
    file = ROOT / "launch" / "config" / "car_builtin.yaml"
    given = yaml.safe_load(file.read_text())["/**"]["ros__parameters"]
    controller = {k: v for k, v in given.items() if k in ControllerParameters.__dataclass_fields__}
    gate = {k: v for k, v in given.items() if k in GateParameters.__dataclass_fields__}
    return ControllerParameters(**controller), GateParameters(**gate)
