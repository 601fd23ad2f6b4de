"""Foxglove: the layout names what there is, the bridge sends what is looked at and nothing else."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
import time

import pytest

from kitt_cli import foxglove_bridge
from kitt_cli.bootstrap.places import ROOT
from kitt_core.contract import TOPICS
from kitt_inference.errors import KittError


def test_the_layout_shows_topics_of_the_contract():
    layout = json.loads((ROOT / "launch" / "config" / "kitt.foxglove.json").read_text())
    named = set(re.findall(r'"(/[a-z_/]+)', json.dumps(layout["configById"])))
    assert len(named) > 8 and named <= set(TOPICS), named - set(TOPICS)

    def panels(node):
        if isinstance(node, str):
            return {node}
        return panels(node["first"]) | panels(node["second"])

    assert panels(layout["layout"]) == set(layout["configById"])


def test_without_the_sdk_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "foxglove", None)
    with pytest.raises(KittError, match="pip install foxglove-sdk"):
        foxglove_bridge.serve(0)


def test_other_machines_are_not_served():
    command = [sys.executable, "-m", "kitt_cli.main", "console", "--foxglove", "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "knows no tokens" in done.stderr and "ssh -L 8765" in done.stderr


TALKER = """
import time, rclpy
from kitt_core.middleware import prepare_environment
prepare_environment()
from kitt_interfaces.msg import KittState
from kitt_core.contract import graph_name, topic
from kitt_core.ports import qos_of
rclpy.init()
node = rclpy.create_node("talker")
out = node.create_publisher(KittState, graph_name("/kitt/state"), qos_of(topic("/kitt/state")))
print("up", flush=True)
while True:
    out.publish(KittState(state="driving"))
    print(out.get_subscription_count(), flush=True)
    time.sleep(0.05)
"""


@pytest.mark.slow
@pytest.mark.ros
def test_what_is_looked_at_comes_and_nothing_else():
    pytest.importorskip("rclpy")
    pytest.importorskip("foxglove", reason="pip install foxglove-sdk")
    websockets = pytest.importorskip("websockets.sync.client")
    from kitt_interfaces.msg import KittState
    from rclpy.serialization import deserialize_message

    from kitt_console.links import free_port

    port = free_port(8790)
    environment = os.environ | {"ROS_DOMAIN_ID": str(1 + os.getpid() % 90), "PYTHONPATH": os.pathsep.join(sys.path)}
    talker = subprocess.Popen([sys.executable, "-c", TALKER], env=environment, stdout=subprocess.PIPE, text=True)
    words = [sys.executable, "-m", "kitt_cli.main", "console", "--foxglove", "--port", str(port)]
    bridge = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert f"ws://localhost:{port}" in bridge.stdout.readline()
        with websockets.connect(f"ws://127.0.0.1:{port}", subprotocols=["foxglove.sdk.v1"]) as socket:
            channels = {}
            while "/kitt/state" not in channels:
                data = socket.recv(timeout=20)
                if isinstance(data, str) and json.loads(data)["op"] == "advertise":
                    channels |= {row["topic"]: row for row in json.loads(data)["channels"]}
            row = channels["/kitt/state"]
            assert (row["encoding"], row["schemaEncoding"]) == ("cdr", "ros2msg")
            assert (
                row["schemaName"] == "kitt_interfaces/msg/KittState" and "MSG: kitt_interfaces/Fault" in row["schema"]
            )
            assert set(channels) <= set(TOPICS)
            time.sleep(1.0)
            assert talker.poll() is None and looked_at(talker) == 0
            socket.send(json.dumps({"op": "subscribe", "subscriptions": [{"id": 7, "channelId": row["id"]}]}))
            data = ""
            while isinstance(data, str):
                data = socket.recv(timeout=20)
            kind, subscription, _stamp = struct.unpack_from("<BIQ", data)
            assert (kind, subscription) == (1, 7)
            assert deserialize_message(data[13:], KittState).state == "driving"
        end = time.monotonic() + 20
        while looked_at(talker) and time.monotonic() < end:
            pass
        assert looked_at(talker) == 0, "nobody looks any more"
    finally:
        bridge.terminate()
        _out, errors = bridge.communicate(timeout=20)
        talker.kill()
        talker.wait()
    assert bridge.returncode == 0 and "Traceback" not in errors, errors


def looked_at(talker):
    """How many subscribe to it, a moment from now."""
    end = time.monotonic() + 0.3
    line = "0"
    while time.monotonic() < end:
        line = talker.stdout.readline()
    return int(line) if line.strip().isdigit() else 0
