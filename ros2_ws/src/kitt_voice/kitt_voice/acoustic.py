"""The acoustic model: one step of a causal LSTM, 20 ms of features to log posteriors of phones."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_text.phones import PHONES

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

INPUTS = ("features", "h", "c")
OUTPUTS = ("log_probs", "speech", "h_out", "c_out")
FEATURES = 80
REMEDY = "`kitt models verify` checks the files, `kitt models fetch --force` gets them anew"


class Acoustic(Protocol):
    """What the recogniser needs of an acoustic model."""

    def step(self, features: Floats) -> tuple[Floats, float]:
        """One step; see `AcousticModel.step`."""

    def reset(self) -> None:
        """Forget what was heard."""

    @property
    def top(self) -> Floats:
        """The last layer (H,) after the last step; only a verifier asks for it."""


class AcousticModel:
    """The network with its state; one stream of audio an instance."""

    def __init__(self, session: Session, path: Path) -> None:
        """Use a loaded network; `path` names it in errors.

        Raises:
            KittError: the network is not an acoustic model of this phone inventory.
        """
        inputs = {spec.name: spec.shape for spec in session.inputs}
        outputs = {spec.name: spec.shape for spec in session.outputs}
        if set(inputs) != set(INPUTS) or not set(OUTPUTS) <= set(outputs):
            raise KittError(
                f"{path} is no acoustic model: it has the inputs {', '.join(inputs)} and outputs {', '.join(outputs)}, "
                f"not {', '.join(INPUTS)} and {', '.join(OUTPUTS)}",
                REMEDY,
            )
        columns = outputs["log_probs"][-1]
        if columns != len(PHONES):
            raise KittError(
                f"{path} tells {columns} phones apart, kitt_text.phones has {len(PHONES)}",
                "take the model that belongs to this version",
            )
        state = inputs["h"]
        if inputs["features"][-1] != FEATURES or len(state) != 3 or inputs["c"] != state or min(state) < 1:
            raise KittError(f"{path} takes features {inputs['features']} and states {state}", REMEDY)
        self._session = session
        self._zero = np.zeros(state, np.float32)
        self.path = path
        self.reset()

    @classmethod
    def load(cls, path: Path | str) -> AcousticModel:
        """Load the ONNX file of one step, in float32 or int8.

        Raises:
            KittError: the file is missing, damaged, or another network.
        """
        # One thread: the step is so small that handing it over costs more than it saves.
        return cls(open_session(path, "onnxruntime", threads=1), Path(path))

    def reset(self) -> None:
        """Forget what was heard."""
        self._h, self._c = self._zero, self._zero

    @property
    def state(self) -> tuple[Floats, Floats]:
        """What it remembers: `h` and `c`, (L, 1, H) each."""
        return self._h, self._c

    @property
    def top(self) -> Floats:
        """The last layer (H,) after the last step."""
        return self._h[-1, 0]

    def step(self, features: Floats) -> tuple[Floats, float]:
        """One step of 20 ms.

        Args:
            features: (80,) log-mel of two frames, from `kitt_voice.features.stack`.

        Returns:
            Natural logarithms of the posteriors (P,), and the probability that someone speaks. Features that are not
            finite give nothing but the blank, no speech, and reset the state.
        """
        feeds = {"features": np.ascontiguousarray(features, np.float32).reshape(1, -1), "h": self._h, "c": self._c}
        out = self._session.run(feeds)
        log_probs, speech = out["log_probs"].reshape(-1), float(out["speech"].item())
        if not np.isfinite(speech) or not np.isfinite(log_probs).all():
            self.reset()
            log_probs = np.full(len(PHONES), -20.0, np.float32)
            log_probs[0] = 0.0
            return log_probs, 0.0
        self._h, self._c = out["h_out"], out["c_out"]
        return log_probs, speech

    def run(self, steps: Floats) -> tuple[Floats, Floats]:
        """Many steps (T, 80) from the present state: log posteriors (T, P) and probabilities of speech (T,)."""
        results = [self.step(features) for features in steps]
        posteriors = np.array([posterior for posterior, _ in results], np.float32).reshape(-1, len(PHONES))
        return posteriors, np.array([speech for _, speech in results], np.float32)
