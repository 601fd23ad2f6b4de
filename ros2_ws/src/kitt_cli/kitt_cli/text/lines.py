"""Standard input by lines, the same for all verbs of the words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 1 << 20
"""Bytes; a longer line comes in several parts."""


@dataclass(frozen=True)
class Line:
    """A line without its end, the end, and what is wrong with it; bytes that are no UTF-8 are kept as surrogates."""

    text: str
    end: str = "\n"
    fault: str = ""

    @property
    def shown(self) -> str:
        """The text with a sign for each byte that is none."""
        return self.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def lines() -> Iterator[Line]:
    """The lines as they come; one that is not UTF-8 is told in its `fault`, and the others go on."""
    number = 1
    while data := sys.stdin.buffer.readline(LONGEST):
        text = data.decode("utf-8", "surrogateescape")
        body = text.rstrip("\r\n")
        broken = any("\udc80" <= letter <= "\udcff" for letter in body)
        fault = f"line {number} of standard input is not UTF-8: convert it, as with iconv" if broken else ""
        yield Line(body, text[len(body) :], fault)
        number += data.endswith(b"\n")
