"""Has the TensorRT engine built that this machine could use and does not have, while another backend serves."""

from __future__ import annotations

import time
from collections.abc import Callable

from kitt_inference.backends import tensorrt
from kitt_inference.engines.background import BackgroundBuild, BuildState
from kitt_inference.engines.key import PRECISIONS
from kitt_inference.errors import KittError
from kitt_perception.pipeline import Loaded, Pipeline, Wish

OFF = "off"
_BUSY_S = 0.5


def check_engine(name: str) -> None:
    """Raise KittError unless it is a precision or off."""
    if name not in (*PRECISIONS, OFF):
        raise KittError(f"engine is {name}", f"give one of: {', '.join((*PRECISIONS, OFF))}")


class EngineUpkeep:
    """Builds in the background and, when the engine has passed its gate, changes the pipeline over to it."""

    def __init__(
        self,
        pipeline: Pipeline,
        loaded: Callable[[Loaded | None, str], None],
        make_build: Callable[[Callable[[str], None]], BackgroundBuild] = BackgroundBuild,
    ) -> None:
        """loaded: told as by `Pipeline.reload` once the pipeline has changed over, or could not."""
        self._pipeline, self._loaded = pipeline, loaded
        self._wish = Wish()
        self._build = make_build(self._built)
        self._told = BuildState()
        self._tried: set[tuple[str, str]] = set()

    @property
    def state(self) -> BuildState:
        """What is being built, or how the last build ended."""
        return self._build.state

    def has_news(self) -> bool:
        """Whether `state` has changed since this was asked last."""
        changed, self._told = self.state != self._told, self.state
        return changed

    def look(self, wish: Wish) -> None:
        """Begin a build if the wish could run on an engine that is not there; each once, however it ends."""
        here = self._pipeline.loaded
        wanted = wish.engine != OFF and wish.backend in ("auto", tensorrt.NAME) and here.backend != tensorrt.NAME
        order = (here.model if wish.model == "auto" else wish.model, wish.engine)
        if wanted and order not in self._tried and not tensorrt.missing():
            self._wish = wish
            self._tried.add(order)
            self._build.start(*order)

    def stop(self) -> None:
        """End a build that is under way."""
        self._build.stop()

    def _built(self, error: str) -> None:
        """In the build's thread: change over, after another change of model if one is under way."""
        while not error:
            try:
                self._pipeline.reload(self._wish, self._loaded)
                return
            except KittError:
                time.sleep(_BUSY_S)
