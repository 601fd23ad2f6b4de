"""ROS messages to plain Python values and back."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kitt_inference.errors import KittError

_LONGEST = 64  # elements of an array that are shown one by one


def to_plain(value: Any, whole: bool = False) -> Any:
    """A message as dicts, lists and scalars; a long array of numbers as "<n values>" unless `whole`."""
    if hasattr(value, "get_fields_and_field_types"):
        return {name: to_plain(getattr(value, name), whole) for name in value.get_fields_and_field_types()}
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value[0] if len(value) == 1 else to_plain(list(value), whole)
    if hasattr(value, "__len__"):
        if len(value) > _LONGEST and not whole and not hasattr(value[0], "get_fields_and_field_types"):
            return f"<{len(value)} values>"
        items = value.tolist() if hasattr(value, "tolist") else value
        return [to_plain(item, whole) for item in items]
    return value


def finite(value: Any) -> Any:
    """Plain values for JSON, which knows neither NaN nor infinity: they become null (RFC 8259)."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def fill(message: Any, values: Any, path: str = "") -> Any:
    """Set a message's fields from a mapping; returns the message.

    Raises:
        KittError: no such field, or a value of the wrong type; names the field.
    """
    types = message.get_fields_and_field_types()
    if not isinstance(values, Mapping):
        raise KittError(f"{path or 'the message'} needs a mapping", f"its fields are {', '.join(types)}")
    for name, value in values.items():
        where = f"{path}.{name}" if path else str(name)
        if name not in types:
            near = difflib.get_close_matches(str(name), types, n=1)
            hint = f" (is {near[0]} meant?)" if near else ""
            raise KittError(f"there is no field {where}{hint}", f"there are {', '.join(types)}")
        current = getattr(message, name)
        if hasattr(current, "get_fields_and_field_types"):
            fill(current, value, where)
        elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
            setattr(message, name, [fill(_element(types[name]), item, where) for item in value])
        elif not _fits(current, value):
            raise KittError(f"{where} cannot be {value!r}", f"it is of type {types[name]}")
        else:
            setattr(message, name, type(current)(value) if isinstance(current, (float, str)) else value)
    return message


def _fits(current: Any, value: Any) -> bool:
    # rclpy leaves this check out, and a wrong type ends the process in an assertion of the C conversion
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, (int, float))
    if isinstance(current, (int, str)):
        return isinstance(value, type(current))
    return isinstance(value, list) and (len(current) == 0 or all(_fits(current[0], item) for item in value))


def _element(type_name: str) -> Any:
    """A new message of the element type of e.g. `sequence<geometry_msgs/Point>`."""
    from kitt_core.ports import message_type

    package, _, kind = type_name.removeprefix("sequence<").split(">")[0].split(",")[0].split("[")[0].partition("/")
    return message_type(f"{package}/msg/{kind}")()
