r"""Substitutions of the launch format: `$(var x)`, `$(env HOME)`, ... parsed into a small tree.

The syntax is that of `launch.frontend` (its grammar.lark): outside a substitution every character stands for itself, a
backslash takes the next character literally and `$` must be written `\$`; within one, arguments are parted by exactly
one space, and an argument with spaces or parentheses is quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class SubstitutionError(ValueError):
    """A text that is no valid substitution; the caller knows file and line."""


@dataclass(frozen=True)
class Call:
    """`$(name argument ...)`."""

    name: str
    arguments: tuple[Template, ...]


Part = str | Call
Template = tuple[Part, ...]


def parse(text: str) -> Template:
    """Parse the text of an attribute into literal parts and calls, in order; neighbouring literals are one.

    Raises:
        SubstitutionError: the text is not valid; says where.
    """
    return _Reader(text).template(quote=None)


class _Reader:
    """A recursive-descent reader over one attribute's text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def template(self, quote: str | None) -> Template:
        """Literal text and calls, up to the end (quote None) or past the closing quote."""
        parts: list[Part] = []
        literal = ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == quote:
                self.at += 1
                return _joined([*parts, literal])
            if char == "$":
                parts += [literal, self.call(quote)]
                literal = ""
            else:
                literal += self.literal()
        if quote is not None:
            self.fail(f"the quote {quote} is not closed")
        return _joined([*parts, literal])

    def literal(self) -> str:
        """One character, or the one after a backslash (a backslash at the very end stands for itself)."""
        if self.text[self.at] == "\\" and self.at + 1 < len(self.text):
            self.at += 1
        self.at += 1
        return self.text[self.at - 1]

    def call(self, quote: str | None) -> Call:
        """`$(name)` or `$(name argument ...)`, `at` on the dollar sign."""
        if not self.text.startswith("$(", self.at):
            self.fail("a dollar sign that begins no substitution must be written \\$")
        name = _IDENTIFIER.match(self.text, self.at + 2)
        if name is None:
            self.fail("after $( a name must follow")
        self.at = name.end()
        arguments: list[Template] = []
        while self.peek() == " ":
            self.at += 1
            arguments.append(self.argument(quote))
        if self.peek() != ")":
            self.fail(f"$({name.group()} is not closed: a parenthesis, a space or a quote is wrong")
        self.at += 1
        return Call(name.group(), tuple(arguments))

    def argument(self, quote: str | None) -> Template:
        """One argument: quoted (only outside quotes), or characters up to a space or the closing parenthesis."""
        if quote is None and self.peek() in ("'", '"'):
            self.at += 1
            return self.template(quote=self.text[self.at - 1])
        forbidden = "'\"" if quote is None else quote
        parts: list[Part] = []
        while self.peek() not in ("", " ", ")"):
            char = self.peek()
            if char in forbidden or char == "(":
                self.fail(f"{char} within an argument: put the whole argument in quotes or write \\{char}")
            parts.append(self.call(quote) if char == "$" else self.literal())
        if not parts:
            self.fail("an argument is empty: there must be exactly one space between arguments")
        return _joined(parts)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def fail(self, message: str) -> NoReturn:
        raise SubstitutionError(f"{message} (character {self.at + 1} of {self.text!r})")


def _joined(parts: list[Part]) -> Template:
    """Without empty literals, neighbouring literals made one."""
    result: list[Part] = []
    for part in parts:
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        elif part != "":
            result.append(part)
    return tuple(result)
