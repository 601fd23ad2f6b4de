"""The microphone node over real DDS, with a PulseAudio null sink as a real capture device."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import soundfile

from kitt_cli.bench import pulse
from kitt_cli.bench.pulse import place

pytestmark = [pytest.mark.ros, pytest.mark.slow]

_MISSING = [m for m in ("rclpy", "kitt_interfaces") if importlib.util.find_spec(m) is None]
if _MISSING:
    pytest.skip(f"not installed or not built: {', '.join(_MISSING)}", allow_module_level=True)

DOMAIN = str(40 + os.getpid() % 60)
# Sounds with no silence inside, so that their place in a recording is unique.
SOUND = np.random.default_rng(5).integers(-12000, 12000, 32000).astype(np.int16)


class Bench:
    """Listens to /audio and /diagnostics; the processes under test."""

    def __init__(self, node: Any) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.ports import message_type, qos_of

        self.node = node
        self.chunks: list[Any] = []
        self.diagnostics: list[Any] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        for name, heard in (("/audio", self.chunks), ("/diagnostics", self.diagnostics)):
            row = topic(name)
            node.create_subscription(message_type(row.type), graph_name(name), heard.append, qos_of(row))

    def start(self, *parameters: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        words = [word for parameter in parameters for word in ("-p", parameter)]
        command = [sys.executable, "-m", "kitt_voice.nodes.microphone_node", "--ros-args", *words]
        environment = {**os.environ, **(environment or {}), "ROS_DOMAIN_ID": DOMAIN}
        self.processes.append(subprocess.Popen(command, env=environment))
        return self.processes[-1]

    def spin(self, seconds: float) -> None:
        import rclpy

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rclpy.spin_once(self.node, timeout_sec=0.02)

    def until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, f"timed out; {len(self.chunks)} chunks, says {self.status()}"
            self.spin(0.02)

    def status(self) -> Any:
        """The node's newest status."""
        for message in reversed(self.diagnostics):
            for status in message.status:
                if status.name == "microphone":
                    return status
        return None

    def says(self, words: str, level: int) -> bool:
        status = self.status()
        return status is not None and words in status.message and status.level == bytes([level])

    def sound(self) -> np.ndarray:
        return np.concatenate([np.array(c.samples, dtype=np.int16) for c in self.chunks])


@pytest.fixture
def bench(monkeypatch) -> Iterator[Bench]:
    monkeypatch.setenv("ROS_DOMAIN_ID", DOMAIN)
    from kitt_core.middleware import prepare_environment

    prepare_environment()
    import rclpy

    rclpy.init(args=[])
    bench = Bench(rclpy.create_node("microphone_test"))
    yield bench
    for process in bench.processes:
        process.terminate()
    for process in bench.processes:
        assert process.wait(10) is not None
    bench.node.destroy_node()
    rclpy.shutdown()


@pytest.fixture
def server(tmp_path, request) -> Iterator[pulse.PulseServer]:
    if reason := pulse.missing():
        pytest.skip(reason)
    rate, channels = getattr(request, "param", (16000, 1))
    folder = tmp_path / "pulse"
    folder.mkdir()
    server = pulse.PulseServer(folder, rate, channels)
    server.start()
    yield server
    server.kill()


def stamp_s(chunk: Any) -> float:
    return chunk.header.stamp.sec + chunk.header.stamp.nanosec * 1e-9


def clicks(sound: np.ndarray) -> np.ndarray:
    """The first sample of each loud place."""
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 5000)
    return loud[np.flatnonzero(np.diff(loud, prepend=-10000) > 1000)]


def test_a_real_device_gives_every_sample_bit_for_bit(bench, server, tmp_path):
    soundfile.write(tmp_path / "sound.wav", SOUND, 16000)
    bench.start("source:=pulse", environment=server.environment)
    bench.until(lambda: bench.says("digital silence", 1))  # nobody plays yet: as from a muted microphone
    assert {v.key: v.value for v in bench.status().values}["fault"] == "microphone_muted"
    bench.chunks.clear()
    player = server.play(tmp_path / "sound.wav")
    bench.until(lambda: player.poll() == 0)
    bench.spin(1.0)
    heard = bench.sound()
    at = place(SOUND, heard)
    assert np.array_equal(heard[at : at + len(SOUND)], SOUND)
    sequence = np.array([c.sequence for c in bench.chunks])
    assert (np.diff(sequence) == 1).all()
    assert {(len(c.samples), c.sample_rate, c.header.frame_id) for c in bench.chunks} == {(320, 16000, "microphone")}
    bench.until(lambda: bench.says("listening to microphone pulse", 0) or bench.says("digital silence", 1))
    facts = {value.key: value.value for value in bench.status().values}
    assert (facts["format"], facts["overruns"], facts["losses"]) == ("16000 Hz, 1 channel", "0", "0")


@pytest.mark.parametrize("server", [(16000, 1), (48000, 2)], indirect=True)
def test_stamps_are_the_time_of_playing(bench, server, tmp_path):
    rate = server.rate
    bench.start("source:=pulse", f"rate:={rate}", f"channels:={server.channels}", environment=server.environment)
    bench.until(lambda: len(bench.chunks) > 50)
    monitor = server.monitor()
    bench.spin(0.5)
    sound = np.zeros(rate * 5, dtype=np.int16)
    for second in range(1, 5):
        sound[rate * second : rate * second + rate // 400] = 20000
    soundfile.write(tmp_path / "clicks.wav", sound, rate)
    player = server.play(tmp_path / "clicks.wav")
    bench.until(lambda: player.poll() == 0)
    bench.spin(0.5)
    monitor.stop()
    times = [stamp_s(bench.chunks[i // 320]) + i % 320 / 16000 for i in clicks(bench.sound())]
    assert len(times) == 4
    late = np.array(times) - [monitor.time_of(i) for i in clicks(monitor.samples())]
    print(f"stamps minus another listener's arrival, {rate} Hz: {np.round(late * 1000, 1)} ms")
    assert np.abs(np.median(late)) < 0.03
    assert np.abs(late).max() < 0.06  # one may be held up on a busy machine
    stamps = np.array([stamp_s(c) for c in bench.chunks])
    assert (np.diff(stamps) > 0).all()
    assert np.diff(stamps)[50:] == pytest.approx(0.02, abs=0.002)


def test_a_device_that_is_taken_away_comes_back_without_a_restart(bench, server):
    process = bench.start("source:=pulse", environment=server.environment)
    bench.until(lambda: len(bench.chunks) > 20)
    server.kill()
    bench.until(lambda: bench.says("pulse", 2))
    assert "vanished" in bench.status().message or "no microphone" in bench.status().message
    assert {v.key: v.value for v in bench.status().values}["fault"] == "microphone_dead"
    bench.spin(0.5)
    count = len(bench.chunks)
    bench.spin(1.0)
    assert len(bench.chunks) == count
    server.start()
    bench.until(lambda: len(bench.chunks) > count + 50)
    assert process.poll() is None
    bench.until(lambda: bench.status().level != b"\x02")
    facts = {value.key: value.value for value in bench.status().values}
    assert facts["losses"] == "1"
    assert np.diff([stamp_s(c) for c in bench.chunks]).max() > 1.0  # the gap is not hidden


def test_without_a_device_an_error_says_what_there_is(bench, tmp_path):
    nothing = {"PULSE_SERVER": f"unix:{tmp_path}/none", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    bench.start("source:=usb headset", environment=nothing)
    bench.until(lambda: bench.says("usb headset", 2))
    assert "connect" in bench.status().message


def test_a_file_plays_and_parameters_change_it(bench, tmp_path):
    from rcl_interfaces.msg import Parameter, ParameterValue
    from rcl_interfaces.srv import SetParameters

    soundfile.write(tmp_path / "sound.wav", SOUND, 16000)
    bench.start(f"source:={tmp_path / 'sound.wav'}", "loop:=true")
    bench.until(lambda: len(bench.chunks) > 20)
    first = bench.sound()
    at = place(first[:320], np.concatenate((SOUND, SOUND)))
    assert np.array_equal(first[:3200], np.concatenate((SOUND, SOUND))[at : at + 3200])
    ages = [time.time() - stamp_s(bench.chunks[-1])]
    assert max(ages) < 0.3

    def change(name: str, **value: Any) -> Any:
        client = bench.node.create_client(SetParameters, "microphone/set_parameters")
        assert client.wait_for_service(10)
        future = client.call_async(
            SetParameters.Request(parameters=[Parameter(name=name, value=ParameterValue(**value))])
        )
        bench.until(future.done)
        return future.result().results[0]

    assert change("gain", type=3, double_value=30.0).successful
    bench.until(lambda: bench.says("too loud", 1))
    assert not change("gain", type=3, double_value=300.0).successful
    refused = change("source", type=4, string_value="/missing.wav")
    assert not refused.successful and "/missing.wav" in refused.reason
    count = len(bench.chunks)
    bench.until(lambda: len(bench.chunks) > count + 20)  # the old source goes on


@pytest.mark.parametrize(("name", "word"), [("missing.wav", "does not exist"), (".", "is a folder")])
def test_a_file_that_can_never_play_is_refused_at_the_start(bench, tmp_path, name, word):
    process = bench.start(f"source:={tmp_path}/{name}")
    bench.until(lambda: bench.says(word, 2))
    assert process.wait(10) == 1


def test_a_file_that_is_no_sound_is_an_error(bench, tmp_path):
    (tmp_path / "text.wav").write_text("no sound " * 50)
    bench.start(f"source:={tmp_path / 'text.wav'}")
    bench.until(lambda: bench.says("is no sound file", 2))
