import dataclasses
import math

import pytest

from kitt_core.errors import KittError
from kitt_core.parameters import changed, markdown, param, validate


@dataclasses.dataclass(frozen=True)
class Example:
    speed: float = param(1.0, "greatest speed", unit="m/s", low=0.0, high=3.0)
    mode: str = param("slow", "how", choices=("slow", "fast"))
    count: int = param(3, "how many", low=1, high=9)
    armed: bool = param(False, "may it")
    model: str = param("auto", "which model", fixed=True)
    classes: tuple[str, ...] = param((), "names")


def test_defaults_are_valid():
    assert validate(Example()) == Example()


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("speed", -0.1), ("speed", 3.0001), ("speed", math.nan), ("speed", math.inf), ("speed", "1"), ("speed", True),
        ("mode", "medium"), ("mode", 3), ("count", 0), ("count", 10), ("count", 2.5), ("count", True),
        ("armed", 1), ("armed", "yes"), ("classes", "person"), ("classes", (1,)),
    ],
)  # fmt: skip
def test_bad_values_are_refused_by_name(name, bad):
    with pytest.raises(KittError, match=name):
        changed(Example(), {name: bad})


@pytest.mark.parametrize(
    ("name", "good"), [("speed", 0.0), ("speed", 3.0), ("count", 1), ("count", 9), ("armed", True)]
)
def test_limits_are_inclusive(name, good):
    assert getattr(changed(Example(), {name: good}), name) == good


def test_a_fixed_parameter_does_not_change():
    with pytest.raises(KittError, match="model"):
        changed(Example(), {"model": "other"})
    assert changed(Example(), {"model": "auto"}) == Example()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KittError, match="speed"):
        changed(Example(), {"sped": 1.0})


def test_all_or_nothing():
    start = Example()
    with pytest.raises(KittError):
        changed(start, {"speed": 2.0, "count": 99})
    assert start.speed == 1.0


def test_markdown_has_unit_and_range():
    table = markdown(Example)
    assert "| speed | float | 1.0 m/s | 0 to 3 m/s | greatest speed |" in table
    assert "At start only." in table
