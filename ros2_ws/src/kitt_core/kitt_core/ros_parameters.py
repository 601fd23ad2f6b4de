"""Between the parameter dataclass and ROS parameters: declaration with ranges, and plain values back. Imports rclpy."""

from __future__ import annotations

import dataclasses
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from kitt_core.errors import KittError
from kitt_core.parameters import ParameterInfo, info_of, types_of, validate

_INTEGER_LIMIT = 2**63 - 1
_FLOAT_LIMIT = 1.7976931348623157e308


def declare(node: Node, parameters: type) -> Any:
    """Declare every field on the node and return the dataclass with the values given at start.

    Raises:
        KittError: a value given at start is refused.
    """
    types = types_of(parameters)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(parameters):
        info, kind = info_of(field), types[field.name]
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        # dynamic typing lets «max_speed: 1» of a YAML file stand for 1.0; validate() checks the type afterwards
        descriptor = _descriptor(info, kind)
        try:
            parameter = node.declare_parameter(field.name, default, descriptor)
        except (InvalidParameterValueException, InvalidParameterTypeException) as error:
            raise KittError(f"parameter {field.name} of {node.get_name()}: {error}", info.constraint()) from error
        values[field.name] = _coerce(parameter.value, kind, field.default)
    return validate(parameters(**values))


def plain_value(parameter: Parameter, current: Any) -> Any:
    """A parameter's value in the type of the field that it will replace."""
    return _coerce(parameter.value, types_of(type(current))[parameter.name], getattr(current, parameter.name))


def _coerce(value: Any, kind: Any, like: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(like, tuple) and value is not None and not isinstance(value, str):
        return tuple(value)
    return value


def _descriptor(info: ParameterInfo, kind: Any) -> ParameterDescriptor:
    unit = f" [{info.unit}]" if info.unit else ""
    descriptor = ParameterDescriptor(
        description=info.doc + unit,
        additional_constraints=info.constraint(),
        read_only=info.fixed,
        dynamic_typing=True,
    )
    if info.low is None and info.high is None:
        return descriptor
    if kind is int:
        low = -_INTEGER_LIMIT if info.low is None else int(info.low)
        high = _INTEGER_LIMIT if info.high is None else int(info.high)
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    elif kind is float:
        low_f = -_FLOAT_LIMIT if info.low is None else info.low
        high_f = _FLOAT_LIMIT if info.high is None else info.high
        descriptor.floating_point_range = [FloatingPointRange(from_value=low_f, to_value=high_f)]
    return descriptor
