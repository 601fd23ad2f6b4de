"""Every row of the table of faults, caused: bad data into the real gate, pictures into the detector's health, words of
nodes, battery and bumper into the controller. What the row says must happen, in three languages, and undo itself into
standing only."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from street import CAMERA, Street

from kitt_control.arbitration import Stick
from kitt_control.decision import GateFeedback, World
from kitt_control.events import FAULTS, Effect
from kitt_control.gate import SafetyGate
from kitt_control.parameters import GateParameters
from kitt_control.provenance import Provenance
from kitt_control.self_watch import SelfWatch, Status
from kitt_control.state_machine import State
from kitt_control.world import Odom, Scan, Track, TrackFrame
from kitt_core.contract import topic
from kitt_core.geometry import Twist2D
from kitt_core.health import Level, TopicHealth
from kitt_core.worker import WorkerStatus
from kitt_perception.detector_health import DetectorHealth
from kitt_perception.picture_health import PictureHealth

RAYS = np.full(180, np.inf)
PARTS = ("detector", "microphone", "recogniser")
BUSY = WorkerStatus(processed=1, replaced=0, failed=0, error="", busy_s=0.0)


class Rig(Street):
    """The street with a real gate, and with parts that speak on /diagnostics once a second."""

    def __init__(self, language: str = "en", source: str = "text") -> None:
        self.skew, self.ticking = 0.0, True
        super().__init__()
        self.c.language = language
        self.g = SafetyGate(GateParameters(require_odom=True))
        self.g.on_camera(CAMERA)
        self.watch = SelfWatch()
        self.picture, self.detector = PictureHealth(), DetectorHealth()
        self.rates = {name: TopicHealth(topic(name)) for name in ("/audio",)}
        self.source = source
        self.shot: Callable[[int], np.ndarray] = self.fine_shot
        self.error: dict[str, str] = {}
        self.silent: set[str] = set()  # parts and inputs
        self.lag = {"scan": 0.0, "tracks": 0.0, "odom": 0.0, "command": 0.0}
        self.ranges, self.odometry, self.boxes = RAYS, 0.0, ()
        self.wish: float | None = None
        self.audio = 50
        self.feedback: GateFeedback | None = None
        self.charge = 0.8
        self.spoil: Callable[[Provenance], Provenance] = lambda cause: cause
        self.ticks = 0

    @staticmethod
    def fine_shot(number: int) -> np.ndarray:
        return np.random.default_rng(number).integers(0, 255, (48, 64, 3), dtype=np.uint8)

    @property
    def ros(self) -> float:
        return self.now + 1000.0 + self.skew if self.ticking else 0.0

    def say(self, text: str, **changes: object) -> str:
        return super().say(text, **{"source": self.source, **changes})

    def speak(self) -> None:
        """What the parts say of themselves now."""
        health = self.rates["/audio"].judge(self.now)
        for part in PARTS:
            if part in self.silent:
                continue
            level = Level.ERROR if part in self.error else Level.OK
            values: dict[str, str] = {}
            if part == "detector" and self.detector.trouble:
                level, values = Level.ERROR, {"fault": self.detector.trouble}
            statuses = [Status(part, level, self.error.get(part, ""), values)]
            if part == "microphone":
                rate = {"rate_hz": f"{health.rate_hz:.2f}"}
                statuses.append(Status("microphone: publishes /audio", health.level, health.message, rate))
            self.watch.on_diagnostics(statuses, self.now)

    def sense(self) -> None:
        """Feed the gate as its node does."""
        now = self.now, self.ros
        if "scan" not in self.silent:
            stamp = self.ros - self.lag["scan"]
            self.g.on_scan(Scan(stamp, -math.pi, 2 * math.pi / 180, 0.1, 20.0, self.ranges), *now)
        if "odom" not in self.silent:
            self.g.on_odom(Odom(self.ros - self.lag["odom"], self.x, self.y, self.yaw, self.v + self.odometry), *now)
        self.picture.on_odom(self.x, self.y, self.yaw)
        self.detector.trouble = self.picture.judge(self.shot(self.ticks), self.now)
        if "tracks" not in self.silent and not self.detector.trouble:  # as the detector's node does
            self.g.on_tracks(self.boxes, self.ros - self.lag["tracks"], *now)

    def world(self) -> World:
        plain = super().world()
        sees = "tracks" not in self.silent and not self.detector.trouble
        self.frame = TrackFrame(self.ros - self.lag["tracks"]) if sees else getattr(self, "frame", None)
        if "odom" not in self.silent:
            self.odom = plain.odom
        gate = None if "gate" in self.silent else self.feedback
        troubles = self.watch.codes(self.now, self.c.p)
        senses = self.frame, CAMERA, self.odom, gate
        seen = self.ros - self.lag["scan"]
        return World(plain.now, plain.ros, *senses, scan_stamp=seen, troubles=troubles, stick=self.stick)

    def run(self, seconds: float):
        for _ in range(round(seconds / 0.05)):
            self.ticks += 1
            self.sense()
            self.watch.on_battery(self.charge)
            for _ in range(self.audio // 20 + (self.ticks % 20 < self.audio % 20)):
                self.rates["/audio"].seen(self.now, 0.02)
            if self.ticks % 20 == 0:
                self.speak()
            x, y, yaw = self.x, self.y, self.yaw
            out = super().run(0.05)
            self.now -= 0.05  # the gate's step is of the same moment
            if "command" not in self.silent:
                wish = out.desired if self.wish is None else Twist2D(self.wish, 0.0)
                stamp = self.ros - self.lag["command"]
                if "cause" not in self.silent:
                    told = dataclasses.replace(out.provenance(stamp), twist=wish)
                    self.g.on_cause(self.spoil(told), self.ros)
                self.g.on_command(wish, stamp, self.now, self.ros)
            verdict = self.g.step(self.now, self.ros)
            if "gate" not in self.silent:
                self.feedback = GateFeedback(verdict.reason.code, verdict.allowed, self.g.emergency, self.now)
            self.v = verdict.twist.linear
            self.x, self.y = x + self.v * math.cos(yaw) * 0.05, y
            self.now += 0.05
        assert self.out is not None
        return self.out


def put(name: str, value: object) -> Callable[[Rig], None]:
    return lambda rig: setattr(rig, name, value)


def late(kind: str, seconds: float) -> Callable[[Rig], None]:
    return lambda rig: rig.lag.update({kind: seconds})


def hush(*names: str) -> Callable[[Rig], None]:
    return lambda rig: rig.silent.update(names)


def spoil(**changes: object) -> Callable[[Rig], None]:
    """Tell a cause that is none."""
    return lambda rig: setattr(rig, "spoil", lambda cause: dataclasses.replace(cause, **changes))  # type: ignore[arg-type]


def never(kind: str) -> Callable[[Rig], None]:
    """As if an input had never come."""

    def cause(rig: Rig) -> None:
        rig.silent.add(kind)
        getattr(rig.g, f"_{kind}").forget()

    return cause


def say_often(rig: Rig) -> None:
    for _ in range(12):
        rig.say("faster")


def touch(rig: Rig) -> None:
    rig.watch.on_bumper(True, rig.now)


def disk_full(rig: Rig) -> None:
    full = Status("recorder", Level.ERROR, "the disk is full", {"fault": "recorder_disk_full"})
    rig.watch.on_diagnostics([full], rig.now)


def jump(rig: Rig) -> None:
    rig.skew += 30.0


def no_time(rig: Rig) -> None:
    rig.ticking = False


DARK = np.full((48, 64, 3), 4, np.uint8)
CAUSES: dict[str, Callable[[Rig], None]] = {
    "gate_silent": hush("gate"),
    "odom_silent": hush("odom"),
    "tracks_silent": hush("tracks"),
    "bumper": touch,
    "battery_empty": put("charge", 0.05),
    "battery_low": put("charge", 0.15),
    "camera_frozen": put("shot", lambda number: Rig.fine_shot(0)),
    "camera_dark": put("shot", lambda number: DARK + np.uint8(number % 2)),
    "camera_covered": put("shot", lambda number: DARK + np.uint8(90 + number % 2)),
    "detections_impossible": lambda rig: rig.error.update(detector=DetectorHealth().fault(BUSY, 0.2, 1e12)),
    "microphone_dead": lambda rig: rig.error.update(microphone="it was unplugged"),
    "microphone_muted": lambda rig: rig.watch.on_diagnostics(
        [Status("microphone_of_another", Level.WARN, "zeros", {"fault": "microphone_muted"})], rig.now
    ),
    "node_silent": hush("recogniser"),
    "node_late": put("audio", 20),
    "node_flooding": put("audio", 90),
    "recorder_disk_full": disk_full,
    "manual_invalid": lambda rig: setattr(rig, "stick", Stick(Twist2D(math.nan, 0.0), rig.ros, rig.now)),
    "commands_flood": say_often,
    "no_clock": no_time,
    "clock_jump": jump,
    "no_command": never("command"),
    "command_stale": late("command", 0.4),
    "command_invalid": put("wish", math.nan),
    "command_out_of_range": put("wish", 99.0),
    "command_future": late("command", -0.3),
    "cause_missing": hush("cause"),
    "cause_broken": spoil(track_id="", behaviour="following"),
    "cause_stale": spoil(frame=1000.0),
    "cause_future": spoil(end=1e10),
    "scan_missing": never("scan"),
    "scan_stale": late("scan", 0.5),
    "scan_invalid": put("ranges", np.full(180, np.nan)),
    "scan_future": late("scan", -0.3),
    "tracks_missing": never("tracks"),
    "tracks_stale": late("tracks", 0.5),
    "tracks_invalid": put("boxes", (Track("1", "person", 0.9, math.nan, 0.0, 1.0, 1.0),)),
    "tracks_future": late("tracks", -0.3),
    "camera_unknown": lambda rig: setattr(rig.g, "camera", None),
    "odom_missing": never("odom"),
    "odom_stale": late("odom", 0.55),
    "odom_invalid": put("odometry", math.nan),
    "odom_future": late("odom", -0.3),
}
STOPS = (Effect.SOFT_STOP, Effect.IMMEDIATE_STOP)
# they hold for a moment only, or while it wishes to move
BLINKS = {"clock_jump", "commands_flood", "cause_missing", "cause_broken", "cause_stale", "cause_future"}


def test_every_row_has_its_cause():
    assert set(CAUSES) == set(FAULTS)


def driving(language: str = "en", source: str = "text") -> Rig:
    rig = Rig(language, source)
    rig.run(2.0)
    word = {"en": "go", "fr": "roule", "es": "conduce"}[language]
    assert rig.say(word) == ""
    out = rig.run(2.0)
    assert (out.state, out.faults) == (State.DRIVING, ())
    assert rig.v > 1.0
    return rig


def cause(rig: Rig, code: str, seconds: float) -> set[str]:
    """Cause a fault and drive on; the codes that were seen on the way."""
    CAUSES[code](rig)
    seen: set[str] = set()
    for _ in range(round(seconds / 0.05)):
        seen |= {fault.code for fault in rig.run(0.05).faults}
    return seen


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize(
    "language", ["en", pytest.param("fr", marks=pytest.mark.slow), pytest.param("es", marks=pytest.mark.slow)]
)
def test_each_fault_is_seen_does_what_its_row_says_and_is_told(code, language):
    row, rig = FAULTS[code], driving(language)
    rig.said.clear()
    seen = cause(rig, code, 7.0)
    assert code in seen
    if row.effect in STOPS:
        assert rig.v == 0.0
        assert State.FAULTED in rig.states
        words = {FAULTS[other].words[language] for other in seen}
        assert any(word in text for word in words for text in rig.said)
        assert rig.say("go", language=language) == ("refused_fault" if code not in BLINKS else "")
    elif code == "camera_unknown":  # once driving, the gate alone refuses
        assert rig.v == 0.0
    else:
        assert (rig.c.state, rig.v > 1.0) == (State.DRIVING, True)
    rig.say({"en": "how are you", "fr": "comment vas-tu", "es": "cómo estás"}[language])
    rig.run(0.05)
    if code not in BLINKS:
        assert row.words[language] in rig.said[-1]


@pytest.mark.parametrize("code", [row.code for row in FAULTS.values() if row.effect in STOPS and row.code != "bumper"])
def test_when_the_fault_is_gone_the_car_stands_and_a_new_command_moves_it(code):
    rig = driving()
    cause(rig, code, 4.0)
    fresh = Rig()
    for name in ("lag", "ranges", "odometry", "boxes", "wish", "charge", "shot", "error", "spoil"):
        setattr(rig, name, getattr(fresh, name))
    rig.silent.clear()
    rig.ticking = True
    rig.g.on_camera(CAMERA)
    rig.run(3.0)
    assert (rig.c.state, rig.v, rig.c.faults) == (State.STOPPED, 0.0, ())
    assert rig.say("go") == ""
    rig.run(2.0)
    assert rig.v > 1.0


@pytest.mark.parametrize("code", [row.code for row in FAULTS.values() if row.effect is Effect.IMMEDIATE_STOP])
def test_an_immediate_stop_is_immediate(code):
    rig = driving()
    cause(rig, code, 0.15)
    assert (rig.c.state, rig.v) == (State.FAULTED if code not in BLINKS else rig.c.state, 0.0)


def test_no_entry_refuses_new_motion_and_lets_what_goes_on_go_on():
    rig = driving()
    cause(rig, "battery_low", 1.0)
    assert rig.v > 1.0
    assert rig.say("turn left") == "refused_fault"
    rig.say("stop")
    rig.run(1.0)
    assert rig.say("go") == "refused_fault"
    rig.run(0.1)
    assert "I cannot: my battery is low." in rig.said


def test_a_dead_microphone_stops_what_was_spoken_and_not_what_was_typed():
    for source, moves in (("speech", False), ("text", True)):
        rig = driving(source=source)
        cause(rig, "microphone_dead", 3.0)
        assert (rig.v > 1.0) == moves
        assert rig.say("go", source="speech") == "refused_fault"
        assert ("I stop: I hear nothing." in rig.said) == (not moves)
        assert rig.say("go", source="text") == ""
        rig.run(2.0)
        assert rig.v > 1.0


def test_the_bumper_counts_while_it_touches_and_two_seconds_on():
    rig = driving()
    cause(rig, "bumper", 3.0)
    assert rig.c.state is State.FAULTED
    rig.watch.on_bumper(False, rig.now)
    rig.run(2.5)
    assert rig.c.state is State.STOPPED


def test_odd_words_and_charges_change_nothing():
    watch, p = SelfWatch(), Rig().c.p
    for charge in (math.nan, -1.0, 2.0, math.inf):
        watch.on_battery(charge)
        assert watch.codes(0.0, p) == ()
    watch.on_battery(0.05, present=False)
    assert watch.codes(0.0, p) == ("battery_empty",)
    watch.on_battery(0.0, present=False)
    odd = [Status("", 2), Status(":" * 9, 9), Status("x: publishes /audio", 1, "", {"rate_hz": "many"}),
           Status("detector", 0, "", {"fault": "no such fault"}), Status("x: publishes /nothing", 2)]  # fmt: skip
    watch.on_diagnostics(odd, 0.0)
    watch.on_diagnostics((Status(f"node{i}", 0) for i in range(1000)), 0.0)
    assert watch.codes(0.1, p) == ()
    assert len(watch._heard) <= 100
