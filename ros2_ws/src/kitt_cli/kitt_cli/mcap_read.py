"""Reads ROS 2 messages out of MCAP files, also out of one that ends in the middle. No ROS needed."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt_inference.errors import KittError


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as it was recorded: CDR bytes, and when, in ns since 1970."""

    topic: str
    type: str
    log_ns: int
    data: bytes


def read(
    path: Path, topics: Collection[str] | None = None, start_s: float = 0.0, duration_s: float | None = None
) -> Iterator[Stored]:
    """The messages of a file in the order in which they were written.

    Args:
        topics: only these; without: all.
        start_s, duration_s: only what lies so many seconds after the first message, and no longer.

    Raises:
        KittError: the file is missing or no MCAP file, or holds none of the topics; names those it has.
    """
    wanted = None if topics is None else set(topics)
    seen: set[str] = set()
    first: int | None = None
    for schema, channel, message in _records(path):
        first = message.log_time if first is None else first
        seen.add(channel.topic)
        at_s = (message.log_time - first) * 1e-9
        if duration_s is not None and at_s > start_s + duration_s:
            break
        if at_s >= start_s and (wanted is None or channel.topic in wanted) and channel.message_encoding == "cdr":
            yield Stored(channel.topic, schema.name, message.log_time, message.data)
    if wanted is not None and not wanted & seen:
        raise KittError(
            f"{path} holds no {', '.join(sorted(wanted))}", f"it holds {', '.join(sorted(seen)) or 'nothing'}"
        )


def _records(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    from mcap.exceptions import McapError
    from mcap.records import Channel, Message, Schema
    from mcap.stream_reader import StreamReader

    schemas: dict[int, Any] = {}
    channels: dict[int, Any] = {}
    try:
        with path.open("rb") as stream:
            if stream.read(5) != b"\x89MCAP":
                raise KittError(f"{path} is no MCAP file", "give a file that `kitt record` or `ros2 bag` wrote as MCAP")
            stream.seek(0)
            for record in StreamReader(stream).records:
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message):
                    channel = channels[record.channel_id]
                    yield schemas[channel.schema_id], channel, record
    except OSError as error:
        raise KittError(f"{path} cannot be read: {error.strerror}", "give a recording that is there") from error
    except (McapError, struct.error, EOFError, ValueError):
        return  # the recorder was killed: what was read up to here is whole
