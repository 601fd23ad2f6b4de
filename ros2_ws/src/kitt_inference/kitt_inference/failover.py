"""A session that outlives its backend: when one refuses or fails, the next takes over with the same input."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kitt_inference import backends
from kitt_inference.errors import BackendError

if TYPE_CHECKING:
    from kitt_inference.session import Array, Session, TensorSpec


class FailoverSession:
    """`Session` over a list of backends, the best first.

    Attributes:
        complaint: why the backend that was asked for, or that ran before, does not run; "" while nothing went wrong.
    """

    def __init__(
        self, path: Path, threads: int, names: Sequence[str], passed: Mapping[str, str], *, asked: bool = False
    ) -> None:
        """Open the first backend that takes the model.

        Args:
            names: the backends to try, in order. passed: those left out, with the reason. asked: the first was named
            by the user.

        Raises:
            BackendError: the last one refuses the model. KittError: the model itself is at fault.
        """
        self._path, self._threads = path, threads
        self._left = list(names)
        self._passed = [f"{name}: {gap}" for name, gap in passed.items()]
        self._asked = names[0] if asked else ""
        self.complaint = ""
        self.backend = self.reason = ""
        self._session = self._open_next()

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs, in the model's order."""
        return self._session.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The outputs, in the model's order."""
        return self._session.outputs

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once, on the next backend if need be; see `Session.run`. BackendError only when none is left."""
        while True:
            try:
                return self._session.run(feeds)
            except BackendError as error:
                if not self._left:
                    raise
                self._give_up(error)

    def close(self) -> None:
        """Free the network."""
        self._left = []
        self._session.close()

    def _give_up(self, error: BackendError) -> None:
        """Close what failed and open the next; backends that cannot be opened either are noted."""
        failed = self.backend
        self._passed.append(f"{failed} failed: {error.message}")
        # A lost device may refuse even to be closed.
        with contextlib.suppress(Exception):
            self._session.close()
        self._session = self._open_next()
        self.complaint = f"{failed} failed ({error.message}); {self.backend} has taken over"

    def _open_next(self) -> Session:
        modules = backends.known()
        while True:
            name = self._left.pop(0)
            try:
                if gap := modules[name].missing():
                    raise BackendError(gap, modules[name].remedy())
                session: Session = modules[name].open_model(self._path, self._threads)
            except BackendError as error:
                self._passed.append(f"{name}: {error.message}")
                if not self._left:
                    raise
                continue
            self.backend = name
            if self._asked and name != self._asked and not self.complaint:
                self.complaint = f"{self._passed[-1]}; {name} serves instead"
            self.reason = f"{name} was asked for" if name == self._asked else f"auto took {name}: the best that works"
            self.reason += f" (passed over {'; '.join(self._passed)})" if self._passed else ""
            session.reason = self.reason
            return session
