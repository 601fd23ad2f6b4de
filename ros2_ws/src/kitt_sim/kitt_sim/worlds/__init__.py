"""The worlds, by name, and worlds in files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from kitt_inference.errors import KittError
from kitt_sim.world import Person, TrafficLight, World
from kitt_sim.worlds.calibration import calibration
from kitt_sim.worlds.car_park import car_park
from kitt_sim.worlds.crossing import crossing
from kitt_sim.worlds.street import empty, street

WORLDS: dict[str, Callable[[int], World]] = {
    "street": street, "crossing": crossing, "car_park": car_park, "calibration": calibration, "empty": empty
}  # fmt: skip
_SCHEMA: TypeAdapter[World] = TypeAdapter(World)


def world_by_name(name: str, seed: int = 0) -> World:
    """The world called `name`, or the one in the file `name` where it ends in .json or .yaml.

    Small things (positions, timing, facades) vary with `seed`; a file's world is as it stands there.

    Raises:
        KittError: there is no such world.
    """
    if name.endswith((".json", ".yaml", ".yml")):
        return load(Path(name))
    if name not in WORLDS:
        raise KittError(f"there is no world «{name}»", f"choose one of: {', '.join(sorted(WORLDS))}, or give a file")
    return WORLDS[name](seed)


def load(path: Path) -> World:
    """A world from a JSON or YAML file with the fields of `World`.

    Raises:
        KittError: the file cannot be read or does not describe a world; the field is named.
    """
    try:
        # JSON is YAML; the C loader is ten times as fast
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return check(data, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(f"the world {path} cannot be read: {error}", "give a file that is there and yours") from None
    except yaml.YAMLError as error:
        raise KittError(f"{path} is neither JSON nor YAML: {str(error).splitlines()[0]}", "mend the file") from None


def check(data: object, where: str) -> World:
    """A world from plain data.

    Raises:
        KittError: it does not describe a world; the field is named.
    """
    try:
        world = _SCHEMA.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise KittError(f"{where} describes no world: {place}: {first['msg'].lower()}", "mend that field") from None
    _check_parts(world, where)
    return world


def _check_parts(world: World, where: str) -> None:
    """What types do not say: every name once, numbers that are numbers, a path to walk, a colour to show."""
    seen: set[str] = set()
    parts: tuple[Any, ...] = (
        *world.roads, *world.paved, *world.buildings, *world.vehicles, *world.signs, *world.lights, *world.trees,
        *world.people, *world.spawn_points,
    )  # fmt: skip
    for part in parts:
        wrong = ""
        if part.id in seen:
            wrong = "the name stands there twice"
        elif isinstance(part, Person) and (not part.path or part.speed < 0.0):
            wrong = "it needs at least one point to stand on, and a speed that is not negative"
        elif isinstance(part, Person) and not all(0 <= pause.at < len(part.path) for pause in part.pauses):
            wrong = "it pauses at a waypoint that its path has not"
        elif isinstance(part, TrafficLight) and not part.phases:
            wrong = "it needs at least one phase"
        elif not all(map(math.isfinite, _numbers(asdict(part)))):
            wrong = "a number is not finite"
        if wrong:
            raise KittError(f"{where} describes no world: {part.id}: {wrong}", "mend it")
        seen.add(part.id)


def _numbers(data: object) -> Iterator[float]:
    """All numbers in nested plain data."""
    if isinstance(data, dict):
        data = tuple(data.values())
    if isinstance(data, list | tuple):
        for item in data:
            yield from _numbers(item)
    elif isinstance(data, float | int):
        yield float(data)


def plain(world: World) -> dict[str, Any]:
    """The world as plain data, as `check` takes it."""
    return dict(_SCHEMA.dump_python(world))


def dump(world: World) -> str:
    """The world as JSON, as `load` reads it."""
    return _SCHEMA.dump_json(world, indent=1).decode()


__all__ = [
    "WORLDS",
    "calibration",
    "car_park",
    "check",
    "crossing",
    "dump",
    "empty",
    "load",
    "plain",
    "street",
    "world_by_name",
]
