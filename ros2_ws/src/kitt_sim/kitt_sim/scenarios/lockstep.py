"""The car's own modules stepped in one process with simulated time: no ROS, no clock of the machine, repeatable.

Detector, tracker, controller and safety gate are those of the nodes, at the nodes' rates. What the nodes add is
modelled by two constants: a frame's tracks arrive `FRAME_AGE_S` after it was taken, and the gate's step follows half a
period after the controller's. What is not there: the transport, the microphone's device, diagnostics other than of the
picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kitt_control.behaviours import Controller
from kitt_control.commands import Command
from kitt_control.corridor import ScanPoints, Shape, free_way, scan_points
from kitt_control.decision import Decision, GateFeedback
from kitt_control.decision import World as Known
from kitt_control.gate import SafetyGate
from kitt_control.parameters import ControllerParameters, GateParameters
from kitt_control.world import Camera, Odom, Scan, Track, TrackFrame
from kitt_inference.errors import KittError
from kitt_perception.detector_parameters import DetectorParameters
from kitt_perception.picture_health import PictureHealth
from kitt_perception.pipeline import Pipeline
from kitt_perception.traffic_light import color_of
from kitt_sim.camera_fault import CameraFault
from kitt_sim.scenarios.record import Note, Record, Sample
from kitt_sim.simulator import Simulator
from kitt_sim.world import World
from kitt_text.understanding import Understander

FRAME_AGE_S = 0.1
"""From a picture to its tracks [s]: more than the nodes' 95th percentile with PicoDet-S on two cores (see docs)."""
STEP_S = 0.01
Hear = Callable[[Path], list[tuple[float, Command]]]
"""A recording to the commands that the recogniser makes of it, each with the time after its start [s]."""
Film = Callable[[NDArray[np.uint8], float], None]
_WARM_UP_S = 1.5  # the nodes, too, are up and well before anything begins
_PERIODS = {"control": 5, "scan": 10, "odom": 4, "truth": 2}
_CAMERA_HZ = 15.0
_COAST_S = DetectorParameters().track_coast
_START = 1000.0  # ROS time of the start [s]; 0 would mean that there is no clock


class Lockstep:
    """A stage that is as fast as the detector. One thread."""

    def __init__(
        self,
        world: World,
        pipeline: Pipeline,
        controller: ControllerParameters,
        gate: GateParameters,
        understander: Understander,
        hear: Hear,
        film: Film = lambda picture, t: None,
        simulator: Simulator | None = None,
    ) -> None:
        """`hear` is the recogniser, `film` gets each picture (H, W, 3) with its time [s].

        `simulator` is one that is at `world`'s start; the built-in one where it is not given.
        """
        self.record = Record()
        self._simulator = simulator or Simulator(world)
        self._pipeline, self._film, self._hear = pipeline, film, hear
        self._controller, self._gate = Controller(controller), SafetyGate(gate)
        self._understander = understander
        camera = self._simulator.camera
        self._camera = Camera(camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy)
        self._gate.on_camera(self._camera)
        self._ticks = 0
        self._next_frame = 0.0
        self._coming: list[TrackFrame] = []
        self._frame: TrackFrame | None = None
        self._scan: tuple[float, ScanPoints] | None = None
        self._odom: Odom | None = None
        self._feedback: GateFeedback | None = None
        self._fault, self._health = CameraFault(), PictureHealth()
        self._picture: NDArray[np.uint8] | None = None
        self._troubles: tuple[str, ...] = ()
        self._collisions = self._happened = 0
        self._spoken: list[tuple[float, Command]] = []
        while self.now < _WARM_UP_S:
            self._step()

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        return self._ticks * STEP_S

    @property
    def _t(self) -> float:
        """Seconds since the run's start."""
        return self.now - _WARM_UP_S

    @property
    def _ros(self) -> float:
        return _START + self.now

    def advance(self, seconds: float) -> bool:
        for _ in range(round(seconds / STEP_S)):
            self._step()
            if self._ticks % _PERIODS["truth"] == 0:
                self._note()
        return True

    def say(self, sound: Path) -> None:
        self._spoken += [(self._ros + after_s, command) for after_s, command in self._hear(sound)]

    def type(self, text: str) -> None:
        understood = self._understander.understand(text, "en")
        self._obey(Command.of(understood, "text", self._ros, self._ros))

    def raise_event(self, name: str) -> None:
        if not self._fault.take(name):
            self._simulator.actors.raise_event(name)
        self.record.events.append(Note(self._t, name))

    def kill(self, node: str) -> None:
        raise KittError(f"there is no node {node} to kill in lockstep", "run it with --sim builtin or gazebo")

    def picture(self) -> NDArray[np.uint8] | None:
        return self._picture

    def _obey(self, command: Command) -> None:
        self._controller.command(command, self._known())
        self.record.commands.append(Note(self._t, command.name, command.source))

    def _step(self) -> None:
        simulator = self._simulator
        simulator.step(STEP_S)
        self._ticks += 1
        steady = ros = self._ros
        if self._ticks % _PERIODS["odom"] == 0:
            odom = simulator.odom()
            self._odom = Odom(ros, odom.pose.x, odom.pose.y, odom.pose.yaw, odom.twist.linear, odom.twist.angular)
            self._gate.on_odom(self._odom, steady, ros)
            self._health.on_odom(odom.pose.x, odom.pose.y, odom.pose.yaw)
        if self._ticks % _PERIODS["scan"] == 0:
            self._look_around(ros)
        if self.now + 1e-9 >= self._next_frame:
            self._next_frame += 1.0 / _CAMERA_HZ
            self._look(ros)
        if self._coming and ros >= self._coming[0].stamp + FRAME_AGE_S - 1e-9:
            self._frame = self._coming.pop(0)
            self._gate.on_tracks(self._frame.tracks, self._frame.stamp, steady, ros)
        while self._spoken and ros >= self._spoken[0][0]:
            self._obey(replace(self._spoken.pop(0)[1], begin=ros - 0.5, end=ros - 0.2))
        if self._ticks % _PERIODS["control"] == 0:
            decision = self._decide()
            self._gate.on_command(decision.desired, ros, steady, ros)
            self._gate.on_cause(decision.provenance(ros), ros)
        if self._ticks % _PERIODS["control"] == 2:
            self._permit(steady, ros)

    def _look_around(self, ros: float) -> None:
        scan = self._simulator.scan()
        ranges = scan.ranges.astype(np.float64)
        taken = Scan(ros, scan.angle_min, scan.angle_increment, scan.range_min, scan.range_max, ranges)
        p = self._controller.p
        points = scan_points(taken, p.scan_x, p.scan_yaw)
        self._scan = None if points is None else (ros, points)
        self._gate.on_scan(taken, ros, ros)

    def _look(self, ros: float) -> None:
        picture = self._fault.apply(self._simulator.render())
        self._picture = picture
        seen = self._pipeline.track(self._pipeline.detect(picture), ros)
        tracks = tuple(
            Track(
                str(t.track_id), t.label, float(t.score), float(t.box_xyxy[0] + t.box_xyxy[2]) / 2,
                float(t.box_xyxy[1] + t.box_xyxy[3]) / 2, float(t.box_xyxy[2] - t.box_xyxy[0]),
                float(t.box_xyxy[3] - t.box_xyxy[1]),
                color_of(picture, t.box_xyxy) if t.label == "traffic light" else "",
            )
            for t in seen.tracks
            if t.confirmed and t.time_since_update_s <= _COAST_S
        )  # fmt: skip
        trouble = self._health.judge(picture, ros)
        self._troubles = (trouble,) if trouble else ()
        if not trouble:  # no tracks rather than false ones, as in the detector node
            self._coming.append(TrackFrame(ros, tracks))
        self._film(picture, self._t)

    def _known(self) -> Known:
        p, ros = self._controller.p, self._ros
        shape = Shape(p.front, p.rear, p.width, 0.0)
        ahead = back = 0.0
        stamp = points = None
        if self._scan is not None:
            stamp, points = self._scan[0], self._scan[1].points
            ahead, back = (free_way(points, sign, 0.0, shape, 5.0) for sign in (1.0, -1.0))
        return Known(
            ros, ros, self._frame, self._camera, self._odom, self._feedback, ahead, back, stamp, points,
            troubles=self._troubles,
        )  # fmt: skip

    def _decide(self) -> Decision:
        decision = self._controller.tick(self._known())
        t, record = self._t, self.record
        if not record.states or (record.states[-1].what, record.states[-1].more) != (
            decision.state.value, decision.reason,
        ):  # fmt: skip
            record.states.append(Note(t, decision.state.value, decision.reason))
        record.sayings += [Note(t, saying.text, saying.language) for saying in decision.sayings]
        return decision

    def _permit(self, steady: float, ros: float) -> None:
        out = self._gate.step(steady, ros)
        self._feedback = GateFeedback(out.reason.code, out.allowed, self._gate.emergency, steady)
        if not self.record.gate or self.record.gate[-1].what != out.reason.code:
            t = self._t
            self.record.gate.append(Note(t, out.reason.code, out.message))
        self._simulator.command(out.twist)

    def _note(self) -> None:
        simulator, t = self._simulator, self._t
        people = {p.id: (w.pose.x, w.pose.y) for p, w in zip(simulator.world.people, simulator.walkers, strict=True)}
        record = self.record
        record.samples.append(Sample(t, simulator.state.pose, simulator.state.speed, people))
        record.least_person_distance = simulator.least_person_distance
        record.events += [Note(t, name) for name in simulator.actors.happened[self._happened :]]
        self._happened = len(simulator.actors.happened)
        for event in simulator.collisions[self._collisions :]:
            record.collisions.append(Note(t, event.object_id, f"{event.speed:.2f} m/s"))
        self._collisions = len(simulator.collisions)
