"""A launch file to a description: the actions carried out in the order in which they stand, nothing started.

Semantics follow launch_xml, launch and launch_ros of Jazzy: variables set in an included file stay set for what
follows, a `<group>` is a scope for variables, environment and namespace unless scoped="false", and an argument given
from outside wins over its default.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from kitt_inference.errors import KittError

from . import node, schema, xml
from .context import Context, Scope
from .model import Argument, Description, Process
from .xml import Element

_DEEPEST_INCLUDE = 32
_OUTPUTS = ("screen", "log", "both", "own_log", "full")


def load(file: Path, arguments: Mapping[str, str] | None = None) -> Description:
    """Evaluate a launch file with `arguments` (name to value).

    Raises:
        KittError: anything wrong with the file, what it includes and refers to, or the arguments.
    """
    given = dict(arguments or {})
    declared = declared_arguments(file, given)
    for name in given:
        if name not in {argument.name for argument in declared}:
            names = [argument.name for argument in declared]
            close = difflib.get_close_matches(name, names, n=1)
            raise KittError(
                f"{file.name} has no argument {name!r}" + (f" (is {close[0]!r} meant?)" if close else ""),
                f"it takes {', '.join(names)}" if names else "it takes none",
            )
    reader = _Evaluator(Context(Scope(variables=given), file.absolute()))
    reader.include(file.absolute(), None)
    return Description(file, tuple(declared), tuple(reader.processes))


def declared_arguments(file: Path, given: Mapping[str, str]) -> list[Argument]:
    """Every argument of the file and of the files it includes, as far as these can be told without evaluating all."""
    found: dict[str, Argument] = {}

    def collect(element: Element, context: Context, depth: int) -> None:
        for child in element.children:
            if child.tag == "arg":
                argument = _argument(child)
                found.setdefault(argument.name, argument)
                if argument.default is not None and context.variable(argument.name) is None:
                    try:
                        context.scope.variables[argument.name] = context.expand(argument.default, child)
                    except KittError:
                        continue  # reported by line when it is evaluated, if it ever is
            elif child.tag == "group":
                collect(child, context, depth)
            elif child.tag == "include" and depth < _DEEPEST_INCLUDE:
                try:
                    path = Path(context.expand(child.attributes["file"], child)).absolute()
                    root = _checked(path)
                except KittError:
                    continue  # the same
                collect(root, Context(context.scope, path), depth + 1)

    collect(_checked(file), Context(Scope(variables=dict(given)), file.absolute()), 0)
    return list(found.values())


def _checked(path: Path) -> Element:
    root = xml.read(path)
    schema.check(root)
    return root


def _argument(element: Element) -> Argument:
    get = element.attributes.get
    choices = tuple(choice.attributes["value"] for choice in element.children)
    return Argument(element.attributes["name"], get("default"), get("description", ""), choices)


class _Evaluator:
    """Walks the actions with a context and collects the processes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.processes: list[Process] = []
        self.depth = 0

    def actions(self, elements: list[Element]) -> None:
        for element in elements:
            attributes = element.attributes
            if "if" in attributes and not self.context.condition(attributes["if"], element):
                continue
            if "unless" in attributes and self.context.condition(attributes["unless"], element):
                continue
            getattr(self, "on_" + element.tag.replace("-", "_"))(element)

    def text(self, element: Element, attribute: str) -> str:
        return self.context.expand(element.attributes[attribute], element)

    def on_arg(self, element: Element) -> None:
        argument = _argument(element)
        value = self.context.variable(argument.name)
        if value is None:
            if argument.default is None:
                about = f" ({argument.description})" if argument.description else ""
                raise element.error(f"argument {argument.name!r}{about} is required", f"give {argument.name}:=VALUE")
            value = self.context.expand(argument.default, element)
            self.context.scope.variables[argument.name] = value
        if argument.choices and value not in argument.choices:
            raise element.error(
                f"argument {argument.name!r} is {value!r}", f"it must be one of {', '.join(argument.choices)}"
            )

    def on_let(self, element: Element) -> None:
        name = self.text(element, "name")
        self.context.scope.variables[name] = self.text(element, "value")

    def on_include(self, element: Element) -> None:
        path = Path(self.text(element, "file")).absolute()
        given = []
        for child in element.children:
            given.append(self.text(child, "name"))
            self.context.scope.variables[given[-1]] = self.text(child, "value")
        if path.suffix != ".xml":
            raise element.error(f"included file {path.name} is not XML", "install ros2 launch for other formats")
        root = self._read(path, element)
        for child in root.children:  # as launch does it: required ones must be given here, not merely be set
            conditional = "if" in child.attributes or "unless" in child.attributes
            if child.tag == "arg" and not conditional and "default" not in child.attributes:
                name = child.attributes["name"]
                if name not in given:
                    raise element.error(
                        f"{path.name} requires the argument {name!r}", f'add <arg name="{name}" value="..."/>'
                    )
        self.include(path, element, root)

    def include(self, path: Path, element: Element | None, root: Element | None = None) -> None:
        if self.depth >= _DEEPEST_INCLUDE and element is not None:
            raise element.error("files include each other without end", "break the circle")
        outer, self.context.file = self.context.file, path
        self.depth += 1
        self.actions((root or self._read(path, element)).children)
        self.depth -= 1
        self.context.file = outer

    def _read(self, path: Path, element: Element | None) -> Element:
        if element is not None and not path.is_file():
            raise element.error(f"included file {path} does not exist", "mend the path")
        return _checked(path)

    def on_group(self, element: Element) -> None:
        scoped = element.attributes.get("scoped", "true")
        if scoped.lower() not in ("true", "false"):
            raise element.error(f"scoped is {scoped!r}", "it must be true or false")
        saved = self.context.scope.copy()
        self.actions(element.children)
        if scoped.lower() == "true":
            self.context.scope = saved

    def on_push_ros_namespace(self, element: Element) -> None:
        scope = self.context.scope
        scope.namespace = node.join_namespace(scope.namespace, self.text(element, "namespace"), element)

    def on_set_env(self, element: Element) -> None:
        self.context.scope.environment[self.text(element, "name")] = self.text(element, "value")

    def on_unset_env(self, element: Element) -> None:
        self.context.scope.environment[self.text(element, "name")] = None

    def on_set_parameter(self, element: Element) -> None:
        value = node.typed(self.text(element, "value"), None, element)
        self.context.scope.parameters.append((self.text(element, "name"), value))

    def on_node(self, element: Element) -> None:
        command, name = node.node_command(self.context, element)
        label = self.text(element, "exec_name") if "exec_name" in element.attributes else Path(command[0]).name
        self._add(element, command, name or label, label)

    def on_executable(self, element: Element) -> None:
        command = node.split_command(self.context, self.context.template(element.attributes["cmd"], element), element)
        if not command:
            raise element.error("cmd is empty", "write the program and its arguments")
        program = self.context.expand("$(find-exec " + _quoted(command[0]) + ")", element)
        name = self.text(element, "name") if "name" in element.attributes else Path(command[0]).name
        self._add(element, [program, *command[1:]], name, name)

    def _add(self, element: Element, command: list[str], name: str, label: str) -> None:
        get = element.attributes.get
        environment = dict(self.context.scope.environment)
        for child in element.children:
            if child.tag == "env":
                environment[self.text(child, "name")] = self.text(child, "value")
        output = self.context.expand(get("output", "log"), element)
        if output not in _OUTPUTS:
            raise element.error(f"output is {output!r}", f"it must be one of {', '.join(_OUTPUTS)}")
        delay = node.typed(get("respawn_delay", "0.0"), "float", element)
        if not isinstance(delay, float) or not 0.0 <= delay < float("inf"):
            raise element.error(f"respawn_delay is {delay}", "it must be a number of seconds, 0 or more")
        same = sum(process.name.split("#")[0] == name for process in self.processes)
        self.processes.append(
            Process(
                name=f"{name}#{same + 1}" if same else name,
                label=f"{label}-{len(self.processes) + 1}",
                command=tuple(command),
                environment=environment,
                cwd=self.text(element, "cwd") if "cwd" in element.attributes else None,
                output=output,
                respawn=node.typed(get("respawn", "false"), "bool", element) is True,
                respawn_delay=delay,
                source=element.where,
            )
        )


def _quoted(text: str) -> str:
    escaped = "".join("\\" + char if char in "\\'$" else char for char in text)
    return f"'{escaped}'"
