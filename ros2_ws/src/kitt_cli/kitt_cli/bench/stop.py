"""`kitt bench stop`: how long «stop» takes until /cmd_vel is zero.

Spoken, it is played into a null sink of a sound server and takes the way of every sound: microphone, recogniser,
controller, gate. The time runs from the last sample of the word, as another listener at the sink has it.
"""

from __future__ import annotations

import math
import random
import signal
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from kitt_cli.bench.over_ros import ros_missing
from kitt_cli.bench.pulse import Monitor, PulseServer, missing, place
from kitt_cli.bench.simulated_car import SimulatedCar, environment, simulated_car
from kitt_cli.bench.statistics import machine, percentiles_ms
from kitt_cli.demo.script import LINES
from kitt_cli.speech import sound
from kitt_cli.speech.evaluate import keep_split
from kitt_console.links import free_port
from kitt_inference.errors import KittError
from kitt_text.grammar import default_grammar
from kitt_voice import models
from kitt_voice.evaluation import Clip, read_manifest
from kitt_voice.evaluation_audio import active_rms, embed, to_int16, word_end
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.speech.evaluation import answers

WAYS = ("speech", "text", "console")
TARGET_MS = {"p95_ms": 350.0, "p99_ms": 500.0}
PATIENCE_S = 1.5  # a stop that has not come so long after its word was not heard
BEFORE_S, AFTER_S = 0.5, 0.6  # of the recording's own background around it
_TOGETHER_S = 0.3  # the command is heard here about when it is obeyed, on a busy machine in either order
TALK_S = 2.6  # KITT talks on for so long at least when the word is played
_DISTURBED = 5  # trials in a row that something else may end


@dataclass(frozen=True)
class Plan:
    """What was asked for: the way of the stop, how often, a manifest of recordings («» the demo's line), the seed."""

    way: str = "speech"
    trials: int = 100
    manifest: Path | None = None
    seed: int = 0
    whole: bool = False  # with simulator, camera and detector beside it
    talking: bool = False  # while KITT itself speaks into the same room


@dataclass
class Trial:
    """One stop. Times are seconds since the word's last sample, or since it was sent; NaN: it did not happen."""

    name: str
    command_s: float = math.nan
    zero_s: float = math.nan
    own_db: float = math.nan  # how much louder than the word was what could be heard before it: KITT's own voice

    @property
    def heard(self) -> bool:
        return math.isfinite(self.zero_s)


def bench_stop(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Drive, stop, measure, again and again; interrupted, it reports what it has.

    Raises:
        KittError: no ROS, no sound server, no recordings, or the car does not come up or drive.
    """
    if plan.way not in WAYS:
        raise KittError(f"--by {plan.way} is not known", f"there are {', '.join(WAYS)}")
    if plan.talking and plan.way != "speech":
        raise KittError("what KITT says itself is in the way of a spoken stop alone", "give --talking --by speech")
    if lacking := ros_missing() or (missing() if plan.way == "speech" else ""):
        raise KittError("a stop cannot be measured here", lacking)
    about = machine()
    trials: list[Trial] = []
    own: list[float] = []  # when KITT took its own voice for a stop
    disturbed = 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kitt-stop-")))
        sounds = recordings(plan.manifest, plan.seed) if plan.way == "speech" else None
        arguments, needed, monitor = {"ears": "false"}, {"/cmd_vel", "/odom"}, None
        server = stack.enter_context(_sound_server(folder / "pulse")) if plan.way == "speech" else None
        if server is not None:
            arguments, needed = {"ears": "true", "microphone": "pulse"}, {*needed, "/voice/activity"}
            if plan.talking:
                arguments, needed = arguments | {"voice": "true", "speaker": "pulse"}, {*needed, "/speaker/state"}
            monitor = server.monitor()
            stack.callback(monitor.stop)
        port = free_port(8480) if plan.way == "console" else None
        if port is not None:
            arguments |= {"console": "true", "console_port": str(port)}
        car = stack.enter_context(simulated_car(needed, whole=plan.whole, **arguments))

        def once() -> Trial | None:
            if server is None or monitor is None or sounds is None:
                return _sent(car, port)
            if plan.talking:
                begin = time.time()
                if not car.talk(next(talk), TALK_S) or car.zero_at is not None:
                    own.extend(at for at in car.commands if at >= begin)
                    return None
            return _said(car, server, monitor, *next(sounds), folder / "word.wav")

        talk = _talk(plan.seed)
        try:
            for trial in _stops(car, once, tell):
                if trial is None:
                    disturbed += 1
                    continue
                trials.append(trial)
                tell(f"{len(trials)} of {plan.trials}: {trial.name}: {_words(trial)}")
                if len(trials) == plan.trials:
                    break
        except KeyboardInterrupt:
            tell("interrupted; this is what was measured until then")
    return _report(plan, trials, about, disturbed, len(own))


def _stops(car: SimulatedCar, once: Callable[[], Trial | None], tell: Callable[[str], None]) -> Iterator[Trial | None]:
    """Drive and stop without end; None where something else has stopped it."""
    disturbed = 0
    while True:
        car.drive()
        trial = once()
        car.rest()
        yield trial
        if trial is not None:
            disturbed = 0
            continue
        disturbed += 1
        tell(f"not counted, something else stopped it: {car.why}")
        if disturbed > _DISTURBED:
            raise KittError(f"again and again something else stops the car: {car.why}", "is the machine busy?")


@contextmanager
def _sound_server(folder: Path) -> Iterator[PulseServer]:
    """A server for this process's children."""
    folder.mkdir()
    server = PulseServer(folder)
    server.start()
    try:
        with environment("PULSE_SERVER", server.environment["PULSE_SERVER"]):
            yield server
    finally:
        server.kill()


def recordings(manifest: Path | None, seed: int) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Recordings of «stop» in all languages, of speakers that no network has learnt from, in an order of chance.

    Without a manifest, the demo's line. Raises KittError when there are none.
    """
    if manifest is None:
        line = next(line for line in LINES if line.command == "stop")
        clips = [Clip(line.file, "stop", "en", "stop")]
    else:
        clips = [c for c in read_manifest(manifest, default_grammar(), keep_split("test")) if c.meaning == "stop"]
        if not clips:
            raise KittError(f"{manifest} has no «stop» of a test speaker")
    chance = random.Random(seed)

    def endless() -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
        while True:
            for clip in chance.sample(clips, len(clips)):
                yield f"{clip.words} ({clip.language}, {clip.speaker or 'demo'})", sound.read_clip(clip)

    return endless()


def _talk(seed: int) -> Iterator[str]:
    """What KITT says meanwhile: several of its answers in a row."""
    chance = random.Random(seed)
    while True:
        yield " ".join(chance.sample(answers("en"), 4))


def _said(
    car: SimulatedCar, server: PulseServer, monitor: Monitor, name: str, word: np.ndarray[Any, Any], file: Path
) -> Trial | None:
    """Play the word while the car drives; None when something else stopped it."""
    import soundfile

    whole = to_int16(embed(word, 1, BEFORE_S, AFTER_S))
    soundfile.write(file, whole, SAMPLE_RATE)
    begin, at = time.time(), monitor.count
    length_s = len(whole) / SAMPLE_RATE
    player = server.play(file)
    car.eyes.spin(length_s + PATIENCE_S, lambda: car.zero_at is not None)
    zero_at = car.zero_at
    car.eyes.spin(max(0.0, begin + length_s + 0.3 - time.time()))  # until all of it came out
    player.wait(10.0)
    since = monitor.samples(at)
    begun = place(whole, since)
    ended = monitor.time_of(at + begun + round((BEFORE_S + word_end(word)) * SAMPLE_RATE))
    own = active_rms(monitor.samples(max(0, at + begun - SAMPLE_RATE))[:SAMPLE_RATE] / 32768.0)
    own_db = 20.0 * math.log10(max(own, 1e-5) / active_rms(word))
    command_at = next((at_s for at_s in car.commands if at_s >= begin), math.nan)
    if zero_at is None:
        return Trial(name, command_at - ended, own_db=own_db)
    # no word was heard about then, or it had not begun: something else has stopped it
    if not abs(command_at - zero_at) < _TOGETHER_S or zero_at < ended - word_end(word):
        return None
    return Trial(name, command_at - ended, zero_at - ended, own_db)


def _sent(car: SimulatedCar, console: int | None) -> Trial:
    """Type the line, or press the console's button."""
    begin = time.time()
    if console is None:
        car.type("stop")
    else:
        threading.Thread(target=_post, args=(console, "/stop"), daemon=True).start()
    car.eyes.spin(PATIENCE_S, lambda: car.zero_at is not None)
    zero_s = math.nan if car.zero_at is None else car.zero_at - begin
    if console is not None:
        car.eyes.spin(1.0, lambda: car.state == "emergency")
        threading.Thread(target=_post, args=(console, "/release"), daemon=True).start()
        car.eyes.spin(2.0, lambda: car.state == "stopped")
    return Trial("typed" if console is None else "the console's button", zero_s=zero_s)


def _post(port: int, path: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=5.0) as answer:
        answer.read()


def _words(trial: Trial) -> str:
    return f"{trial.zero_s * 1e3:.0f} ms" if trial.heard else "not heard"


def _report(plan: Plan, trials: list[Trial], about: dict[str, Any], disturbed: int = 0, own: int = 0) -> dict[str, Any]:
    heard = [trial for trial in trials if trial.heard]
    late = percentiles_ms([trial.zero_s for trial in heard])
    of_command = [(t.command_s, t.zero_s - t.command_s) for t in heard if math.isfinite(t.command_s)]
    found = models.find("auto") if plan.way == "speech" else None
    return {
        "by": plan.way,
        "whole_car": plan.whole,
        "talking": plan.talking,
        "machine": about,
        "model": None if found is None else {"name": found.name, "sha256": found.sha256},
        "trials": len(trials),
        "heard": len(heard),
        "not_counted": disturbed,
        "stopped_by_own_voice": own,
        "own_voice_db": round(median(t.own_db for t in trials), 1) if plan.talking and trials else None,
        "to_zero": late,
        "to_command": percentiles_ms([command for command, _ in of_command]),
        "command_to_zero": percentiles_ms([rest for _, rest in of_command]),
        "each": [{"what": t.name, "zero_ms": round(t.zero_s * 1e3, 1) if t.heard else None} for t in trials],
        "target": {**TARGET_MS, "met": bool(heard) and all(late[name] <= most for name, most in TARGET_MS.items())},
    }
