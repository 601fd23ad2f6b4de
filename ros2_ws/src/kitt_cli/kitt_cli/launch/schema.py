"""Which elements and attributes `kitt launch` reads; everything else is refused by name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from .xml import Element


@dataclass(frozen=True)
class Rule:
    """The attributes and children that an element may and must have."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


def _rule(required: str = "", optional: str = "", children: str = "") -> Rule:
    return Rule(frozenset(required.split()), frozenset(optional.split()), frozenset(children.split()))


_CONDITION = "if unless"
_PROCESS = "cwd output respawn respawn_delay"
_ACTIONS = "arg let include group push-ros-namespace push_ros_namespace set_env unset_env set_parameter node executable"

ACTIONS = {
    "launch": _rule("", "", _ACTIONS),
    "arg": _rule("name", f"default description {_CONDITION}", "choice"),
    "let": _rule("name value", _CONDITION),
    "include": _rule("file", _CONDITION, "arg"),
    "group": _rule("", f"scoped {_CONDITION}", _ACTIONS),
    "push-ros-namespace": _rule("namespace", _CONDITION),
    "push_ros_namespace": _rule("namespace", _CONDITION),
    "set_env": _rule("name value", _CONDITION),
    "unset_env": _rule("name", _CONDITION),
    "set_parameter": _rule("name value", _CONDITION),
    "node": _rule("exec", f"pkg name namespace exec_name args ros_args {_PROCESS} {_CONDITION}", "param remap env"),
    "executable": _rule("cmd", f"name {_PROCESS} {_CONDITION}", "env"),
}
_NESTED = {
    "choice": _rule("value"),
    "param": _rule("", "name value type from", "param"),
    "remap": _rule("from to"),
    "env": _rule("name value"),
}
_INCLUDE_ARG = _rule("name value")


def check(element: Element, parent: str = "") -> None:
    """Check an element and everything below it against the rules.

    Raises:
        KittError: an unknown or misplaced element, an unknown or a missing attribute; by name and line.
    """
    rule = _INCLUDE_ARG if (parent, element.tag) == ("include", "arg") else (ACTIONS | _NESTED)[element.tag]
    allowed = rule.required | rule.optional
    for attribute in element.attributes:
        if attribute not in allowed:
            raise element.error(
                f"unknown attribute {attribute!r} of <{element.tag}>{_meant(attribute, allowed)}",
                f"`kitt launch` knows {', '.join(sorted(allowed))}" if allowed else "it takes none",
            )
    missing = sorted(rule.required - set(element.attributes))
    if missing:
        raise element.error(f"<{element.tag}> lacks the attribute {missing[0]!r}", f'add {missing[0]}="..."')
    if "if" in element.attributes and "unless" in element.attributes:
        raise element.error(f"<{element.tag}> has both if and unless", "keep one of them")
    for child in element.children:
        if child.tag not in rule.children:
            known = child.tag in ACTIONS or child.tag in _NESTED
            what = f"<{child.tag}> may not stand in" if known else f"unknown element <{child.tag}> in"
            raise child.error(
                f"{what} <{element.tag}>{'' if known else _meant(child.tag, rule.children)}",
                f"`kitt launch` knows there {', '.join(sorted(rule.children))}" if rule.children else "it takes none",
            )
        check(child, element.tag)


def _meant(name: str, names: frozenset[str]) -> str:
    close = difflib.get_close_matches(name, sorted(names), n=1)
    return f" (is {close[0]!r} meant?)" if close else ""
