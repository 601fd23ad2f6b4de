"""The set-up of Gazebo 11, its stamps and its transport, without Gazebo."""

import os
import shutil
import socket
import subprocess
import threading

import pytest
from google.protobuf import descriptor_pb2

from kitt_inference.errors import KittError
from kitt_sim.gazebo import enter, harmonic, mirror, server, tree
from kitt_sim.gazebo.clock import StampClock
from kitt_sim.gazebo.messages import Messages
from kitt_sim.gazebo.server import Server
from kitt_sim.gazebo.transport import Client, frame, read_frame


def test_the_mirror_is_debians_own_and_not_the_security_archive():
    text = (
        "http://mirror.example/debian-security/|Debian|main\n"
        "http://node.example/node_20.x/|. nodistro|main\n"
        "https://other.example/debian/||main\n"
        "http://mirror.example/debian/|Debian|main\nhttp://mirror.example/debian/|Debian|contrib\n"
    )
    assert mirror.parse(text) == ["http://mirror.example/debian", "https://other.example/debian"]
    assert mirror.parse("") == []


def test_without_a_mirror_the_variable_is_named(monkeypatch, tmp_path):
    key = tmp_path / "key.gpg"
    key.touch()
    monkeypatch.setattr(mirror, "KEYRING", key)
    monkeypatch.setattr(mirror.shutil, "which", lambda *_a, **_k: "/usr/bin/x")
    monkeypatch.setattr(mirror.subprocess, "run", lambda *_a, **_k: subprocess.CompletedProcess([], 0, "", ""))
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    with pytest.raises(KittError) as info:
        mirror.find()
    assert mirror.VARIABLE in info.value.remedy
    monkeypatch.setenv(mirror.VARIABLE, "http://mirror.example/debian/")
    assert mirror.find() == "http://mirror.example/debian"
    monkeypatch.setenv(mirror.VARIABLE, "nonsense")
    with pytest.raises(KittError, match="nonsense"):
        mirror.find()


def test_a_machine_without_apt_is_told_so(monkeypatch):
    monkeypatch.setattr(mirror.shutil, "which", lambda *_a, **_k: None)
    with pytest.raises(KittError, match="apt-get"):
        mirror.find()


def test_a_tree_of_another_recipe_or_a_broken_one_is_not_ready(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    assert not tree.ready()
    with pytest.raises(KittError) as info:
        tree.require()
    assert "kitt setup gazebo" in info.value.remedy
    root = tree.root()
    (root / "usr/bin").mkdir(parents=True)
    (root / "kitt").mkdir()
    (root / "usr/bin/gzserver").touch()
    (root / "kitt/messages.desc").touch()
    for text in ("", "[]", "{broken", '{"recipe": -1}'):
        (root / "kitt-manifest.json").write_text(text)
        assert not tree.ready()
    (root / "kitt-manifest.json").write_text(f'{{"recipe": {tree.RECIPE}}}')
    assert tree.ready()


def test_a_full_disk_is_refused_before_anything_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(mirror, "find", lambda: "http://mirror.example/debian")
    monkeypatch.setattr(enter, "check", lambda: None)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda _p: usage._replace(free=10))
    with pytest.raises(KittError, match="GB free"):
        tree.fetch()


def test_an_unreachable_mirror_is_named_with_a_remedy(monkeypatch, tmp_path):
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get here")
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    with pytest.raises(KittError, match=r"127\.0\.0\.1:9") as info:
        tree._apt(["update", "-o", "Acquire::Retries=0"], "http://127.0.0.1:9/debian")
    assert mirror.VARIABLE in info.value.remedy


def test_a_command_for_the_tree_quotes_what_it_is_given(tmp_path):
    words = enter.command(tmp_path / "a tree", ["/bin/echo", "it's"], {"A": "b c"}, {tmp_path: "/world"})
    script = words[-1]
    assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0
    assert "--kill-child=KILL" in words
    assert "'A=b c'" in script


def test_a_server_without_a_tree_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    with pytest.raises(KittError) as info:
        Server(tmp_path)
    assert "kitt setup gazebo" in info.value.remedy


def test_harmonic_that_is_not_installed_names_the_other_gazebo(monkeypatch, tmp_path):
    monkeypatch.setattr(harmonic.shutil, "which", lambda _program: None)
    with pytest.raises(KittError) as info:
        harmonic.commands(tmp_path, window=False)
    assert "gazebo11" in info.value.remedy
    monkeypatch.setattr(harmonic.shutil, "which", lambda program: f"/usr/bin/{program}")
    server, bridge = harmonic.commands(tmp_path, window=False)
    assert server[:2] == ["gz", "sim"]
    assert "-s" in server
    assert str(tmp_path / "bridge.yaml") in bridge[-1]


def test_stamps_follow_the_systems_clock_and_are_never_ahead_of_it():
    clock = StampClock(follow=True)
    wall = 1_000_000_000_000
    for i, delay in enumerate((3, 1, 2, 5)):  # milliseconds on the way
        clock.observe(i * 0.02, wall + i * 20_000_000 + delay * 1_000_000)
    assert clock.stamp_ns(0.06) == wall + 60_000_000 + 1_000_000
    for i in range(4, 200):  # Gazebo at half speed: stamps keep up
        clock.observe(i * 0.02, wall + i * 40_000_000)
    now = wall + 199 * 40_000_000
    assert 0 <= now - clock.stamp_ns(199 * 0.02) <= 1_000_000_000 / 2 * 2


def test_simulated_stamps_run_as_gazebos_time_does():
    clock = StampClock(follow=False)
    clock.observe(1.0, 5_000_000_000)
    clock.observe(1.5, 9_000_000_000)
    assert clock.stamp_ns(2.0) - clock.stamp_ns(1.0) == 1_000_000_000


def pair():
    return socket.socketpair()


def test_frames_come_back_as_they_were_sent_however_they_are_cut():
    a, b = pair()
    body = bytes(range(256)) * 300
    data = frame(body) + frame(b"")
    threading.Thread(target=lambda: [a.sendall(data[i : i + 1000]) for i in range(0, len(data), 1000)]).start()
    assert read_frame(b) == body
    assert read_frame(b) == b""
    a.close()
    assert read_frame(b) is None


@pytest.mark.parametrize("head", [b"GET / HT", b"FFFFFFFF", b"-0000001"])
def test_what_is_no_frame_is_refused(head):
    a, b = pair()
    a.sendall(head)
    with pytest.raises(KittError):
        read_frame(b)


def test_damaged_descriptors_name_the_remedy():
    with pytest.raises(KittError) as info:
        Messages(b"\xff\xff not a descriptor set")
    assert "kitt setup gazebo" in info.value.remedy


def _descriptors():
    """The few messages that the transport itself needs, for a master of our own."""
    file = descriptor_pb2.FileDescriptorProto(name="kitt_test.proto", package="gazebo.msgs", syntax="proto2")
    kinds = {"int32": 5, "string": 9, "message": 11, "bytes": 12, "bool": 8, "uint32": 13}

    def message(name, *fields):
        made = file.message_type.add(name=name)
        for number, (field, kind, *of) in enumerate(fields, 1):
            made.field.add(name=field, number=number, type=kinds[kind], label=1,
                           type_name=f".gazebo.msgs.{of[0]}" if of else None)  # fmt: skip

    message("Time", ("sec", "int32"), ("nsec", "int32"))
    message("Packet", ("stamp", "message", "Time"), ("type", "string"), ("serialized_data", "bytes"))
    message("Publish", ("topic", "string"), ("msg_type", "string"), ("host", "string"), ("port", "uint32"))
    message("Subscribe", ("topic", "string"), ("host", "string"), ("port", "uint32"), ("msg_type", "string"),
            ("latching", "bool"))  # fmt: skip
    message("GzString", ("data", "string"))
    message("Request", ("id", "int32"), ("request", "string"), ("data", "string"))
    message("TopicInfo", ("msg_type", "string"), ("publisher", "message", "Publish"),
            ("subscriber", "message", "Subscribe"))  # fmt: skip
    for repeated in file.message_type[-1].field[1:]:
        repeated.label = 3
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


class Master:
    """As much of Gazebo's master as two clients need to find each other."""

    def __init__(self, messages):
        self.messages, self.peers, self.published, self.wanted = messages, [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer):
        while (body := read_frame(peer)) is not None:
            note = self.messages["Packet"].FromString(body)
            if note.type == "advertise":
                self.published.append(self.messages["Publish"].FromString(note.serialized_data))
            elif note.type == "request":
                request = self.messages["Request"].FromString(note.serialized_data)
                assert request.request == "topic_info"
                wishes = [wish for _, wish in self.wanted if wish.topic == request.data]
                info = self.messages["TopicInfo"](msg_type="", subscriber=wishes).SerializeToString()
                answer = self.messages["Packet"](type="topic_info_response", serialized_data=info)
                peer.sendall(frame(answer.SerializeToString()))
            else:
                self.wanted.append((peer, self.messages["Subscribe"].FromString(note.serialized_data)))
            for who, wish in self.wanted:
                for made in self.published:
                    if made.topic == wish.topic:
                        packet = self.messages["Packet"](type="publisher_subscribe",
                                                         serialized_data=made.SerializeToString())  # fmt: skip
                        who.sendall(frame(packet.SerializeToString()))


def test_two_clients_talk_through_a_master_and_end_cleanly():
    messages = Messages(_descriptors())
    master = Master(messages)
    before = threading.active_count()
    sender, receiver = Client(messages, master.port), Client(messages, master.port)
    got, arrived = [], threading.Event()

    def take(message):
        got.append(message.data)
        if len(got) == 3:
            arrived.set()

    publisher = sender.advertise("/a", "GzString")
    receiver.subscribe("/a", "GzString", take)
    receiver.subscribe("/nobody", "GzString", take)
    for _ in range(200):
        if publisher.subscribers:
            break
        threading.Event().wait(0.02)
    assert publisher.subscribers == 1  # once, though the master names the publisher again and again
    assert not sender.listened(["/a", "/b"])  # only asked
    for _ in range(200):
        if sender.listened(["/a"]):
            break
        threading.Event().wait(0.02)
    assert sender.listened(["/a"])
    assert not sender.listened(["/a", "/b"])
    for text in ("one", "", "drei «é»"):
        publisher.publish(messages["GzString"](data=text))
    assert arrived.wait(5.0)
    assert got == ["one", "", "drei «é»"]
    receiver.close()
    for _ in range(3):
        publisher.publish(messages["GzString"](data="nobody hears"))
    sender.close()
    master.listener.close()
    threading.Event().wait(0.2)
    assert threading.active_count() <= before + 2  # the master's own


def test_nobody_on_the_port_is_an_error_in_bounded_time():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(KittError, match=str(port)):
        Client(Messages(_descriptors()), port, timeout=0.3)


def test_a_message_that_gazebo_does_not_have_is_named():
    with pytest.raises(KittError, match="Teapot"):
        Messages(_descriptors())["Teapot"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_what_the_machine_refuses_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setattr(enter, "_unshare", lambda: ["sh", "-c", "echo no namespaces >&2; exit 1"])
    enter.check.cache_clear()
    with pytest.raises(KittError, match="no namespaces"):
        enter.check()
    enter.check.cache_clear()


def test_who_listens_and_has_a_guest_is_seen_without_knocking():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not server._at_home(port)
        with socket.create_connection(("127.0.0.1", port)):
            assert server._at_home(port)
            listener.settimeout(0.05)
            listener.accept()[0].close()
            with pytest.raises(TimeoutError):
                listener.accept()
    assert not server._at_home(port)
