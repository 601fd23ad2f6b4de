"""Reading recordings, and comparing what the networks make of them; without ROS but for the last."""

from __future__ import annotations

import copy

import pytest

from kitt_cli import process_replay
from kitt_cli.mcap_file import McapFile
from kitt_cli.mcap_read import read
from kitt_inference.errors import KittError

S = 1_000_000_000


@pytest.fixture
def bag(tmp_path):
    path = tmp_path / "run.mcap"
    file = McapFile(path)
    for name in ("/a", "/b"):
        file.add_topic(name, "std_msgs/msg/String", "string data")
    for i in range(10):
        file.write("/a" if i % 2 else "/b", bytes([i]), 100 * S + i * S, 100 * S)
    file.close()
    return path


def test_all_messages_come_in_order(bag):
    found = list(read(bag))
    assert [m.data[0] for m in found] == list(range(10))
    assert (found[0].topic, found[0].type, found[0].log_ns) == ("/b", "std_msgs/msg/String", 100 * S)


def test_topics_and_times_are_chosen(bag):
    assert [m.data[0] for m in read(bag, ["/a"])] == [1, 3, 5, 7, 9]
    assert [m.data[0] for m in read(bag, start_s=3.0, duration_s=2.0)] == [3, 4, 5]
    assert list(read(bag, start_s=99.0)) == []


def test_a_file_that_ends_in_the_middle_gives_what_is_there(bag):
    whole = bag.read_bytes()
    for cut in range(100, len(whole), 97):
        bag.write_bytes(whole[:cut])
        found = [m.data[0] for m in read(bag)]
        assert found == list(range(len(found)))


@pytest.mark.parametrize("data", [b"", b"no bag", b"\x89MCA", b"\x89MCAP0\r\n" + b"\xff" * 200])
def test_what_is_no_recording_is_named_or_empty(tmp_path, data):
    path = tmp_path / "x.mcap"
    path.write_bytes(data)
    if data.startswith(b"\x89MCAP"):
        assert list(read(path)) == []
    else:
        with pytest.raises(KittError, match="is no MCAP file"):
            list(read(path))


def test_missing_files_and_topics_are_named(bag, tmp_path):
    with pytest.raises(KittError, match="cannot be read"):
        list(read(tmp_path / "none.mcap"))
    with pytest.raises(KittError, match="it holds /a, /b"):
        list(read(bag, ["/c"]))


REFERENCE = {
    "bag_sha256": "1",
    "models": {"detector": "pico 12"},
    "settings": {"least score of a detection": 0.4},
    "frames": [
        {"at": 0.0, "detections": [],
         "tracks": [{"id": "1", "label": "person", "score": 0.8, "box": [10, 10, 50, 90]}]},
        {"at": 0.1, "detections": [], "tracks": []},
    ],
    "heard": [{"command": "stop", "text": "stop", "language": "en", "slots": [], "confidence": 0.9, "begin": 1.0,
               "end": 1.4}],
}  # fmt: skip


def changed(change):
    found = copy.deepcopy(REFERENCE)
    change(found)
    return process_replay.compare(REFERENCE, found)


def test_what_is_within_the_tolerances_is_no_difference():
    def slightly(found):
        track = found["frames"][0]["tracks"][0]
        track["score"], track["box"][0] = 0.79, 11.5
        found["heard"][0]["end"] = 1.42

    assert changed(lambda found: None) == []
    assert changed(slightly) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.update(bag_sha256="2"), "another recording"),
        (lambda f: f["models"].update(detector="nano 3"), "pico 12 in the reference, nano 3 now"),
        (lambda f: f["settings"].update({"least score of a detection": 0.5}), "0.4 in the reference, 0.5 now"),
        (lambda f: f["frames"].pop(), "2 pictures in the reference, 1 now"),
        (lambda f: f["frames"][0]["tracks"].clear(), "person #1 is missing"),
        (lambda f: f["frames"][1]["tracks"].extend(f["frames"][0]["tracks"]), "tracks at 0.100 s: person #1 is new"),
        (lambda f: f["frames"][0]["tracks"][0].update(score=0.5), "score 0.500, was 0.800"),
        (lambda f: f["frames"][0]["tracks"][0].update(box=[10, 10, 50, 99]), "off by 9.0 px"),
        (lambda f: f["heard"].clear(), "«stop» at 1.00 s is not heard any more"),
        (lambda f: f["heard"].append(f["heard"][0]), "heard in addition"),
        (lambda f: f["heard"][0].update(command="go"), "command 'go', was 'stop'"),
        (lambda f: f["heard"][0].update(confidence=0.2), "confidence 0.200, was 0.900"),
        (lambda f: f["heard"][0].update(begin=0.1), "times are off by 0.90 s"),
    ],
)
def test_differences_are_told_in_words(change, words):
    lines = changed(change)
    assert len(lines) == 1 and words in lines[0], lines


def detection(name, score, *box):
    return {"id": name, "label": "car", "score": score, "box": list(box)}


def test_detections_are_compared_by_place():
    before = copy.deepcopy(REFERENCE)
    before["frames"][0]["detections"] = [detection("1", 0.61, 0, 0, 50, 50), detection("2", 0.6, 200, 0, 250, 50),
                                         detection("3", 0.41, 90, 90, 120, 120)]  # fmt: skip
    found = copy.deepcopy(before)
    found["frames"][0]["detections"] = [detection("1", 0.605, 201, 0, 250, 50), detection("2", 0.6, 0, 1, 50, 50)]
    assert process_replay.compare(before, found) == [], "two of equal score changed places, a doubtful one is gone"
    found["frames"][0]["detections"][0]["box"] = [230, 0, 280, 50]
    assert process_replay.compare(before, found) == [
        "detections at 0.000 s: car #2 is missing (score 0.60)", "detections at 0.000 s: car #1 is new (score 0.60)"
    ]  # fmt: skip


def test_long_lists_are_cut():
    assert process_replay.summary(["x"] * 30)[-1] == "and 5 more"


def test_a_reference_is_written_and_read(tmp_path):
    path = tmp_path / "ref.json"
    process_replay.save(path, REFERENCE)
    assert process_replay.load(path) == REFERENCE
    assert len(path.read_text().splitlines()) > 5, "one picture a line"
    for text in ("", "[]", "{}", "null"):
        path.write_text(text)
        with pytest.raises(KittError, match="no reference"):
            process_replay.load(path)
    with pytest.raises(KittError, match="--update-refs"):
        process_replay.load(tmp_path / "none.json")


@pytest.mark.slow
@pytest.mark.ros
def test_a_recording_is_played_as_it_was(tmp_path):
    """Over real DDS: byte for byte, at the speed asked for, without what could move a car."""
    rclpy = pytest.importorskip("rclpy")
    import threading
    import time

    from geometry_msgs.msg import TwistStamped
    from kitt_interfaces.msg import KittState
    from rclpy.serialization import serialize_message

    from kitt_cli import replay
    from kitt_cli.definitions import definition
    from kitt_core.contract import topic
    from kitt_core.ports import qos_of

    path = tmp_path / "run.mcap"
    file = McapFile(path)
    for name, kind in (
        ("/kitt/state", "kitt_interfaces/msg/KittState"),
        ("/cmd_vel", "geometry_msgs/msg/TwistStamped"),
    ):
        file.add_topic(name, kind, definition(kind))
    for i in range(21):
        at = 100 * S + i * S // 10
        file.write("/kitt/state", serialize_message(KittState(state=str(i))), at, at)
        file.write("/cmd_vel", serialize_message(TwistStamped()), at, at)
    file.close()

    context = rclpy.Context()
    context.init()
    node = rclpy.create_node("hearer", context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    heard, moved, ended = [], [], threading.Event()
    node.create_subscription(
        KittState, "/kitt/state", lambda m: heard.append((time.monotonic(), m.state)), qos_of(topic("/kitt/state"))
    )
    node.create_subscription(TwistStamped, "/cmd_vel", moved.append, 10)

    def spin():
        while not ended.is_set():
            executor.spin_once(timeout_sec=0.05)

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        done = replay.play(path, speed=2.0)
        end = time.monotonic() + 5
        while len(heard) < 21 and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        ended.set()
        thread.join()
        node.destroy_node()
        context.try_shutdown()
    assert [state for _, state in heard] == [str(i) for i in range(21)]
    assert moved == [] and done["left_out"] == {"/cmd_vel": 21}
    assert 0.8 < heard[-1][0] - heard[0][0] < 2.0, "two recorded seconds at double speed"
