"""One way to run a network, whatever runs it: the `Session` protocol and `open_session`.

A backend is one module in `kitt_inference.backends`; see that package for what it must define.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        """Run once.

        Raises:
            KittError: a feed is missing or has the wrong shape or type.
            BackendError: the backend failed, and another may do better.
        """

    def close(self) -> None:
        """Free the network; the session cannot be run afterwards."""


class NetworkSession:
    """What the sessions of the backends share: names and shapes of the tensors, and the check of what is fed."""

    def __init__(self, path: Path, backend: str) -> None:
        """path: the model, for messages. The backend's session sets `_inputs` and `_outputs`, in the model's order."""
        self.backend, self.reason = backend, ""
        self._path = path
        self._inputs: tuple[TensorSpec, ...] = ()
        self._outputs: tuple[TensorSpec, ...] = ()
        self._closed = False

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs, in the model's order."""
        return self._inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The outputs, in the model's order."""
        return self._outputs

    def _check_open(self) -> None:
        """Raise KittError when the session is closed."""
        if self._closed:
            raise KittError(f"the session of {self._path} is closed")

    def _check(self, feeds: Mapping[str, Array]) -> None:
        """Raise KittError when the session is closed or the feeds are not its inputs."""
        self._check_open()
        check_feeds(self._path, self.inputs, feeds)


def check_feeds(path: Path, inputs: Sequence[TensorSpec], feeds: Mapping[str, Array]) -> None:
    """Raise KittError unless the feeds are the inputs, in shape and type."""
    names = [spec.name for spec in inputs]
    if set(feeds) != set(names):
        raise KittError(f"{path} could not be run: it takes {', '.join(names)}, given {', '.join(feeds) or 'nothing'}")
    for spec in inputs:
        value = feeds[spec.name]
        fits = len(value.shape) == len(spec.shape) and all(
            want in (-1, have) for want, have in zip(spec.shape, value.shape, strict=True)
        )
        if not fits or value.dtype != spec.dtype:
            wanted = f"{spec.dtype} {'x'.join('any' if side < 0 else str(side) for side in spec.shape)}"
            given = f"{value.dtype} {'x'.join(map(str, value.shape))}"
            raise KittError(f"{path} could not be run: «{spec.name}» is {given}, it takes {wanted}")


def open_session(path: Path | str, backend: str = "auto", threads: int = 0, *, failover: bool = False) -> Session:
    """Load a network.

    Args:
        path: the model file (ONNX).
        backend: a backend's name, or "auto" for the best one that works on this machine; when that fails later, the
            next takes over.
        threads: threads within an operator; 0 leaves it to the backend.
        failover: let others take over too where a backend was named, also when it cannot run here at all.

    Raises:
        KittError: the file is missing or damaged, or the backend is unknown, not installed or refuses the model.
    """
    from kitt_inference.failover import FailoverSession

    path = Path(path)
    if threads < 0:
        raise KittError(f"threads is {threads}, it must be 0 (the backend's choice) or more")
    if not path.is_file():
        raise KittError(
            f"no model file at {path}", "`kitt models list` shows the models and `kitt models fetch` gets them"
        )
    if backend == "auto":
        names, passed = backends.automatic()
        return FailoverSession(path, threads, names, passed)
    if failover:
        backends.lookup(backend)
        others = [name for name in backends.automatic()[0] if name != backend]
        return FailoverSession(path, threads, [backend, *others], {}, asked=True)
    session: Session = backends.named(backend).open_model(path, threads)
    session.reason = f"{backend} was asked for"
    return session
