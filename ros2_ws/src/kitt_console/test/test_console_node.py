"""The console as a process over real DDS: a car of the test's own on the other side, a page's websocket before it."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg")
websockets = pytest.importorskip("websockets.sync.client")

from kitt_console.links import free_port  # noqa: E402
from kitt_core.contract import graph_name, topic  # noqa: E402


class Rig:
    """Plays gate, controller, camera, detector and completer."""

    def __init__(self):
        from kitt_interfaces.srv import CompleteText, CorrectText, UnderstandText
        from std_srvs.srv import Trigger

        from kitt_core.middleware import prepare_environment
        from kitt_core.ports import message_type, qos_of

        prepare_environment()
        self.domain = 1 + os.getpid() % 90
        self.context = rclpy.Context()
        self.context.init(domain_id=self.domain)
        self.node = rclpy.create_node("rig", context=self.context)
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.types = {}
        self.heard = {}
        self.out = {}
        self.emergency = False
        self.gate_works = True
        for name in ("/text/input", "/cmd_vel_manual", "/emergency_stop"):
            self.heard[name] = []
            row = topic(name)
            self.node.create_subscription(
                message_type(row.type), graph_name(name), lambda m, n=name: self._hear(n, m), qos_of(row)
            )
        for name in ("/kitt/gate", "/kitt/state", "/camera/image_raw/compressed", "/camera/camera_info", "/tracks",
                     "/audio"):  # fmt: skip
            row = topic(name)
            self.types[name] = message_type(row.type)
            self.out[name] = self.node.create_publisher(self.types[name], graph_name(name), qos_of(row))
        self.node.create_service(Trigger, "safety_gate/release_emergency_stop", self._release)
        self.node.create_service(CompleteText, "text/complete", self._complete)
        self.node.create_service(CorrectText, "text/correct", self._correct)
        self.node.create_service(UnderstandText, "text/understand", self._understand)
        self.node.create_timer(0.05, self._tick)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._spin, daemon=True)
        self.thread.start()
        self.port = free_port(8380)
        self.url = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {"ROS_DOMAIN_ID": str(self.domain), "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "kitt_console.nodes.console_node", "--ros-args", "-p", f"port:={self.port}"]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        self.wait(lambda: self.get("/")[0] == 200, 30.0)

    def _spin(self):
        while not self.ended.is_set():
            self.executor.spin_once(timeout_sec=0.05)

    def _hear(self, name, message):
        self.heard[name].append(message)
        if name == "/emergency_stop" and message.data and self.gate_works:
            self.emergency = True

    def _tick(self):
        gate = self.types["/kitt/gate"](verdict="pass", emergency_stop=self.emergency)
        self.out["/kitt/gate"].publish(gate)
        self.out["/kitt/state"].publish(self.types["/kitt/state"](state="driving", speed=1.0))

    def frame(self):
        """A picture with one track."""
        from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

        stamp = self.node.get_clock().now().to_msg()
        info = self.types["/camera/camera_info"](width=640, height=480)
        info.k = [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]
        jpeg = cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))[1].tobytes()
        image = self.types["/camera/image_raw/compressed"](format="jpeg", data=jpeg)
        person = Detection2D(id="3", results=[ObjectHypothesisWithPose()])
        person.results[0].hypothesis.class_id, person.results[0].hypothesis.score = "person", 0.9
        person.bbox.center.position.x, person.bbox.center.position.y = 320.0, 300.0
        person.bbox.size_x, person.bbox.size_y = 50.0, 85.0
        tracks = self.types["/tracks"](detections=[person])
        for name, message in (("/camera/camera_info", info), ("/camera/image_raw/compressed", image),
                              ("/tracks", tracks)):  # fmt: skip
            message.header.stamp = stamp
            self.out[name].publish(message)

    def _release(self, _request, answer):
        self.emergency = False
        answer.success, answer.message = True, "released"
        return answer

    def _complete(self, request, answer):
        from kitt_interfaces.msg import Completion

        answer.completions = [Completion(text=request.text + "rward", suffix="rward", score=0.5, command="forward")]
        return answer

    def _correct(self, request, answer):
        answer.text, answer.changed = request.text.replace("og", "go"), "og" in request.text
        return answer

    def _understand(self, request, answer):
        answer.command, answer.confidence, answer.language = "forward", 0.75, request.language
        return answer

    def get(self, path, body=None, method=None):
        """Status and text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5.0) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def page(self):
        return websockets.connect(f"ws://127.0.0.1:{self.port}/live", max_size=None)

    @staticmethod
    def wait(condition, seconds=10.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.02)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(15)
        self.ended.set()
        self.thread.join()
        self.node.destroy_node()
        self.context.try_shutdown()
        return code, self.process.stderr.read()


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    yield rig
    code, errors = rig.close()
    assert code == 0
    assert "Traceback" not in errors


def hear(page, kind, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = page.recv(timeout=seconds)
        if isinstance(data, bytes):
            if kind == "picture":
                return data
            page.send('{"kind":"shown"}')
            continue
        for item in json.loads(data):
            if item["kind"] == kind:
                return item
    raise AssertionError(f"no {kind}")


def test_typed_lines_reach_the_car(rig):
    rig.wait(lambda: rig.get("/text", {"text": "go", "language": "en"})[0] == 200)
    rig.wait(lambda: rig.heard["/text/input"])
    message = rig.heard["/text/input"][-1]
    assert (message.text, message.language, message.source) == ("go", "en", "console")
    age = rig.node.get_clock().now().nanoseconds * 1e-9 - message.header.stamp.sec - message.header.stamp.nanosec * 1e-9
    assert -0.1 < age < 5.0


def test_pictures_come_with_their_boxes_only_while_somebody_watches(rig):
    assert rig.out["/camera/image_raw/compressed"].get_subscription_count() == 0
    with rig.page() as page:
        assert hear(page, "/kitt/state")["state"] == "driving"
        rig.wait(lambda: rig.out["/tracks"].get_subscription_count() > 0)
        time.sleep(0.3)
        for _ in range(5):
            rig.frame()
            time.sleep(0.12)
        head = {"boxes": None}
        while head["boxes"] is None:  # the first may go bare: nobody has said yet that anybody looks for objects
            data = hear(page, "picture")
            page.send('{"kind":"shown"}')
            length = struct.unpack_from("<I", data)[0]
            head = json.loads(data[4 : 4 + length])
        assert head["size"] == [640, 480]
        assert head["boxes"][0]["id"] == "3" and head["boxes"][0]["label"] == "person"
        assert data[4 + length : 6 + length] == b"\xff\xd8"
    rig.wait(lambda: rig.out["/camera/image_raw/compressed"].get_subscription_count() == 0, 15.0)


def test_the_completer_is_asked(rig):
    with rig.page() as page:
        page.send('{"kind":"typing","text":"og fo","language":"en","number":1}')
        answer = hear(page, "help")
        assert answer["there"] and answer["corrected"] == "go fo"
        assert answer["completions"][0]["command"] == "forward"
        assert (answer["command"], answer["confidence"]) == ("forward", 0.75)


def test_the_stick_is_stamped_and_ends_with_the_page(rig):
    with rig.page() as page:
        for _ in range(5):
            echo = hear(page, "tick")["time"]
            page.send(json.dumps({"kind": "steer", "forward": 0.5, "turn": -1.0, "echo": echo}))
        rig.wait(lambda: len(rig.heard["/cmd_vel_manual"]) >= 3)
    message = rig.heard["/cmd_vel_manual"][-1]
    assert message.twist.linear.x == pytest.approx(0.4) and message.twist.angular.z == pytest.approx(-0.8)
    assert message.header.frame_id == "base_link"
    time.sleep(0.3)
    count = len(rig.heard["/cmd_vel_manual"])
    time.sleep(0.5)
    assert len(rig.heard["/cmd_vel_manual"]) == count


def test_the_emergency_stop_is_confirmed_by_the_gate_and_released(rig):
    assert rig.get("/stop", method="POST")[0] == 200
    assert rig.emergency
    assert rig.get("/release", method="POST") == (200, '{"words":"released"}')
    rig.gate_works = False
    assert rig.get("/stop", method="POST")[0] == 504
    rig.gate_works = True


def test_picture_and_sound_are_heard_only_while_somebody_looks_inside(rig):
    pytest.importorskip("onnx")
    camera, ears = rig.out["/camera/image_raw/compressed"], rig.out["/audio"]
    rig.wait(lambda: camera.get_subscription_count() == 0 and ears.get_subscription_count() == 0, 15.0)
    status, words = rig.get("/inside/sound")
    assert status == 503 and "Nothing has been heard yet" in words
    rig.wait(lambda: ears.get_subscription_count() == 1)
    rig.get("/inside/picture")
    rig.wait(lambda: camera.get_subscription_count() == 1)
    chunk = rig.types["/audio"](sample_rate=16000, samples=[0] * 320)
    for _ in range(100):
        ears.publish(chunk)
        time.sleep(0.005)
    rig.wait(lambda: "no command" in rig.get("/inside/sound")[1], 30.0)
    rig.frame()
    rig.wait(lambda: "What pooling did" in rig.get("/inside/picture")[1] or rig.frame(), 30.0)
    rig.wait(lambda: camera.get_subscription_count() == 0 and ears.get_subscription_count() == 0, 20.0)


def test_a_taken_port_is_named(rig):
    environment = os.environ | {"ROS_DOMAIN_ID": str(rig.domain), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "kitt_console.nodes.console_node", "--ros-args", "-p", f"port:={rig.port}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "is taken" in done.stderr and "Traceback" not in done.stderr
