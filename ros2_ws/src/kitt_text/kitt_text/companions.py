"""The other arts of the words, opened when they are first asked for: correction and understanding."""

from __future__ import annotations

import importlib
from threading import Lock
from typing import Any

from kitt_inference.errors import KittError

ASK_AGAIN = "ask again in some seconds"
"""How the reason of an answer ends that will be another one soon."""


class Companion:
    """An object of another module that is opened at its first use, and whose absence is told and not raised."""

    def __init__(self, module: str, name: str, **arguments: Any) -> None:
        """`name`: a class of the module with `open(**arguments)`."""
        self._module, self._name, self._arguments = module, name, arguments
        self._lock = Lock()
        self._opened: Any = None

    def get(self) -> tuple[Any, str]:
        """The object, or None and why it cannot be had; a later call tries again."""
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = getattr(importlib.import_module(self._module), self._name).open(**self._arguments)
                except (ImportError, AttributeError) as error:
                    return None, f"{self._module} is not installed ({error})"
                except KittError as error:
                    return None, str(error)
            return self._opened, ""
