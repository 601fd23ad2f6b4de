"""The recogniser as a process over real DDS, with a model that reads tones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tone_speech import GRAMMAR, say

pytestmark = [pytest.mark.ros, pytest.mark.slow]
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg")

HEARD = ("/voice/command", "/voice/transcript", "/voice/activity", "/diagnostics")


class Rig:
    """Sends audio in real time and records what the node publishes."""

    def __init__(self, domain: int) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.middleware import prepare_environment
        from kitt_core.ports import message_type, qos_of

        prepare_environment()
        self.domain = domain
        self.context = rclpy.Context()
        self.context.init(domain_id=domain)
        self.node = rclpy.create_node("rig", context=self.context)
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.heard: dict[str, list] = {name: [] for name in HEARD}
        for name in HEARD:
            row = topic(name)
            self.node.create_subscription(
                message_type(row.type), graph_name(name), self.heard[name].append, qos_of(row)
            )
        row = topic("/audio")
        self.chunk = message_type(row.type)
        self.audio = self.node.create_publisher(self.chunk, graph_name("/audio"), qos_of(row))
        self.sequence = self.stamp_ns = 0
        self.process: subprocess.Popen | None = None

    def start(self, *arguments: str) -> None:
        code = "import tone_speech; from kitt_voice.nodes import recogniser_node\n"
        code += "tone_speech.install(); raise SystemExit(recogniser_node.main())"
        tests = Path(__file__).resolve().parents[4] / "tests"
        environment = os.environ | {
            "ROS_DOMAIN_ID": str(self.domain),
            "PYTHONPATH": os.pathsep.join([str(tests), *sys.path]),
        }
        command = [sys.executable, "-c", code, "--ros-args", *arguments]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def spin(self, seconds: float, until=None) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)
            if until is not None and until():
                return True
        return until is None

    def play(self, samples: np.ndarray) -> None:
        following = time.monotonic()
        if self.stamp_ns < self.node.get_clock().now().nanoseconds - 500_000_000:
            self.stamp_ns = self.node.get_clock().now().nanoseconds
        for at in range(0, len(samples) - 319, 320):
            self.sequence += 1
            part = samples[at : at + 320]
            message = self.chunk(sample_rate=16000, samples=part.tolist(), sequence=self.sequence)
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(self.stamp_ns, 1_000_000_000)
            self.stamp_ns += 20_000_000
            self.audio.publish(message)
            following += 0.02
            self.spin(max(0.0, following - time.monotonic()))

    def status(self) -> tuple[int, str, dict[str, str]]:
        """Level, message and values of the node's own diagnostic."""
        for array in reversed(self.heard["/diagnostics"]):
            for status in array.status:
                if status.name == "recogniser":
                    return status.level[0], status.message, {value.key: value.value for value in status.values}
        return 3, "", {}

    def commands(self) -> list[str]:
        return [message.command for message in self.heard["/voice/command"]]

    def close(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                assert self.process.wait(5.0) == 0
            finally:
                self.process.kill()
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.shutdown()


@pytest.fixture
def rig(tmp_path):
    grammar = tmp_path / "grammar.yaml"
    grammar.write_text(GRAMMAR, "utf-8")
    made = Rig(140 + os.getpid() % 60)
    made.start("-p", f"grammar:={grammar}")
    try:
        assert made.spin(20.0, lambda: made.audio.get_subscription_count() > 0)
        yield made
    finally:
        made.close()


def stamp_s(stamp) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def test_a_spoken_command_is_published_with_its_times(rig):
    sound = say("turn left", around_s=0.8)
    rig.play(sound)
    begin = (rig.stamp_ns - len(sound) // 320 * 20_000_000) * 1e-9
    rig.spin(3.0, lambda: any(transcript.final for transcript in rig.heard["/voice/transcript"]))
    rig.spin(0.2)
    assert rig.commands() == ["left"]
    message = rig.heard["/voice/command"][0]
    assert (message.source, message.language, message.text) == ("speech", "en", "turn left")
    assert message.confidence > 0.5
    assert message.header.stamp == message.end
    assert stamp_s(message.begin) - begin == pytest.approx(0.8, abs=0.05)
    assert stamp_s(message.begin) < stamp_s(message.end) < rig.node.get_clock().now().nanoseconds * 1e-9
    texts = [(transcript.text, transcript.final) for transcript in rig.heard["/voice/transcript"]]
    assert texts == [("turn", False), ("turn left", False), ("turn left", True)]
    activity = rig.heard["/voice/activity"]
    assert {message.speaking for message in activity} == {True, False}
    assert len(activity) >= 8


def test_parameters_change_at_run_time_and_bad_ones_are_refused(rig):
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    client = rig.node.create_client(SetParameters, "/recogniser/set_parameters")
    assert client.wait_for_service(5.0)

    def change(name, value):
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        future = client.call_async(request)
        assert rig.spin(10.0, future.done)
        return future.result().results[0]

    for name, value, words in (
        ("languages", "en,klingon", "klingon"),
        ("threshold", 1.5, "out of range"),
        ("grammar", "/nowhere.yaml", "nowhere"),
    ):
        result = change(name, value)
        assert not result.successful and words in result.reason
    assert change("languages", "es").successful
    rig.play(say("turn left"))
    rig.play(say("izquierda", "es"))
    rig.spin(0.5)
    assert [message.text for message in rig.heard["/voice/command"]] == ["izquierda"]
    assert change("threshold_motion", 1.0).successful
    rig.play(say("derecha", "es"))
    rig.spin(0.5)
    assert rig.commands() == ["left"]


def test_diagnostics_tell_load_gaps_and_a_missing_microphone(rig):
    assert rig.spin(5.0, lambda: rig.status()[0] == 2)
    assert "no audio" in rig.status()[1]
    rig.play(say("stop"))
    rig.sequence += 50
    rig.play(np.zeros(32000, np.int16))
    level, message, values = rig.status()
    assert (level, values["gaps"]) == (0, "1"), (message, values)
    assert values["last_heard"].startswith("stop")
    assert 0.0 <= float(values["load_percent"]) < 100.0
    assert rig.spin(5.0, lambda: rig.status()[0] == 2)


def test_a_wrong_language_is_told_in_a_line():
    made = Rig(140 + os.getpid() % 60)
    made.start("-p", "languages:=klingon")
    try:
        assert made.process.wait(20.0) == 1
        words = made.process.stderr.read()
        assert "klingon" in words and "Traceback" not in words
    finally:
        made.process = None
        made.close()
