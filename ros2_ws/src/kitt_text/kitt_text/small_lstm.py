"""A recurrent network small enough to learn on the robot: an LSTM in numpy with its own gradients and Adam.

Hochreiter and Schmidhuber, «Long short-term memory», 1997, with forget gates; backpropagation through time over short
windows that are learnt side by side; Kingma and Ba, «Adam», 2015. The same seed and data give the same network.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

NOTHING = -1
"""In a window: no event here; it is neither read nor predicted."""
RATE, DECAY, CLIP, DROP, BATCH = 0.02, 2e-4, 5.0, 0.3, 32
NEAR = 1.5
"""The nth event of a window weighs n to minus this: what few events tell is learnt before what only many would."""
_LEARNT = 0.03
"""Mean loss [nat] below which there is nothing more to learn, where the data can be told at all."""


def _sigmoid(values: Floats) -> Floats:
    return 0.5 * (1.0 + np.tanh(0.5 * values))


class SmallLstm:
    """Predicts the next of `events` numbered kinds of event."""

    def __init__(self, events: int, hidden: int = 24, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)

        def matrix(rows: int, columns: int) -> Floats:
            return (draw.standard_normal((rows, columns)) / np.sqrt(hidden)).astype(np.float32)

        self.hidden = hidden
        self.weights: dict[str, Floats] = {
            "event": matrix(events, 4 * hidden), "before": matrix(events + 1, 4 * hidden),
            "state": matrix(hidden, 4 * hidden), "bias": np.zeros(4 * hidden, np.float32),
            "out": matrix(hidden, events), "out_bias": np.zeros(events, np.float32),
        }  # fmt: skip
        self.weights["bias"][hidden : 2 * hidden] = 1.0  # remember at first
        self._moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in self.weights.items()}
        self._steps = 0

    def predict(self, history: Sequence[int]) -> Floats:
        """Probabilities (events,) of what comes after a history of event numbers."""
        h = c = np.zeros((1, self.hidden), np.float32)
        for before, event in zip((NOTHING, *history), history, strict=False):
            h, c, _ = self._step(np.array([before]), np.array([event]), h, c)
        return self._softmax(h)[0]

    def fit(self, windows: Ints, seconds: float = 1.0, epochs: int = 250) -> float:
        """Learn windows (B, T) of event numbers, filled up with `NOTHING` behind; the mean loss [nat] at the end."""
        began, loss, draw = time.thread_time(), float("inf"), np.random.default_rng(0)
        for _ in range(epochs):
            now = self._learn(windows[draw.permutation(len(windows))[:BATCH]], draw)
            loss = now if loss == float("inf") else 0.9 * loss + 0.1 * now
            if loss < _LEARNT or time.thread_time() - began > seconds:
                break
        return loss

    def _step(self, before: Ints, events: Ints, h: Floats, c: Floats) -> tuple[Floats, Floats, tuple[Floats, ...]]:
        w, n = self.weights, self.hidden
        gates = w["event"][events] + w["before"][before] + h @ w["state"] + w["bias"]
        i, f, o = (_sigmoid(gates[:, at * n : (at + 1) * n]) for at in range(3))
        g = np.tanh(gates[:, 3 * n :])
        new = f * c + i * g
        squashed = np.tanh(new)
        return o * squashed, new, (h, c, i, f, o, g, squashed)

    def _softmax(self, h: Floats) -> Floats:
        logits = h @ self.weights["out"] + self.weights["out_bias"]
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return odds / odds.sum(1, keepdims=True)

    def _learn(self, windows: Ints, draw: np.random.Generator) -> float:
        """One step of Adam on some windows; the mean loss before it."""
        batch, length = windows.shape
        h = c = np.zeros((batch, self.hidden), np.float32)
        kept, states = [], []
        keep = (draw.random((batch, self.hidden)) >= DROP).astype(np.float32) / np.float32(1 - DROP)
        before = np.concatenate((np.full((batch, 1), NOTHING), windows[:, :-1]), axis=1)
        for at in range(length - 1):
            h, c, cache = self._step(before[:, at], windows[:, at], h * keep, c)
            kept.append(cache)
            states.append(h)
        wanted = windows[:, 1:]
        known = (wanted != NOTHING) & (windows[:, :-1] != NOTHING)
        weights = known / np.arange(1, length, dtype=np.float32) ** NEAR
        total = max(float(weights.sum()), 1e-6)
        gradients = {name: np.zeros_like(w) for name, w in self.weights.items()}
        dh = dc = np.zeros((batch, self.hidden), np.float32)
        loss, rows = 0.0, np.arange(batch)
        for at in reversed(range(length - 1)):
            mask = weights[:, at : at + 1]
            odds = self._softmax(states[at])
            loss -= float((np.log(odds[rows, wanted[:, at]] + 1e-9) * mask[:, 0]).sum())
            odds[rows, wanted[:, at]] -= 1.0
            delta = odds * mask / total
            gradients["out"] += states[at].T @ delta
            gradients["out_bias"] += delta.sum(0)
            dh = dh + delta @ self.weights["out"].T
            dh, dc = self._back(gradients, before[:, at], windows[:, at], kept[at], dh, dc)
            dh = dh * keep
        self._adam(gradients)
        return loss / total

    def _back(
        self,
        gradients: dict[str, Floats],
        before: Ints,
        events: Ints,
        cache: tuple[Floats, ...],
        dh: Floats,
        dc: Floats,
    ) -> tuple[Floats, Floats]:
        h, c, i, f, o, g, squashed = cache
        dc = dc + dh * o * (1.0 - squashed**2)
        gates = np.concatenate(
            (dc * g * i * (1 - i), dc * c * f * (1 - f), dh * squashed * o * (1 - o), dc * i * (1 - g**2)), axis=1
        )
        np.add.at(gradients["event"], events, gates)
        np.add.at(gradients["before"], before, gates)
        gradients["state"] += h.T @ gates
        gradients["bias"] += gates.sum(0)
        return gates @ self.weights["state"].T, dc * f

    def _adam(self, gradients: dict[str, Floats]) -> None:
        self._steps += 1
        size = np.sqrt(sum(float((g**2).sum()) for g in gradients.values()))
        scale = min(1.0, CLIP / (size + 1e-9))
        for name, gradient in gradients.items():
            first, second = self._moments[name]
            first += 0.1 * (gradient * scale - first)
            second += 0.001 * ((gradient * scale) ** 2 - second)
            step = first / (1 - 0.9**self._steps) / (np.sqrt(second / (1 - 0.999**self._steps)) + 1e-8)
            self.weights[name] -= (RATE * (step + DECAY * self.weights[name])).astype(np.float32)
