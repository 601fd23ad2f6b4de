"""`<node>` and `<executable>` to a command line, in the order in which launch_ros gives the arguments."""

from __future__ import annotations

import json
import math
import re
import shlex
import shutil
from pathlib import Path

import yaml

from kitt_inference.errors import KittError

from . import ament
from .context import Context
from .substitute import Template
from .xml import Element

_NODE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMESPACE = re.compile(r"/|(/[A-Za-z_][A-Za-z0-9_]*)+")
_TYPES = {"bool": bool, "int": int, "float": float, "str": str}


def split_command(context: Context, template: Template, element: Element) -> list[str]:
    """A command line split at spaces outside substitutions: what a substitution gives stays in one argument."""
    words: list[str] = []
    word: str | None = None
    for part in template:
        if not isinstance(part, str):
            word = (word or "") + context.perform((part,), element)
            continue
        try:
            pieces = shlex.split(part)
        except ValueError as error:
            raise element.error(f"{part!r}: {error}", "close the quotes of the command line") from error
        if part[0].isspace() and word is not None:
            words.append(word)
            word = None
        for i, piece in enumerate(pieces):
            if i > 0 and word is not None:
                words.append(word)
                word = None
            word = (word or "") + piece
        if part[-1].isspace() and word is not None:
            words.append(word)
            word = None
    return words if word is None else [*words, word]


def node_command(context: Context, element: Element) -> tuple[list[str], str | None]:
    """The command line of a `<node>` and the node's name, None where it keeps its own."""
    get = element.attributes.get
    command = [_executable(context, element)]
    command += split_command(context, context.template(get("args", ""), element), element)
    command.append("--ros-args")
    command += split_command(context, context.template(get("ros_args", ""), element), element)
    name = None
    if "name" in element.attributes:
        name = context.expand(element.attributes["name"], element)
        if not _NODE_NAME.fullmatch(name):
            raise element.error(f"node name {name!r} is not valid", "letters, digits and _, no digit first, no /")
        command += ["-r", f"__node:={name}"]
    own = context.expand(element.attributes["namespace"], element) if "namespace" in element.attributes else None
    namespace = join_namespace(context.scope.namespace, own, element)
    if namespace is not None:
        command += ["-r", f"__ns:={namespace}"]
    for key, value in context.scope.parameters:
        command += ["-p", f"{key}:={_parameter_text(value)}"]
    for child in element.children:
        if child.tag == "param":
            command += _parameter(context, child, "")
    for child in element.children:
        if child.tag == "remap":
            source = context.expand(child.attributes["from"], child)
            command += ["-r", f"{source}:={context.expand(child.attributes['to'], child)}"]
    return command, name


def join_namespace(base: str | None, name: str | None, element: Element) -> str | None:
    """`name` below `base`, absolute; None where both are missing or empty.

    Raises:
        KittError: the result is no valid namespace.
    """
    if name is not None and name.startswith("/"):
        base = None
    parts = [part.strip("/") for part in (base, name) if part is not None]
    if not parts or (not any(parts) and base != "/" and name != "/"):
        return None
    result = "/" + "/".join(part for part in parts if part)
    if not _NAMESPACE.fullmatch(result):
        raise element.error(f"namespace {result!r} is not valid", "letters, digits, _ and single /, no digit first")
    return result


def typed(text: str, kind: str | None, element: Element) -> object:
    """A parameter's value: by YAML's rules, or as the type that `type` names."""
    if kind is None or kind == "str":
        value = text if kind == "str" else _yaml(text, element)
        if value is None or isinstance(value, (bool, int, float, str)) or _uniform(value):
            return "" if value is None else value
        if isinstance(value, list):
            raise element.error(f"list {text!r} is empty or mixes types", "a ROS parameter list has one type")
        return text
    if kind not in _TYPES:
        raise element.error(f"unknown parameter type {kind!r}", f"use one of {', '.join(_TYPES)}, or leave it out")
    value = _yaml(text, element)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not _TYPES[kind]:
        raise element.error(f"{text!r} is not of type {kind}", "mend the value or the type")
    return value


def _uniform(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and type(value[0]) in _TYPES.values()
        and all(type(item) is type(value[0]) for item in value)
    )


def _yaml(text: str, element: Element) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise element.error(f"value {text!r} is not valid YAML", 'mend it, or add type="str"') from error


def _parameter(context: Context, element: Element, prefix: str) -> list[str]:
    attributes = element.attributes
    nested = [child for child in element.children if child.tag == "param"]
    if "from" in attributes:
        if "name" in attributes or nested or prefix or "value" in attributes or "type" in attributes:
            raise element.error("<param from> stands alone", "give a file (from), or a name and a value, not both")
        return ["--params-file", str(_parameter_file(context.expand(attributes["from"], element), element))]
    if "name" not in attributes:
        raise element.error("<param> has neither name nor from", "add name and value, or from with a YAML file")
    name = prefix + context.expand(attributes["name"], element)
    if ("value" in attributes) == bool(nested):
        raise element.error(f"parameter {name!r} needs either a value or nested <param>", "give one of the two")
    if nested:
        return [word for child in nested for word in _parameter(context, child, f"{name}.")]
    text = context.expand(attributes["value"], element)
    return ["-p", f"{name}:={_parameter_text(typed(text, attributes.get('type'), element))}"]


def _parameter_text(value: object) -> str:
    """A value so that rcl's YAML reader gets back the same type."""
    if isinstance(value, list):
        return "[" + ", ".join(_parameter_text(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {"inf": ".inf", "-inf": "-.inf"}.get(repr(value), ".nan")
    return json.dumps(value, ensure_ascii=False)


def _parameter_file(name: str, element: Element) -> Path:
    path = Path(name).absolute()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise element.error(f"parameter file {path}: {error.strerror}", "give a YAML file that is there") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise element.error(f"parameter file {path} is not valid YAML: {reason}", "mend the file") from error
    if not isinstance(content, dict) or not content:
        raise element.error(
            f"parameter file {path} holds no parameters",
            "it must read: node name (or /**): ros__parameters: name: value",
        )
    return path


def _executable(context: Context, element: Element) -> str:
    name = context.expand(element.attributes["exec"], element)
    try:
        if "pkg" in element.attributes:
            return str(ament.executable(context.expand(element.attributes["pkg"], element), name))
        path = shutil.which(name, path=context.environment("PATH"))
        if path is None:
            raise KittError(f"no program {name!r} on PATH", "add pkg, or install the program")
        return path
    except KittError as error:
        raise element.error(error.message, error.remedy) from error
