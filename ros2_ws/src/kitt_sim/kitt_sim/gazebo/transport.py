"""A client of Gazebo 11's transport: publishers and subscriptions over TCP.

Protocol (gazebo/transport, Connection.cc and Publication.cc of Gazebo 11): every frame is its length as eight
hexadecimal digits and then that many bytes. With the master the frames are Packets; a subscriber opens a connection to
each publisher, sends a Packet «sub», and from then on gets the bare messages.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import DecodeError, EncodeError

from kitt_inference.errors import KittError
from kitt_sim.gazebo.messages import Messages

_HEADER = 8
_LARGEST = 64 << 20
"""Bytes; a greater length is no frame of Gazebo's."""
_HOST = "127.0.0.1"
_TRIES, _ANSWER_S = 4, 4.0
"""While Gazebo starts, its master now and then takes a connection, writes to it and never reads it. Then another one is
made; the first stays open, for the master counts its connections and would take the next one for another's."""


def frame(body: bytes) -> bytes:
    """A body with its length in front."""
    return b"%08X" % len(body) + body


def read_frame(connection: socket.socket) -> bytes | None:
    """The next body, or None where the other side has gone.

    Raises:
        KittError: what comes is no frame.
    """
    head = _exactly(connection, _HEADER)
    if head is None:
        return None
    try:
        length = int(bytes(head), 16)
    except ValueError:
        raise KittError(
            f"no frame of Gazebo's begins with {bytes(head)!r}", "is another program on its port?"
        ) from None
    if not 0 <= length <= _LARGEST:
        raise KittError(f"a frame of {length} bytes", "is another program on Gazebo's port?")
    body = _exactly(connection, length)
    return None if body is None else bytes(body)


def _exactly(connection: socket.socket, count: int) -> bytearray | None:
    data = bytearray(count)
    view, at = memoryview(data), 0
    while at < count:
        try:
            got = connection.recv_into(view[at:])
        except OSError:
            return None
        if got == 0:
            return None
        at += got
    return data


def set_stamp(stamp: Any, ns: int) -> None:
    """Fill a gazebo.msgs.Time."""
    stamp.sec, stamp.nsec = divmod(ns, 1_000_000_000)


def stamp_ns(stamp: Any) -> int:
    """A gazebo.msgs.Time in nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nsec)


class Publisher:
    """Sends messages to whoever has subscribed."""

    def __init__(self, topic: str, kind: str) -> None:
        self.topic, self.kind = topic, kind
        self._lock = threading.Lock()
        self._peers: list[socket.socket] = []

    def add(self, peer: socket.socket) -> None:
        """A subscriber has come."""
        with self._lock:
            if peer not in self._peers:
                self._peers.append(peer)

    @property
    def subscribers(self) -> int:
        """How many listen."""
        return len(self._peers)

    def publish(self, message: Any) -> None:
        """Send to all; those who have gone are forgotten.

        Raises:
            KittError: the message lacks a field that Gazebo requires.
        """
        try:
            data = frame(message.SerializeToString())
        except EncodeError as error:
            raise KittError(f"a message for {self.topic} is not complete: {error}") from error
        with self._lock:
            for peer in list(self._peers):
                try:
                    peer.sendall(data)
                except OSError:
                    self._peers.remove(peer)


class Client:
    """A connection to Gazebo's master, with publishers and subscriptions; its threads end with `close`."""

    def __init__(self, messages: Messages, port: int, timeout: float = 10.0) -> None:
        """Connect to the master on this machine's `port`, waiting for it up to `timeout` seconds.

        Raises:
            KittError: nobody answers.
        """
        self._messages = messages
        self._closed = False
        self._lock = threading.Lock()
        self._publishers: dict[str, Publisher] = {}
        self._wanted: dict[str, tuple[str, Callable[[Any], None]]] = {}
        self._linked: set[tuple[str, str, int]] = set()
        self._listened: set[str] = set()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.damaged = 0
        """Messages that could not be read."""
        self._listener = socket.create_server((_HOST, 0))
        self._port = self._listener.getsockname()[1]
        self._answered = threading.Event()
        self._start(self._serve, "gazebo-accept")
        for _ in range(_TRIES):
            # the master greets with its version, its worlds and the publishers it knows
            self._master = self._connect(_HOST, port, timeout)
            self._start(self._follow_master, "gazebo-master", self._master)
            self.listened([""])
            if self._answered.wait(_ANSWER_S):
                return
        self.close()
        raise KittError(f"Gazebo's master on port {port} answers nothing", "is the machine busy?")

    def _connect(self, host: str, port: int, timeout: float) -> socket.socket:
        deadline = time.monotonic() + timeout
        while True:
            try:
                connection = socket.create_connection((host, port), timeout=2.0)
                break
            except OSError as error:
                if time.monotonic() > deadline or self._closed:
                    raise KittError(
                        f"Gazebo does not answer on port {port} ({error})", "is gzserver running?"
                    ) from None
                time.sleep(0.05)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets.append(connection)
        return connection

    def _start(self, target: Callable[..., None], name: str, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _packet(self, kind: str, content: Any) -> bytes:
        packet = self._messages["Packet"](type=kind, serialized_data=content.SerializeToString())
        set_stamp(packet.stamp, time.time_ns())
        return frame(packet.SerializeToString())

    def _tell_master(self, kind: str, content: Any) -> None:
        with self._lock:
            try:
                self._master.sendall(self._packet(kind, content))
            except OSError as error:
                raise KittError(f"Gazebo's master has gone ({error})", "see gzserver's log") from error

    def advertise(self, topic: str, kind: str) -> Publisher:
        """A publisher of messages of `kind` (as in Gazebo, without «gazebo.msgs.»)."""
        publisher = self._publishers[topic] = Publisher(topic, kind)
        content = self._messages["Publish"](topic=topic, msg_type=f"gazebo.msgs.{kind}", host=_HOST, port=self._port)
        self._tell_master("advertise", content)
        return publisher

    def subscribe(self, topic: str, kind: str, callback: Callable[[Any], None]) -> None:
        """Call `callback` with each message of `topic`, in a thread of its publisher's connection."""
        self._wanted[topic] = (kind, callback)
        self._tell_master("subscribe", self._wish(topic, kind))

    def listened(self, topics: Iterable[str]) -> bool:
        """Whether somebody listens to all the topics, as far as the master has told; asks it about the next one."""
        missing = next((topic for topic in topics if topic not in self._listened), None)
        if missing is not None:
            self._tell_master("request", self._messages["Request"](id=0, request="topic_info", data=missing))
        return missing is None

    def _wish(self, topic: str, kind: str) -> Any:
        return self._messages["Subscribe"](
            topic=topic, host=_HOST, port=self._port, msg_type=f"gazebo.msgs.{kind}", latching=False
        )

    def _follow_master(self, master: socket.socket) -> None:
        publish, packet, info = (self._messages[name] for name in ("Publish", "Packet", "TopicInfo"))
        while not self._closed:
            body = read_frame(master)
            if body is None:
                return
            try:
                note = packet.FromString(body)
                if note.type in ("publisher_subscribe", "publisher_advertise"):
                    self._link(publish.FromString(note.serialized_data))
                elif note.type == "topic_info_response":
                    if master is self._master:
                        self._answered.set()
                    self._listened |= {each.topic for each in info.FromString(note.serialized_data).subscriber}
            except DecodeError:
                self.damaged += 1

    def _link(self, where: Any) -> None:
        """Connect to a publisher of something that we want."""
        key = (where.topic, where.host, where.port)
        if where.topic not in self._wanted or key in self._linked or where.port == self._port:
            return
        self._linked.add(key)
        kind, callback = self._wanted[where.topic]
        self._start(self._receive, f"gazebo {where.topic}", key, kind, callback)

    def _receive(self, key: tuple[str, str, int], kind: str, callback: Callable[[Any], None]) -> None:
        topic, host, port = key
        message = self._messages[kind]
        try:
            connection = self._connect(host, port, 2.0)
            connection.sendall(self._packet("sub", self._wish(topic, kind)))
        except (KittError, OSError):
            self._linked.discard(key)
            return
        while not self._closed:
            body = read_frame(connection)
            if body is None:
                self._linked.discard(key)
                return
            try:
                value = message.FromString(body)
            except DecodeError:
                self.damaged += 1
                continue
            callback(value)

    def _serve(self) -> None:
        """Take the connections of those who subscribe to what we publish."""
        while not self._closed:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.append(peer)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._greet, "gazebo-peer", peer)

    def _greet(self, peer: socket.socket) -> None:
        while not self._closed:
            body = read_frame(peer)
            if body is None:
                return
            with contextlib.suppress(DecodeError):
                note = self._messages["Packet"].FromString(body)
                if note.type == "sub":
                    wish = self._messages["Subscribe"].FromString(note.serialized_data)
                    publisher = self._publishers.get(wish.topic)
                    if publisher is not None:
                        publisher.add(peer)

    def close(self) -> None:
        """End all connections and threads."""
        self._closed = True
        with self._lock:
            everything = [self._listener, *self._sockets]
        for each in everything:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=2.0)
