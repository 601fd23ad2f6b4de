"""What trainings share: the rate over time, one step of descent, the running mean of weights, whole checkpoints."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import nn

AVERAGE = 0.999
"""The shipped weights are a running mean of those that learn (Polyak and Juditsky 1992)."""
FASTER = 0.15
"""The learning rate grows as this power of the batch."""


def processor() -> torch.device:
    """What a network learns on: the GPU that torch finds, else the CPU. CUDA_VISIBLE_DEVICES= keeps to the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def cosine(done: float) -> float:
    """Share of the greatest learning rate when `done` of the time, 0 to 1, has passed: it falls to 0."""
    return 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))


def faster(batch: float, usual: float) -> float:
    """By what a learning rate that belongs to the `usual` batch is to be multiplied for another."""
    return (batch / usual) ** FASTER


def descend(net: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor, rate: float, clip: float) -> None:
    """One step; `clip`: greatest norm of the gradient."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), clip)
    optimiser.step()


@torch.no_grad()
def average(mean: nn.Module, net: nn.Module, step: int) -> None:
    """Bring the running mean on by a step, the `step`th; it begins short."""
    keep = min(AVERAGE, step / (step + 10))
    for old, now in zip(mean.parameters(), net.parameters(), strict=True):
        old.lerp_(now, 1 - keep)


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint under a temporary name first: an interrupted write leaves the one before whole."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)
