"""The state that a launch file is evaluated in: arguments and variables, environment, namespace, current file."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from kitt_inference.errors import KittError

from . import ament, substitute
from .substitute import SubstitutionError, Template
from .xml import Element

_TRUE, _FALSE = ("true", "1"), ("false", "0")


@dataclass
class Scope:
    """What a `<group>` restores at its end."""

    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str | None] = field(default_factory=dict)  # changes to the runner's own
    namespace: str | None = None
    parameters: list[tuple[str, object]] = field(default_factory=list)  # from <set_parameter>

    def copy(self) -> Scope:
        """An independent copy."""
        return replace(
            self,
            variables=dict(self.variables),
            environment=dict(self.environment),
            parameters=list(self.parameters),
        )


@dataclass
class Context:
    """The scope of the moment and the file that is being read."""

    scope: Scope
    file: Path

    def variable(self, name: str) -> str | None:
        """The value of an argument or variable, None where there is none."""
        return self.scope.variables.get(name)

    def environment(self, name: str) -> str | None:
        """An environment variable as the processes will see it."""
        if name in self.scope.environment:
            return self.scope.environment[name]
        return os.environ.get(name)

    def expand(self, text: str, element: Element) -> str:
        """`text` with its substitutions performed.

        Raises:
            KittError: wrong syntax, an unknown substitution, or one that has no value; names file and line.
        """
        return self.perform(self.template(text, element), element)

    def template(self, text: str, element: Element) -> Template:
        """`text` parsed, for those who need its parts (a command line is split between them)."""
        try:
            return substitute.parse(text)
        except SubstitutionError as error:
            raise element.error(str(error), "mend the substitution; docs/launch.md has the syntax") from error

    def perform(self, template: Template, element: Element) -> str:
        """A parsed text with its substitutions performed."""
        return "".join(part if isinstance(part, str) else self._call(part, element) for part in template)

    def condition(self, text: str, element: Element) -> bool:
        """The value of an `if` or `unless`: true, 1, false or 0, in any case.

        Raises:
            KittError: it is anything else.
        """
        value = self.expand(text, element).strip().lower()
        if value not in (*_TRUE, *_FALSE):
            raise element.error(f"condition {text!r} gives {value!r}", "a condition must give true, false, 1 or 0")
        return value in _TRUE

    def _call(self, call: substitute.Call, element: Element) -> str:
        entry = _SUBSTITUTIONS.get(call.name)
        if entry is None:
            raise element.error(
                f"unknown substitution $({call.name})", f"`kitt launch` knows {', '.join(sorted(_SUBSTITUTIONS))}"
            )
        function, least, most = entry
        count = len(call.arguments)
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise element.error(f"$({call.name}) has {count} arguments", f"it takes {wanted}")
        arguments = [self.perform(argument, element) for argument in call.arguments]
        try:
            return function(self, *arguments)
        except KittError as error:
            raise element.error(error.message, error.remedy) from error


def _variable(context: Context, name: str, default: str | None = None) -> str:
    value = context.variable(name)
    if value is None:
        value = default
    if value is None:
        known = ", ".join(sorted(context.scope.variables)) or "none yet"
        raise KittError(f"$(var {name}): no argument or variable of that name here", f"known at this line: {known}")
    return value


def _environment(context: Context, name: str, default: str | None = None) -> str:
    value = context.environment(name)
    if value is None:
        value = default
    if value is None:
        raise KittError(f"environment variable {name} is not set", f"set it, or write $(env {name} '') with a default")
    return value


def _find_executable(context: Context, name: str) -> str:
    path = shutil.which(name, path=context.environment("PATH"))
    if path is None:
        raise KittError(f"$(find-exec {name}): no such program on PATH", f"install {name}, or mend PATH")
    return path


def _python(_context: Context, expression: str) -> str:
    # A launch file may start any program, so evaluating Python gives it no power that it has not; the real one does so.
    try:
        return str(eval(expression, {}, dict(vars(math))))
    except Exception as error:
        raise KittError(
            f"$(eval {expression!r}) fails: {type(error).__name__}: {error}",
            "quote the whole expression, and strings within it: $(eval \"'$(var sim)' == 'none'\")",
        ) from error


def _boolean(text: str, name: str) -> bool:
    value = text.strip().lower()
    if value not in (*_TRUE, *_FALSE):
        raise KittError(f"$({name}) was given {text!r}", "its arguments must be true, false, 1 or 0")
    return value in _TRUE


def _equal(left: str, right: str) -> bool:
    # As EqualsSubstitution: truth values first, then numbers, then texts.
    if left.lower() in (*_TRUE, *_FALSE) and right.lower() in (*_TRUE, *_FALSE):
        return (left.lower() in _TRUE) == (right.lower() in _TRUE)
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right


def _text(value: bool) -> str:
    return "true" if value else "false"


# name: (function, least and most number of arguments), as Jazzy's launch and launch_ros expose them
_SUBSTITUTIONS: dict[str, tuple[Callable[..., str], int, int]] = {
    "var": (_variable, 1, 2),
    "env": (_environment, 1, 2),
    "find-pkg-share": (lambda _context, package: str(ament.package_share(package)), 1, 1),
    "find-pkg-prefix": (lambda _context, package: str(ament.package_prefix(package)), 1, 1),
    "find-exec": (_find_executable, 1, 1),
    "exec-in-pkg": (lambda _context, name, package: str(ament.executable(package, name)), 2, 2),
    "dirname": (lambda context: str(context.file.parent), 0, 0),
    "filename": (lambda context: str(context.file), 0, 0),
    "eval": (_python, 1, 1),
    "not": (lambda _context, value: _text(not _boolean(value, "not")), 1, 1),
    "and": (lambda _context, a, b: _text(_boolean(a, "and") and _boolean(b, "and")), 2, 2),
    "or": (lambda _context, a, b: _text(_boolean(a, "or") or _boolean(b, "or")), 2, 2),
    "equals": (lambda _context, left, right: _text(_equal(left, right)), 2, 2),
    "not-equals": (lambda _context, left, right: _text(not _equal(left, right)), 2, 2),
}
