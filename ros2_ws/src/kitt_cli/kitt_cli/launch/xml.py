"""A launch file as a tree of elements that know their line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from kitt_inference.errors import KittError


@dataclass
class Element:
    """One XML element: tag, attributes, children in order, and where it stands."""

    tag: str
    attributes: Mapping[str, str]
    file: Path
    line: int
    children: list[Element] = field(default_factory=list)

    @property
    def where(self) -> str:
        """ "file:line", for messages."""
        return f"{self.file}:{self.line}"

    def error(self, message: str, remedy: str) -> KittError:
        """An error that names file and line; to be raised by the caller."""
        return KittError(f"{self.where}: {message}", remedy)


def read(file: Path) -> Element:
    """Read a launch file; the root is `<launch>`.

    Raises:
        KittError: the file cannot be read, is no XML, or holds text between its elements.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KittError(f"{file}: {error.strerror}", "give the path of a launch file that can be read") from error
    parser = expat.ParserCreate()
    root: list[Element] = []
    open_elements: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, file, parser.CurrentLineNumber)
        (open_elements[-1].children if open_elements else root).append(element)
        open_elements.append(element)

    def end(_tag: str) -> None:
        open_elements.pop()

    def text(content: str) -> None:
        if content.strip():
            line = parser.CurrentLineNumber
            raise KittError(
                f"{file}:{line}: text {content.strip()!r} between elements has no meaning in a launch file",
                "put values into attributes, remarks into <!-- -->",
            )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise KittError(
            f"{file}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}", "mend the XML at that line"
        ) from error
    if root[0].tag != "launch":
        raise root[0].error(f"the outermost element is <{root[0].tag}>", "it must be <launch>")
    return root[0]
