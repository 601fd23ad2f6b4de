"""The client of Gazebo's transport, against a master of our own."""

import socket
import threading

import pytest
from google.protobuf import descriptor_pb2

from kitt_inference.errors import KittError
from kitt_sim.gazebo import transport
from kitt_sim.gazebo.messages import Messages
from kitt_sim.gazebo.transport import Client, frame, read_frame


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

    def __init__(self, messages, deaf=0):
        self.deaf = deaf  # so many connections are taken and never read
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
            self.peers.append(peer)
            if len(self.peers) > self.deaf:
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


def test_a_master_that_does_not_read_a_connection_gets_another(monkeypatch):
    monkeypatch.setattr(transport, "_ANSWER_S", 0.2)
    messages = Messages(_descriptors())
    master = Master(messages, deaf=2)
    client = Client(messages, master.port)
    publisher = client.advertise("/a", "GzString")
    receiver = Client(messages, master.port)
    receiver.subscribe("/a", "GzString", lambda _message: None)
    for _ in range(200):
        if publisher.subscribers:
            break
        threading.Event().wait(0.02)
    assert publisher.subscribers == 1
    assert len(master.peers) == 4
    master.peers[0].settimeout(0.2)
    assert master.peers[0].recv(4096)
    with pytest.raises(TimeoutError):  # left open
        master.peers[0].recv(4096)
    client.close()
    receiver.close()
    master.listener.close()


def test_a_master_that_never_answers_is_an_error_in_bounded_time(monkeypatch):
    monkeypatch.setattr(transport, "_ANSWER_S", 0.05)
    master = Master(Messages(_descriptors()), deaf=99)
    with pytest.raises(KittError, match="answers nothing"):
        Client(Messages(_descriptors()), master.port)
    master.listener.close()


def test_nobody_on_the_port_is_an_error_in_bounded_time():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(KittError, match=str(port)):
        Client(Messages(_descriptors()), port, timeout=0.3)


def test_a_message_that_gazebo_does_not_have_is_named():
    with pytest.raises(KittError, match="Teapot"):
        Messages(_descriptors())["Teapot"]
