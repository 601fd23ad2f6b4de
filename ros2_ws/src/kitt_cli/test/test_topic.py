"""Pace without ROS; the verbs against a publisher in another process."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from kitt_cli.pace import Pace

PUBLISHER = """
import time
from kitt_core.middleware import prepare_environment
prepare_environment()
import rclpy
from geometry_msgs.msg import TwistStamped
from std_msgs.msg import Bool
rclpy.init()
node = rclpy.create_node("talker")
velocity, other = node.create_publisher(TwistStamped, "cmd_vel", 1), node.create_publisher(Bool, "other", 1)
print("up", flush=True)
while True:
    message = TwistStamped()
    message.header.stamp = node.get_clock().now().to_msg()
    message.twist.linear.x = 0.5
    velocity.publish(message)
    other.publish(Bool(data=True))
    time.sleep(0.05)
"""


def test_pace_counts_missing_by_stamps_and_not_by_jitter():
    pace = Pace()
    for i in [0, 1, 2, 3, 6, 7, 8]:  # 4 and 5 are missing
        pace.seen(arrival=i * 0.1 + (0.04 if i == 2 else 0.0), size=10, stamp=i * 0.1, now=i * 0.1 + 0.02)
    figures = pace.summary()
    assert figures["missing"] == 2
    assert figures["hz"] == pytest.approx(6 / 0.8)
    assert figures["age_p50_ms"] == pytest.approx(20.0)
    assert figures["longest_gap_ms"] == pytest.approx(300.0)


def test_pace_without_messages_or_stamps():
    assert Pace().summary()["hz"] is None
    pace = Pace()
    pace.seen(1.0, 10, None, 5.0)
    pace.seen(2.0, 10, None, 5.0)
    assert pace.summary()["hz"] == 1.0
    assert pace.summary()["missing"] is None
    assert pace.summary()["age_p50_ms"] is None


@pytest.fixture
def environment():
    pytest.importorskip("rclpy", reason="ROS is not installed")
    domain = str(os.getpid() % 100 + 1)
    return dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), ROS_DOMAIN_ID=domain)


@pytest.fixture
def kitt(environment):
    """`kitt(words)` beside a publisher of /cmd_vel and /other at 20 Hz."""
    talker = subprocess.Popen([sys.executable, "-c", PUBLISHER], env=environment, stdout=subprocess.PIPE, text=True)
    assert talker.stdout.readline() == "up\n"

    def _kitt(*words):
        command = [sys.executable, "-m", "kitt_cli.main", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=30)

    yield _kitt
    talker.kill()
    talker.wait()


@pytest.mark.ros
def test_list_hz_echo(kitt):
    rows = {row["name"]: row for row in json.loads(kitt("topic", "list", "--json", "--wait", "5").stdout)["topics"]}
    assert rows["/cmd_vel"]["type"] == "geometry_msgs/msg/TwistStamped"
    assert (rows["/cmd_vel"]["in_contract"], rows["/other"]["in_contract"]) == (True, False)
    figures = json.loads(kitt("topic", "hz", "/cmd_vel", "/other", "--duration", "2", "--json").stdout)["topics"]
    assert 15 < figures["/cmd_vel"]["hz"] < 25
    assert 0 <= figures["/cmd_vel"]["age_p50_ms"] < 100
    assert figures["/other"]["missing"] is None
    assert json.loads(kitt("topic", "echo", "/cmd_vel", "--json").stdout)["twist"]["linear"]["x"] == 0.5


@pytest.mark.ros
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["topic", "echo", "/cmd_vle", "--once"], "is /cmd_vel or"),
        (["topic", "echo", "/say", "--once", "--timeout", "0.5"], "nobody publishes it"),
        (["topic", "pub", "/cmd_vel", "{twist: {linaer: 1}}"], "no field twist.linaer (is linear meant?)"),
        (["topic", "pub", "/emergency_stop", "{data: 1}"], "data cannot be 1. it is of type boolean"),
        (["record", "--out", "a.bag"], "a.bag is no .mcap file"),
        (["record", "--out", "/proc/a.mcap"], "/proc/a.mcap cannot be written"),
    ],
)
def test_refusals(kitt, words, said):
    done = kitt(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.ros
def test_record_and_read_back(kitt, tmp_path):
    reader = pytest.importorskip("mcap.reader", reason="mcap is not installed")
    path = tmp_path / "a.mcap"
    done = kitt("record", "--out", str(path), "--topics", "/cmd_vel,/other", "--duration", "2", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert 25 < summary["topics"]["/cmd_vel"] <= 42
    with path.open("rb") as stream:
        assert reader.make_reader(stream).get_summary().statistics.message_count == summary["messages"]
    rosbags = pytest.importorskip("rosbags.highlevel", reason="rosbags is not installed")
    with rosbags.AnyReader([path]) as bag:
        velocities = [bag.deserialize(raw, c.msgtype) for c, _, raw in bag.messages() if c.topic == "/cmd_vel"]
    assert {velocity.twist.linear.x for velocity in velocities} == {0.5}


@pytest.mark.slow
@pytest.mark.ros
def test_a_recording_that_is_killed_can_be_read(kitt, environment, tmp_path):
    from kitt_cli.mcap_read import read

    path = tmp_path / "a.mcap"
    words = [sys.executable, "-m", "kitt_cli.main", "record", "--out", str(path), "--topics", "/cmd_vel,/other"]
    recorder = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while time.monotonic() < end and (not path.exists() or path.stat().st_size < 6_000):
        time.sleep(0.1)
    recorder.kill()
    recorder.communicate()
    found = list(read(path))
    assert len(found) > 10 and {stored.topic for stored in found} >= {"/other"}


@pytest.mark.slow
@pytest.mark.ros
def test_a_recording_ends_at_its_limit(kitt, tmp_path):
    path = tmp_path / "a.mcap"
    done = kitt("record", "--out", str(path), "--topics", "/other", "--limit", "0.005", "--duration", "20", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert "ended at its limit" in summary["ended"] and summary["seconds"] < 19


RAW_CAMERA = """
import numpy as np, rclpy, time
from sensor_msgs.msg import Image
from kitt_core.convert import image_to_msg
from kitt_core.contract import graph_name, topic
from kitt_core.middleware import prepare_environment
from kitt_core.ports import qos_of
from std_msgs.msg import Header
prepare_environment()
rclpy.init()
node = rclpy.create_node("raw_camera")
out = node.create_publisher(Image, graph_name("/camera/image_raw"), qos_of(topic("/camera/image_raw")))
print("up", flush=True)
while True:
    out.publish(image_to_msg(np.full((120, 160, 3), 90, np.uint8), Header(frame_id="camera")))
    time.sleep(0.1)
"""


@pytest.mark.slow
@pytest.mark.ros
def test_pictures_of_a_camera_without_jpeg_are_compressed(kitt, environment, tmp_path):
    import cv2
    import numpy as np
    from rclpy.serialization import deserialize_message
    from sensor_msgs.msg import CompressedImage

    from kitt_cli.mcap_read import read

    camera = subprocess.Popen([sys.executable, "-c", RAW_CAMERA], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert camera.stdout.readline() == "up\n"
        path = tmp_path / "a.mcap"
        assert kitt("record", "--out", str(path), "--duration", "4").returncode == 0
    finally:
        camera.kill()
        camera.wait()
    stored = [message for message in read(path) if message.topic == "/camera/image_raw/compressed"]
    assert len(stored) > 5 and "/camera/image_raw" not in {message.topic for message in read(path)}
    message = deserialize_message(stored[0].data, CompressedImage)
    assert message.header.frame_id == "camera"
    assert cv2.imdecode(np.frombuffer(message.data, np.uint8), 1).shape == (120, 160, 3)


RECORDER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
from kitt_cli.recorder import main
sys.argv = ["recorder", "--out", sys.argv[1]]
main()
"""


@pytest.mark.ros
def test_a_full_disk_is_said_on_diagnostics(kitt, environment, tmp_path):
    command = [sys.executable, "-m", "kitt_cli.main", "topic", "echo", "/diagnostics", "--json"]
    listener = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = subprocess.run(
        [sys.executable, "-c", RECORDER, str(tmp_path / "a.mcap")], env=environment, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    stop = threading.Timer(20, listener.send_signal, [2])
    stop.start()
    assert listener.stdout is not None
    assert any("recorder_disk_full" in line for line in listener.stdout)
    stop.cancel()
    listener.send_signal(2)
    listener.communicate(timeout=20)


def test_json_has_null_for_what_is_not_finite():
    from kitt_cli.plain import finite

    assert finite({"a": [1.0, float("inf")], "b": {"c": float("nan")}, "d": "x"}) == {
        "a": [1.0, None],
        "b": {"c": None},
        "d": "x",
    }
