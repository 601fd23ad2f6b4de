"""One way to run a network, whatever runs it: the `Session` protocol and `open_session`.

A backend is one module in `kitt_inference.backends`; see that package for what it must define.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kitt_inference import backends
from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output. A dimension the model leaves open is -1."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Session(Protocol):
    """A loaded network.

    Attributes:
        backend: the name of the backend that runs it.
        reason: why this backend was taken, in words for a log.
    """

    backend: str
    reason: str

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs, in the model's order."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The outputs, in the model's order."""

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once. Raises KittError when a feed is missing or has the wrong shape or type."""

    def close(self) -> None:
        """Free the network; the session cannot be run afterwards."""


def open_session(path: Path | str, backend: str = "auto", threads: int = 0) -> Session:
    """Load a network.

    Args:
        path: the model file (ONNX).
        backend: a backend's name, or "auto" for the best one this machine has.
        threads: threads within an operator; 0 leaves it to the backend.

    Raises:
        KittError: the file is missing or damaged, or the backend is unknown or not installed.
    """
    path = Path(path)
    if threads < 0:
        raise KittError(f"threads is {threads}, it must be 0 (the backend's choice) or more")
    if not path.is_file():
        raise KittError(
            f"no model file at {path}", "`kitt models list` shows the models and `kitt models fetch` gets them"
        )
    chosen, reason = backends.choose(backend)
    session: Session = chosen.open_model(path, threads)
    session.reason = reason
    return session
