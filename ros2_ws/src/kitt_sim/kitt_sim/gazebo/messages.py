"""Gazebo's messages, from the descriptors that protoc made of Gazebo's own .proto files at set-up."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from kitt_inference.errors import KittError
from kitt_sim.gazebo import tree


class Messages:
    """Message classes by their names in Gazebo, without «gazebo.msgs.»."""

    def __init__(self, descriptors: bytes) -> None:
        """`descriptors`: a serialised FileDescriptorSet.

        Raises:
            KittError: it is none.
        """
        self._pool = descriptor_pool.DescriptorPool()
        try:
            files = descriptor_pb2.FileDescriptorSet.FromString(descriptors)
            for file in _sorted(files):
                self._pool.Add(file)
        except (DecodeError, TypeError, ValueError) as error:
            raise KittError(f"Gazebo's message descriptors are damaged ({error})", "./kitt setup gazebo") from error

    def __getitem__(self, name: str) -> Any:
        """The class of a message.

        Raises:
            KittError: Gazebo has no such message.
        """
        try:
            return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"gazebo.msgs.{name}"))
        except KeyError:
            raise KittError(f"Gazebo has no message {name}", "see Gazebo's .proto files") from None


def _sorted(files: descriptor_pb2.FileDescriptorSet) -> list[descriptor_pb2.FileDescriptorProto]:
    """Files after those that they import; protoc writes only those that were named, in their order."""
    by_name = {file.name: file for file in files.file}
    done: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def visit(name: str) -> None:
        if name in by_name and name not in done:
            for needed in by_name[name].dependency:
                visit(needed)
            done[name] = by_name[name]

    for name in by_name:
        visit(name)
    return list(done.values())


@cache
def load(root: Path | None = None) -> Messages:
    """The messages of the Gazebo in the cache.

    Raises:
        KittError: it has not been set up.
    """
    return Messages(((root or tree.require()) / "kitt" / "messages.desc").read_bytes())
