"""Writes serialised ROS 2 messages into one MCAP file that any MCAP reader opens. No ROS needed.

Each chunk is on disk as soon as it is full (4 KiB, or one message that is larger): SIGKILL or a full disk lose no more
than the last one, a second of a single quiet topic, and what is there ends with a whole record.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import IO, Any, cast

from kitt_inference.errors import KittError

_CHUNK = 4 * 1024  # bytes
_HEAD = 31  # bytes of a message's record before its data
_LOOK_EVERY = 1 << 20  # bytes between two looks at how much of the disk is free
KEEP_FREE = 100_000_000
"""Bytes of the disk that a recording leaves free unless told otherwise: a full disk harms more than the recording."""


class LimitError(KittError):
    """The recording is as large as it may get; its file is whole."""


class DiskLimitError(LimitError):
    """The disk is as full as it may get; the file is whole."""


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
        limit: bytes that it may have at most, but for its index; 0: any number.
        keep_free: bytes of the disk that are left free.

    Raises:
        KittError: it exists or cannot be made, or the disk is too full to begin.
    """

    def __init__(self, path: Path, limit: int = 0, keep_free: int = KEEP_FREE) -> None:
        from mcap.writer import CompressionType, Writer

        self.path = path
        self._limit, self._keep_free = limit, keep_free
        self._taken = self._look_at = 0
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
        if (free := shutil.disk_usage(path.parent).free) < keep_free:
            os.close(descriptor)
            path.unlink()
            raise KittError(
                f"only {_mega(free)} MB of the disk of {path} are free, and {_mega(keep_free)} are to stay so",
                "free space, give another --out, or --keep-free with a smaller number",
            )
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
            LimitError: the file has reached its limit, or the disk has less free than it shall keep; closed whole.
            KittError: the disk is full or failed; the file is closed, what it holds up to then stays readable.
        """
        stream = self._stream
        if stream is None:
            return
        self._taken += len(data) + _HEAD
        self._check_limits(max(self._taken, stream.tell() + len(data)))
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

    def _check_limits(self, size: int) -> None:
        if self._limit and size > self._limit:
            self.close()
            raise LimitError(
                f"recording {self.path} ended at its limit of {_mega(self._limit)} MB", "give a larger one"
            )
        if size < self._look_at:
            return
        self._look_at = size + _LOOK_EVERY
        if shutil.disk_usage(self.path.parent).free < self._keep_free:
            self.close()
            raise DiskLimitError(
                f"recording {self.path} ended: {_mega(self._keep_free)} MB of the disk are kept free", "free space"
            )

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


def _mega(size: int) -> str:
    return f"{size / 1e6:.0f}"
