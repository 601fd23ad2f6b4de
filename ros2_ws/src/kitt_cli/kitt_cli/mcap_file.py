"""Writes serialised ROS 2 messages into one MCAP file that any MCAP reader opens. No ROS needed.

Each chunk is on disk as soon as it is full (32 KiB, well under a second of a driving car): SIGKILL or a full disk lose
no more than the last one, and what is there ends with a whole record.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO, Any, cast

from kitt_inference.errors import KittError

_CHUNK = 32 * 1024  # bytes


class _WholeRecords:
    """A stream for the writer that puts on disk whole records or nothing."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = 0  # bytes surely on disk
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._pending += data
        return len(data)

    def tell(self) -> int:
        return self.size + len(self._pending)

    def flush(self) -> None:
        done = 0
        try:
            while done < len(self._pending):
                done += os.write(self.descriptor, self._pending[done:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self.descriptor, self.size)
            raise
        self.size += done
        self._pending.clear()


class McapFile:
    """An MCAP file with profile ros2, messages in CDR, definitions in ros2msg.

    Args:
        path: file to make; an existing one is not overwritten.

    Raises:
        KittError: it exists or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        from mcap.writer import CompressionType, Writer

        self.path = path
        self.messages = 0
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        try:
            if not path.parent.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError as error:
            raise KittError(f"{path} exists already", "give another --out; recordings are not overwritten") from error
        except OSError as error:
            raise KittError(f"{path} cannot be written: {error.strerror}", "give a path that you may write") from error
        self._stream: _WholeRecords | None = _WholeRecords(descriptor)
        self._writer: Any = Writer(cast(IO[Any], self._stream), chunk_size=_CHUNK, compression=CompressionType.NONE)
        self._writer.start(profile="ros2", library="kitt")

    def add_topic(self, name: str, type_name: str, definition: str, qos: str = "") -> None:
        """Make a topic known before its first message; `definition` as `definitions.definition` gives it."""
        if type_name not in self._schemas:
            self._schemas[type_name] = self._writer.register_schema(type_name, "ros2msg", definition.encode())
        metadata = {"offered_qos_profiles": qos}
        self._channels[name] = self._writer.register_channel(name, "cdr", self._schemas[type_name], metadata)

    def write(self, topic: str, data: bytes, log_ns: int, publish_ns: int) -> None:
        """Append a message. Times in ns since 1970.

        Raises:
            KittError: the disk is full or failed; the file is closed, what it holds up to then stays readable.
        """
        stream = self._stream
        if stream is None:
            return
        try:
            self._writer.add_message(self._channels[topic], log_ns, data, publish_ns, self.messages)
            stream.flush()
        except OSError as error:
            self._close()
            raise KittError(
                f"recording {self.path} ended: {error.strerror}",
                f"{self.messages} messages came until then; free space",
            ) from error
        self.messages += 1

    def close(self) -> None:
        """Write the summary and close.

        Raises:
            KittError: the disk is full or failed.
        """
        if self._stream is None:
            return
        try:
            self._writer.finish()
            self._stream.flush()
        except OSError as error:
            raise KittError(f"the end of {self.path} is not written: {error.strerror}", "free space") from error
        finally:
            self._close()

    def _close(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError):
                os.close(self._stream.descriptor)
            self._stream = None
