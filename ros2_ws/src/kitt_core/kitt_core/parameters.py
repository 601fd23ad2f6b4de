"""A node's parameters as one frozen dataclass: type, unit, range, meaning in one place, checked at every change."""

from __future__ import annotations

import dataclasses
import math
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

from kitt_core.errors import KittError

_META = "kitt_parameter"
Parameters = TypeVar("Parameters")


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """What is known of one parameter beside its type and default."""

    doc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    fixed: bool = False

    def constraint(self) -> str:
        """The range or the choices in words, empty where everything goes."""
        if self.choices:
            return "one of " + ", ".join(str(c) for c in self.choices)
        if self.low is None and self.high is None:
            return ""
        low = "-inf" if self.low is None else f"{self.low:g}"
        high = "inf" if self.high is None else f"{self.high:g}"
        return f"{low} to {high}{' ' + self.unit if self.unit else ''}"


def param(
    default: Any,
    doc: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    fixed: bool = False,
) -> Any:
    """A dataclass field that is a node parameter.

    ``low`` and ``high`` are inclusive; ``fixed`` parameters can be set at start only.
    """
    info = ParameterInfo(doc, unit, low, high, tuple(choices), fixed)
    return dataclasses.field(default=default, metadata={_META: info})


def info_of(field: dataclasses.Field[Any]) -> ParameterInfo:
    """The facts of one field; a plain field has only its name as documentation."""
    return field.metadata.get(_META, ParameterInfo(doc=field.name))


def types_of(parameters: type) -> dict[str, Any]:
    """Field name to type, with postponed annotations resolved."""
    return typing.get_type_hints(parameters)


def validate(value: Parameters) -> Parameters:
    """Check every field of a parameter dataclass and return it.

    Raises:
        KittError: a value has the wrong type, is not finite, out of range or not among the choices.
    """
    types = types_of(type(value))
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        _check(field.name, getattr(value, field.name), types[field.name], info_of(field))
    return value


def changed(value: Parameters, changes: dict[str, Any]) -> Parameters:
    """A checked copy with some fields replaced.

    Raises:
        KittError: an unknown name, a fixed parameter, or a value that `validate` refuses.
    """
    fields = {f.name: f for f in dataclasses.fields(value)}  # type: ignore[arg-type]
    for name, new in changes.items():
        if name not in fields:
            raise KittError(f"there is no parameter {name}", f"there are {', '.join(fields)}")
        if info_of(fields[name]).fixed and new != getattr(value, name):
            raise KittError(f"parameter {name} cannot change while the node runs", "set it at start")
    return validate(dataclasses.replace(value, **changes))  # type: ignore[type-var]


def markdown(parameters: type) -> str:
    """A table of the parameters for a node's page."""
    rows = ["| parameter | type | default | range | |", "|---|---|---|---|---|"]
    types = types_of(parameters)
    for field in dataclasses.fields(parameters):
        info = info_of(field)
        kind = getattr(types[field.name], "__name__", str(types[field.name]))
        default = f"{field.default}{' ' + info.unit if info.unit else ''}"
        doc = info.doc + (" At start only." if info.fixed else "")
        rows.append(f"| {field.name} | {kind} | {default} | {info.constraint()} | {doc} |")
    return "\n".join(rows) + "\n"


def _check(name: str, value: Any, kind: Any, info: ParameterInfo) -> None:
    origin = typing.get_origin(kind)
    if origin in (list, tuple):
        if not isinstance(value, list | tuple):
            raise _refusal(name, value, "is no list", info)
        item = typing.get_args(kind)[0]
        for element in value:
            _check_scalar(name, element, item, info)
        return
    _check_scalar(name, value, kind, info)


def _check_scalar(name: str, value: Any, kind: Any, info: ParameterInfo) -> None:
    # bool is an int in Python, yet a parameter of type int is not to be set to true
    wrong_bool = isinstance(value, bool) is not (kind is bool)
    fits = isinstance(value, (int, float) if kind is float else kind)
    if wrong_bool or not fits:
        raise _refusal(name, value, f"is no {kind.__name__}", info)
    if isinstance(value, float) and not math.isfinite(value):
        raise _refusal(name, value, "is not finite", info)
    if info.choices and value not in info.choices:
        raise _refusal(name, value, "is not possible", info)
    too_low = info.low is not None and isinstance(value, int | float) and value < info.low
    too_high = info.high is not None and isinstance(value, int | float) and value > info.high
    if too_low or too_high:
        raise _refusal(name, value, "is out of range", info)


def _refusal(name: str, value: Any, why: str, info: ParameterInfo) -> KittError:
    constraint = info.constraint()
    return KittError(f"parameter {name}: {value!r} {why}", f"allowed: {constraint}" if constraint else "")
