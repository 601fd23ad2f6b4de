"""Message definitions as MCAP wants them (ros2msg): the .msg file of a type, then those of all types within it."""

from __future__ import annotations

import re

from kitt_cli.launch import ament
from kitt_inference.errors import KittError

_FIELD = re.compile(r"^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*")
_PRIMITIVE = re.compile(r"bool|byte|char|u?int(8|16|32|64)|float(32|64)|w?string")
_SEPARATOR = "=" * 80


def definition(type_name: str) -> str:
    """The definition of e.g. `sensor_msgs/msg/Image` with all that it is made of.

    Raises:
        KittError: a package or its .msg file is not installed.
    """
    texts: dict[str, str] = {}
    todo = [type_name]
    while todo:
        name = todo.pop(0)
        if name in texts:
            continue
        package, kind = name.split("/")[0], name.split("/")[-1]
        path = ament.package_share(package) / "msg" / f"{kind}.msg"
        try:
            texts[name] = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise KittError(f"{path}: {error.strerror}", f"install or build the package {package}") from error
        todo += _types_within(texts[name], package)
    parts = [
        text if name == type_name else f"{_SEPARATOR}\nMSG: {name.replace('/msg/', '/')}\n{text}"
        for name, text in texts.items()
    ]
    return "\n".join(parts) + "\n"


def _types_within(text: str, package: str) -> list[str]:
    found = []
    for line in text.splitlines():
        field = _FIELD.match(line.split("#")[0])
        if field is None or _PRIMITIVE.fullmatch(field.group(1)):
            continue
        words = field.group(1).split("/")
        found.append(f"{words[0] if len(words) > 1 else package}/msg/{words[-1]}")
    return found
