"""A stage with the real nodes: the launch file, a simulator, the microphone's folder, and a watcher beside them."""

from __future__ import annotations

import contextlib
import math
import shutil
import time
from collections import deque
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from kitt_cli.demo.report import RunReport
from kitt_cli.demo.run import into_microphone, wait_until_ready
from kitt_cli.demo.watch import Watcher
from kitt_cli.launch import ament, parse
from kitt_cli.launch.run import LaunchSession
from kitt_cli.scenario.film import Film
from kitt_core.contract import topic
from kitt_core.convert import stamp_ns
from kitt_core.geometry import Pose2D, yaw_from_quaternion
from kitt_core.ports import message_type
from kitt_inference.errors import KittError
from kitt_sim.scenarios.record import Note, Record, Sample
from kitt_sim.world import World
from kitt_sim.worlds import dump

_SILENT_S = 8.0
"""Without ground truth for so long the run is over: the simulator has gone."""


class LiveStage:
    """Use as a context manager: it starts the car and ends it, whatever happens."""

    def __init__(self, world: World, arguments: dict[str, str], folder: Path, film: Film) -> None:
        """`arguments` are the launch file's; the world is written into `folder`, whence the simulator reads it."""
        self.record, self.film, self.world = Record(), film, world
        self._folder, self._log_path = folder, folder / "nodes.log"
        self._spool = folder / "microphone"
        self._spool.mkdir(parents=True, exist_ok=True)
        (folder / "world.json").write_text(dump(world))
        file = ament.find_launch_file("kitt_bringup", "kitt.launch.xml")
        all_arguments = {**arguments, "world": str(folder / "world.json"), "microphone": f"player:{self._spool}"}
        self._description = parse.load(file, all_arguments)
        self._tail: deque[str] = deque(maxlen=12)
        self._said = 0
        self._heard_at = time.monotonic()
        self._log: TextIO | None = None

    def __enter__(self) -> LiveStage:
        self._log = self._log_path.open("w")
        self._session = LaunchSession(self._description, on_line=self._keep)
        self.watcher = Watcher(RunReport())
        try:
            for name in ("/sim/event", "/camera/image_raw/compressed"):
                self.watcher.listen(name)
            self._event = self.watcher.advertise("/sim/event")
            self._session.start()
            wait_until_ready(self.watcher, self._session, self._tail, self._log_path)
        except BaseException:
            self.__exit__()
            raise
        self._heard_at = time.monotonic()
        self.watcher.also = self._take
        self.watcher.begin()
        deadline = time.monotonic() + _SILENT_S
        while not self.record.samples and time.monotonic() < deadline:  # the play begins with a true state to look at
            time.sleep(0.01)
        return self

    def __exit__(self, *_error: object) -> None:
        # the car first: the nodes stop it on SIGINT, before anything else is put away
        self._session.stop(timeout=20.0)
        self.watcher.close()
        if self._log is not None:
            self._log.close()
        shutil.rmtree(self._spool, ignore_errors=True)

    def advance(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self._session.alive and time.monotonic() - self._heard_at < _SILENT_S

    def say(self, sound: Path) -> None:
        self._said += 1
        into_microphone(sound, self._spool, f"{self._said:03}")

    def type(self, text: str) -> None:
        self.watcher.type_line(text)

    def raise_event(self, name: str) -> None:
        self._event.publish(message_type(topic("/sim/event").type)(data=name))

    def kill(self, node: str) -> None:
        try:
            self._session.kill(node)
        except KeyError:
            running = ", ".join(sorted(self._session.processes))
            raise KittError(f"there is no node {node} to kill", f"there are {running}") from None

    def picture(self) -> NDArray[np.uint8] | None:
        return self.film.newest()

    def _keep(self, line: str) -> None:
        if self._log is not None and not self._log.closed:
            with contextlib.suppress(OSError):  # the car drives on where the disk is full
                self._log.write(line + "\n")
                self._log.flush()
        self._tail.append(line)

    def _take(self, name: str, message: Any) -> None:
        """A message, in the watcher's thread."""
        record, t = self.record, self.watcher.elapsed()
        if name == "/sim/ground_truth":
            self._truth(message)
        elif name == "/kitt/state":
            if not record.states or (record.states[-1].what, record.states[-1].more) != (message.state, message.reason):
                record.states.append(Note(t, message.state, message.reason))
        elif name == "/kitt/gate":
            if not record.gate or record.gate[-1].what != message.reason:
                record.gate.append(Note(t, message.reason, message.message))
        elif name == "/say":
            record.sayings.append(Note(t, message.text, message.language))
        elif name == "/voice/command":
            record.commands.append(Note(t, message.command, message.source))
        elif name == "/sim/event":
            record.events.append(Note(t, message.data))
        elif name == "/sim/collision":
            record.collisions.append(Note(t, message.object_id, f"{message.speed:.2f} m/s"))
        elif name == "/camera/image_raw/compressed":
            self.film.take(bytes(message.data), t)

    def _truth(self, message: Any) -> None:
        self._heard_at = time.monotonic()
        t = stamp_ns(message.header.stamp) * 1e-9 - (self.watcher.now() - self.watcher.elapsed())
        if t < 0.0 or (self.record.samples and t <= self.record.samples[-1].t):
            return
        start = self.world.spawn
        at, q = message.car.position, message.car.orientation
        yaw = yaw_from_quaternion(q.x, q.y, q.z, q.w)
        pose = Pose2D(*start.to_parent(at.x, at.y), start.yaw + yaw)
        people = {
            o.id: start.to_parent(o.pose.position.x, o.pose.position.y)
            for o in message.objects
            if o.class_name == "person"
        }
        speed = message.car_twist.linear.x
        self.record.least_person_distance = float(message.least_person_distance)
        self.record.samples.append(Sample(t, pose, speed if math.isfinite(speed) else 0.0, people))
