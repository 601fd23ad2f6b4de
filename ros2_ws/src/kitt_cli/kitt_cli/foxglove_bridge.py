"""The running car in Foxglove: its topics over Foxglove's websocket, by its own SDK. Only to be watched."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from kitt_cli.definitions import definition
from kitt_cli.observer import Observer, observer
from kitt_core.contract import TOPICS
from kitt_inference.errors import KittError

PORT = 8765
"""Where Foxglove looks by itself."""
_DEPTH = 5
_TICK_S = 0.2


def sdk() -> Any:
    """Foxglove's SDK.

    Raises:
        KittError: it is not installed.
    """
    try:
        import foxglove
    except ImportError as error:
        raise KittError(
            "foxglove-sdk is not installed",
            "pip install foxglove-sdk, in the environment of ./kitt: .kitt/venv/bin/pip",
        ) from error
    return foxglove


class Bridge:
    """Offers every topic of the contract; subscribes to those that somebody looks at, and to no others."""

    def __init__(self, watch: Observer, foxglove: Any) -> None:
        self._watch = watch
        self.channels: dict[str, Any] = {}
        self._types: dict[str, str] = {}
        self._wanted: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._subscriptions: dict[str, Any] = {}
        for name, row in TOPICS.items():
            try:
                text = definition(row.type)
            except KittError:
                continue  # its package is not built here
            full = watch.full_name(name)
            schema = foxglove.Schema(name=row.type, encoding="ros2msg", data=text.encode())
            self.channels[full] = foxglove.Channel(full, message_encoding="cdr", schema=schema)
            self._types[full] = name

    def on_subscribe(self, _client: Any, channel: Any) -> None:
        """Foxglove's thread: somebody looks at a topic."""
        with self._lock:
            self._wanted[channel.topic] += 1

    def on_unsubscribe(self, _client: Any, channel: Any) -> None:
        """Foxglove's thread: somebody looks no more."""
        with self._lock:
            self._wanted[channel.topic] -= 1

    def tick(self) -> None:
        """The node's thread: subscribe and unsubscribe as it was asked for."""
        from kitt_core.ports import message_type

        with self._lock:
            wanted = {topic for topic, count in self._wanted.items() if count > 0} & self.channels.keys()
        for topic in self._subscriptions.keys() - wanted:
            self._watch.node.destroy_subscription(self._subscriptions.pop(topic))
        for topic in wanted - self._subscriptions.keys():
            name = self._types[topic]
            self._subscriptions[topic] = self._watch.node.create_subscription(
                message_type(TOPICS[name].type), topic, self._sender(topic), self._watch.qos(name, _DEPTH), raw=True
            )

    def _sender(self, topic: str) -> Callable[[bytes, Any], None]:
        channel = self.channels[topic]
        return lambda data, info: channel.log(data, log_time=int(info.get("source_timestamp") or 0) or None)


def serve(
    port: int = PORT,
    stopping: Callable[[], bool] = lambda: False,
    on_start: Callable[[int], None] = lambda _port: None,
) -> None:
    """Serve this machine until `stopping`. Foxglove's protocol knows no tokens, so no other machine is served.

    Args:
        port: 0: any free one.
        on_start: called with the port when Foxglove may connect.

    Raises:
        KittError: the SDK or ROS is not installed, or the port is taken.
    """
    foxglove = sdk()
    with observer("foxglove") as watch:
        bridge = Bridge(watch, foxglove)
        try:
            server = foxglove.start_server(name="KITT", host="127.0.0.1", port=port, server_listener=bridge)
        except (RuntimeError, OSError) as error:
            raise KittError(f"port {port} cannot be served: {error}", "give another --port") from error
        try:
            on_start(int(server.port))
            while not stopping():
                bridge.tick()
                watch.spin(_TICK_S, stopping)
        finally:
            server.stop()
