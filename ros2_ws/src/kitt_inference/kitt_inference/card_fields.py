"""Typed access to the front matter of a model card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kitt_inference.errors import KittError


class Fields:
    """Typed access to a mapping of the front matter; every fault names the card and the field."""

    def __init__(self, values: Mapping[str, Any], path: Path, prefix: str = "") -> None:
        self.values = values
        self.path = path
        self._prefix = prefix

    def bad(self, key: str, wanted: str) -> KittError:
        """The fault of a field, to raise."""
        given = f"is {self.values[key]!r}" if key in self.values else "is missing"
        return KittError(f"the model card {self.path}: {self._prefix}{key} {given}", f"give {wanted}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; not empty unless it has a default."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.bad(key, "a text")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """One of some texts."""
        value = self.text(key, default)
        if value not in choices:
            raise self.bad(key, "one of " + ", ".join(choices))
        return value

    def number(self, key: str, default: float) -> float:
        """A number."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.bad(key, "a number")
        return float(value)

    def numbers(self, key: str, count: int, default: tuple[float, ...] | None = None) -> tuple[float, ...]:
        """So many numbers."""
        value = self.values.get(key, default)
        if not isinstance(value, (list, tuple)) or len(value) != count:
            raise self.bad(key, f"a list of {count} numbers")
        if not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value):
            raise self.bad(key, f"a list of {count} numbers")
        return tuple(float(item) for item in value)

    def section(self, key: str, default: Mapping[str, Any] | None = None) -> Fields:
        """A mapping within."""
        value = self.values.get(key, default)
        if not isinstance(value, Mapping):
            raise self.bad(key, "a mapping of names to values")
        return Fields(value, self.path, f"{self._prefix}{key}.")

    def list(self, key: str) -> list[Any]:
        """A list, empty when it is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.bad(key, "a list")
        return value
