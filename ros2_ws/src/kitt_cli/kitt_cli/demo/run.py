"""Starts everything, drives, and stops everything again, whatever happens in between."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.demo import script
from kitt_cli.demo.report import RunReport
from kitt_cli.demo.talk import Talk
from kitt_cli.demo.watch import Watcher
from kitt_cli.interruption import InterruptionError, signals
from kitt_cli.launch import ament, parse
from kitt_cli.launch.run import LaunchSession
from kitt_inference.errors import KittError
from kitt_voice.evaluation_audio import word_end
from kitt_voice.sources.files import read_blocks

_READY = ("/camera/camera_info", "/detections", "/tracks", "/cmd_vel", "/kitt/state", "/kitt/gate", "/odom")
_READY_TIMEOUT_S = 90.0
_STEADY_S = 1.0  # how long all must be well before the run begins
_EARS = "/voice/activity"
_EARS_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class DemoSettings:
    """What was asked for on the command line."""

    duration_s: float
    arguments: dict[str, str]
    record: Path | None
    folder: Path


def drive(settings: DemoSettings, on_tick: Callable[[RunReport, dict[str, float], float], None]) -> dict[str, Any]:
    """One run of the demo.

    ``on_tick`` gets the report, the rates in Hz and the seconds since the start about four times a second.

    Raises:
        KittError: the car did not come up; names what stayed silent.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    log_path = settings.folder / "nodes.log"
    tail: deque[str] = deque(maxlen=12)
    with log_path.open("w") as log:

        def keep(line: str) -> None:
            with contextlib.suppress(OSError):  # the car drives on where the disk is full
                log.write(line + "\n")
                log.flush()
            tail.append(line)

        spool = settings.folder / "microphone"
        spool.mkdir()
        file = ament.find_launch_file("kitt_bringup", "kitt.launch.xml")
        arguments = {**settings.arguments, "microphone": f"player:{spool}"}
        session = LaunchSession(parse.load(file, arguments), on_line=keep)
        report = RunReport()
        watcher = Watcher(report)
        recorder: subprocess.Popen[bytes] | None = None
        interrupted = False
        talk = Talk(script.times(settings.duration_s), lambda line: _speak(line, spool), watcher.type_line)
        watcher.on_voice = talk.heard
        try:
            with signals():
                session.start()
                wait_until_ready(watcher, session, tail, log_path)
                if settings.record:
                    recorder = _start_recorder(settings.record)
                watcher.begin()
                _loop(settings.duration_s, watcher, talk, on_tick)
        except InterruptionError:
            interrupted = True
        finally:
            # the car first: the nodes stop it on SIGINT, before anything else is put away
            seconds = watcher.elapsed()
            session.stop(timeout=20.0)
            error = _stop_recorder(recorder)
            watcher.close()
    if error:
        raise KittError(f"the recording failed: {error}", "the run itself was completed")
    summary = report.summary(seconds)
    summary["spoken"] = talk.summary()
    summary["interrupted"] = interrupted
    summary["respawns"] = {name: count for name, count in session.respawns.items() if count}
    summary["folder"] = str(settings.folder)
    summary["recording"] = str(settings.record) if settings.record else None
    return summary


def wait_until_ready(watcher: Watcher, session: LaunchSession, tail: deque[str], log_path: Path) -> None:
    """Wait until the car would obey.

    Raises:
        KittError: it did not come up; names what stayed silent.
    """
    began = time.monotonic()
    deadline = began + _READY_TIMEOUT_S
    heard: set[str] = set()
    ready_since: float | None = None
    while time.monotonic() < deadline and session.alive:
        heard |= set(watcher.take_counts())
        # without ears the run is still worth having: its lines are typed then, and the summary says so
        hears = _EARS in heard or time.monotonic() - began > _EARS_TIMEOUT_S
        ready = hears and heard.issuperset(_READY) and watcher.would_obey()
        ready_since = (ready_since or time.monotonic()) if ready else None
        if ready_since and time.monotonic() - ready_since > _STEADY_S:
            return
        time.sleep(0.1)
    silent = [name for name in _READY if name not in heard]
    why = f"silent: {', '.join(silent)}" if silent else f"the gate says {watcher.report.gate_message}"
    print("\n".join(tail), file=sys.stderr)
    raise KittError(f"the car did not come up, {why}", f"the nodes' output is in {log_path}")


def _loop(
    duration_s: float, watcher: Watcher, talk: Talk, on_tick: Callable[[RunReport, dict[str, float], float], None]
) -> None:
    deadline = time.monotonic() + duration_s
    last = time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = time.monotonic()
        counts, span = watcher.take_counts(), now - last
        last = now
        talk.tick(watcher.elapsed())
        on_tick(watcher.report, {name: count / span for name, count in counts.items()}, watcher.elapsed())


def into_microphone(sound: Path, spool: Path, name: str) -> None:
    """Put a recording into the microphone's folder under a name, whole: it never sees half a file."""
    part = spool / f"{name}.part"
    shutil.copyfile(sound, part)
    part.rename(spool / f"{name}{sound.suffix}")


def _speak(line: script.Line, spool: Path) -> float:
    """Say a line of the demo; gives when its words end [s]."""
    into_microphone(line.file, spool, line.file.stem)
    return word_end(np.concatenate(list(read_blocks(line.file))) / 32768.0)


def _start_recorder(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kitt_cli.main", "record", "--out", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(2.0)
    if process.poll() is not None:
        raise KittError(_stop_recorder(process) or "the recorder ended at once", "see `kitt record --help`")
    return process


def _stop_recorder(process: subprocess.Popen[bytes] | None) -> str:
    """End the recorder so that it closes its file; its complaint, or "" where all went well."""
    if process is None:
        return ""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        _out, complaint = process.communicate(timeout=20.0)
    except subprocess.TimeoutExpired:
        process.kill()
        return "the recorder did not end in time"
    text = complaint.decode(errors="replace").strip()
    return text.rsplit("\n", 1)[-1] if process.returncode not in (0, 130) else ""
