"""The acoustic network in torch: log-mel steps to log posteriors of phones and to the probability of speech.

Causal LSTM layers, trained with CTC (Graves and others, "Connectionist temporal classification", ICML 2006). The
features are standardised inside, so that the robot hands over plain log-mel.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn

from kitt_inference.errors import KittError
from kitt_learning import descent
from kitt_text.phones import PHONES
from kitt_voice.features import N_MELS, STACK

FEATURES = STACK * N_MELS
State = tuple[torch.Tensor, torch.Tensor]
DROPOUT = 0.2
"""Of what a layer tells the next while learning: speakers are few, and soon known."""
NO_CHECKPOINT = (OSError, EOFError, UnpicklingError, RuntimeError, LookupError, TypeError, ValueError)
"""What reading a file that is no checkpoint may raise."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    hidden: int = 160
    layers: int = 3


class Ears(nn.Module):
    """(B, T, 80) features and a state (layers, B, hidden) twice, to log posteriors (B, T, P) and speech (B, T)."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        self.register_buffer("mean", torch.full((FEATURES,), -7.0))
        self.register_buffer("scale", torch.full((FEATURES,), 0.3))
        self.lstm = nn.LSTM(FEATURES, self.shape.hidden, self.shape.layers, batch_first=True, dropout=DROPOUT)
        self.phones = nn.Linear(self.shape.hidden, len(PHONES))
        self.speech = nn.Linear(self.shape.hidden, 1)
        open_forget_gates(self.lstm)

    def forward(self, features: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, torch.Tensor, State]:
        """Log posteriors, logits of speech, and the state after the last step."""
        hidden, state = self.lstm((features - self.mean) * self.scale, state)
        return self.phones(hidden).float().log_softmax(-1), self.speech(hidden).float().squeeze(-1), state

    @property
    def parameters_count(self) -> int:
        """Number of trained weights."""
        return sum(values.numel() for values in self.parameters())


@torch.no_grad()
def open_forget_gates(lstm: nn.LSTM) -> None:
    """Let the forget gates begin open (Jozefowicz and others 2015)."""
    for name, values in lstm.named_parameters():
        if name.startswith("bias_ih"):
            values[lstm.hidden_size : 2 * lstm.hidden_size] = 1.0


def save(path: Path, content: dict[str, Any], shape: Shape) -> None:
    """Write a checkpoint that tells its shape and phones; see `descent.save`."""
    descent.save(path, {**content, "shape": asdict(shape), "phones": PHONES})


def read(path: Path) -> dict[str, Any]:
    """A checkpoint, with the parts that `save` was given, its shape, and mean weights that fit it.

    Raises:
        KittError: there is none, it is damaged, or it belongs to other phones.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict):
            raise TypeError("its parts have no names")
        if tuple(content["phones"]) != PHONES:
            raise KittError(f"{path} tells other phones apart than kitt_text.phones", "train anew without --start")
        Ears(Shape(**content["shape"])).load_state_dict(content["mean"])
    except NO_CHECKPOINT as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise KittError(f"{path} is no checkpoint: {why}", "give the checkpoint.pt of a run") from error
    return content
