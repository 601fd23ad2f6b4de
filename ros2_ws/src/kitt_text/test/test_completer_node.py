"""The completer as a process over real DDS: it proposes, answers, learns, and never commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tiny_words

pytestmark = [pytest.mark.ros, pytest.mark.slow]
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg")


class Rig:
    """Talks to a completer in a process of its own."""

    def __init__(self, domain: int, folder: Path) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.middleware import prepare_environment
        from kitt_core.ports import message_type, qos_of

        prepare_environment()
        self.context = rclpy.Context()
        self.context.init(domain_id=domain)
        self.node = rclpy.create_node("rig", context=self.context)
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.heard: dict[str, list] = {}
        for name in ("/text/completions", "/voice/command", "/diagnostics"):
            row, self.heard[name] = topic(name), []
            self.node.create_subscription(
                message_type(row.type), graph_name(name), self.heard[name].append, qos_of(row)
            )
        self.sender, self.type = {}, {}
        for name in ("/voice/transcript", "/text/input"):
            row = topic(name)
            self.type[name] = message_type(row.type)
            self.sender[name] = self.node.create_publisher(self.type[name], graph_name(name), qos_of(row))
        environment = os.environ | {
            "ROS_DOMAIN_ID": str(domain), "KITT_MODELS": str(folder / "models"), "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip
        command = [sys.executable, "-m", "kitt_text.nodes.completer_node"]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def spin(self, seconds: float, until=None) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)
            if until is not None and until():
                return True
        return until is None

    def send(self, name: str, **values) -> None:
        self.sender[name].publish(self.type[name](**values))

    def call(self, kind: str, name: str, **values):
        import kitt_interfaces.srv as services

        service = getattr(services, kind)
        client = self.node.create_client(service, name)
        assert client.wait_for_service(20.0)
        future = client.call_async(service.Request(**values))
        assert self.spin(10.0, future.done)
        self.node.destroy_client(client)
        return future.result()

    def facts(self) -> dict[str, str]:
        for array in reversed(self.heard["/diagnostics"]):
            for status in array.status:
                if status.name == "completer":
                    return {value.key: value.value for value in status.values} | {"level": status.level[0]}
        return {}

    def close(self) -> None:
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
    tiny_words.write_all(tmp_path / "models")
    made = Rig(150 + os.getpid() % 50, tmp_path)
    try:
        assert made.spin(30.0, lambda: made.sender["/voice/transcript"].get_subscription_count() > 0)
        yield made
    finally:
        made.close()


def test_it_proposes_answers_learns_and_never_commands(rig, tmp_path):
    rig.send("/voice/transcript", text="turn lef", language="en", final=False)
    assert rig.spin(10.0, lambda: rig.heard["/text/completions"])
    found = rig.heard["/text/completions"][0]
    assert (found.prefix, found.language) == ("turn lef", "en")
    assert (found.completions[0].text, found.completions[0].command) == ("turn left", "left")

    answer = rig.call("CompleteText", "text/complete", text="I need a dri", language="en")
    assert "I need a drink" in [item.text for item in answer.completions] and answer.reason == ""
    assert len(rig.call("CompleteText", "text/complete", text="the ", language="en", count=1).completions) == 1
    for text, reason in (("x" * 1_000_000, "too long"), ("😀", "no word"), ("\x07", "control character")):
        answer = rig.call("CompleteText", "text/complete", text=text)
        assert list(answer.completions) == [] and reason in answer.reason
    assert "no language «de»" in rig.call("CompleteText", "text/complete", text="x", language="de").reason

    for kind, name in (("CorrectText", "text/correct"), ("UnderstandText", "text/understand")):
        answer = rig.call(kind, name, text="turn left", language="en")
        assert answer.reason or answer.confidence > 0.0 or answer.text == "turn left"
    assert rig.call("CorrectText", "text/correct", text="turn left", language="en").text == "turn left"

    rig.send("/text/input", text="call Grandma now", language="en", source="rig")
    assert rig.spin(10.0, lambda: rig.facts().get("phrases") == "1")
    assert (tmp_path / "kitt" / "phrases.json").is_file()
    proposed = [item.text for item in rig.call("CompleteText", "text/complete", text="cal", language="en").completions]
    assert "call Grandma now" in proposed
    rig.send("/voice/transcript", text="turn left", language="en", final=True, confidence=0.95)
    rig.send("/voice/transcript", text="turn right", language="en", final=True, confidence=0.3)
    assert rig.spin(10.0, lambda: rig.facts().get("phrases") == "2")
    rig.spin(1.5)
    assert rig.facts()["phrases"] == "2" and rig.facts()["failed"] == "0"
    assert rig.heard["/voice/command"] == []


def test_a_missing_model_is_told_and_the_node_does_not_start(tmp_path):
    (tmp_path / "models" / "labels").mkdir(parents=True)
    environment = os.environ | {
        "ROS_DOMAIN_ID": str(150 + os.getpid() % 50), "KITT_MODELS": str(tmp_path / "models"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    command = [sys.executable, "-m", "kitt_text.nodes.completer_node"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "there is no language model kitt_lm_en" in done.stderr and "Traceback" not in done.stderr
