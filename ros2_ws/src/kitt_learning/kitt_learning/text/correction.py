"""Trains the network that rates edits: `python -m kitt_learning.text.correction OUT [MINUTES]`.

A bidirectional LSTM over the letters of a candidate beside those that were written; its output, with the frequency of
both and the number of edits, gives each candidate a score. Learnt so that the meant word wins against all candidates,
among them the written word itself (softmax over the candidates: conditional logit).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.download import sha256_of
from kitt_learning.text.correction_data import Groups, training_groups
from kitt_learning.text.correction_fit import write_weights
from kitt_text.correction import MODEL
from kitt_text.correction_channel import FEATURES, SYMBOLS

EMBEDDING, HIDDEN, MIXED = 20, 64, 48
BATCH = 64
PEAK = 3e-3
CHECKPOINT_S = 60.0
CARD = """---
name: {name}
task: correction
file: {name}.onnx
sha256: {sha256}
size: {size}
licence: Apache-2.0
---
# Correction, trained on your own
"""

Progress = Callable[[str], None]


def network() -> Any:
    """The untrained net: (letters (N, L, 2), features (N, FEATURES)) to scores (N,)."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.word = nn.Embedding(SYMBOLS, EMBEDDING)
            self.written = nn.Embedding(SYMBOLS, EMBEDDING)
            self.lstm = nn.LSTM(2 * EMBEDDING, HIDDEN, 1, batch_first=True, bidirectional=True)
            self.mix = nn.Sequential(nn.Linear(4 * HIDDEN + FEATURES, MIXED), nn.ReLU(), nn.Linear(MIXED, 1))
            self.straight = nn.Linear(FEATURES, 1, bias=False)

        def forward(self, letters: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
            x = torch.cat((self.word(letters[:, :, 0]), self.written(letters[:, :, 1])), dim=2)
            y, _ = self.lstm(x)
            there = (letters[:, :, :1] + letters[:, :, 1:] > 0).to(y.dtype)
            mean = (y * there).sum(1) / there.sum(1).clamp(min=1.0)
            most = (y * there + (there - 1.0) * 2.0).max(1).values
            return (self.mix(torch.cat((mean, most, features), dim=1)) + self.straight(features)).squeeze(1)

    return Net()


def losses(net: Any, data: Groups, picked: np.ndarray[Any, Any]) -> Any:
    """The scores (groups, candidates) of some groups, and the mean loss."""
    import torch

    letters = torch.from_numpy(data.letters[picked].astype(np.int64))
    features = torch.from_numpy(data.features[picked])
    real = letters.flatten(2).sum(2) > 0
    longest = int((letters.sum(3) > 0).sum(2).max())
    rows = real.flatten().nonzero().squeeze(1)
    flat = net(letters[:, :, :longest].flatten(0, 1)[rows], features.flatten(0, 1)[rows])
    scores = torch.full((real.numel(),), -1e4).index_copy(0, rows, flat).view(real.shape)
    return scores, torch.nn.functional.cross_entropy(scores, torch.from_numpy(data.meant[picked]))


def accuracy(net: Any, data: Groups) -> tuple[float, float, float]:
    """Loss; share of misspellings whose meant word comes first; share of right words that come first."""
    import torch

    net.eval()
    total, hits = 0.0, np.zeros(len(data.meant), bool)
    with torch.no_grad():
        for at in range(0, len(data.meant), 256):
            picked = np.arange(at, min(at + 256, len(data.meant)))
            scores, loss = losses(net, data, picked)
            total += float(loss) * len(picked)
            hits[picked] = scores.argmax(1).numpy() == data.meant[picked]
    wrong = data.meant > 0
    return total / len(hits), float(hits[wrong].mean()), float(hits[~wrong].mean())


def fit(
    net: Any, data: Groups, dev: Groups, minutes: float, folder: Path, seed: int, resume: bool, tell: Progress
) -> None:
    """AdamW; a warm-up and a cosine to 0 over the minutes; a checkpoint a minute, from which `resume` goes on."""
    import torch

    from kitt_learning import descent

    file = folder / "correction.pt"
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.0, weight_decay=1e-3)
    spent, step, epoch = 0.0, 0, 0
    if resume and file.is_file():
        kept = torch.load(file, weights_only=True)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        spent, step, epoch = kept["spent"], kept["step"], kept["epoch"]
        tell(f"going on after {spent / 60.0:.1f} minutes")
    begin, saved = time.monotonic() - spent, time.monotonic()
    running = 0.0
    while True:
        order = np.random.default_rng(seed + epoch).permutation(len(data.meant))
        net.train()
        for at in range(0, len(order) - BATCH + 1, BATCH):
            spent = time.monotonic() - begin
            done = spent / (60.0 * minutes)
            over = done >= 1.0
            if over or time.monotonic() - saved > CHECKPOINT_S:
                saved = time.monotonic()
                kept = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "spent": spent, "step": step,
                        "epoch": epoch}  # fmt: skip
                descent.save(file, kept)
                loss, mended, kept_right = accuracy(net, dev)
                net.train()
                tell(f"{spent / 60.0:.1f} min, epoch {epoch}, step {step}: loss {running:.4f}; dev {loss:.4f}, "
                     f"mended {mended:.4f}, right words kept {kept_right:.4f}")  # fmt: skip
            if over:
                return
            _, loss_now = losses(net, data, order[at : at + BATCH])
            descent.descend(net, optimiser, loss_now, PEAK * min(1.0, step / 300) * descent.cosine(done), 2.0)
            running = 0.99 * running + 0.01 * float(loss_now.detach()) if step else float(loss_now.detach())
            step += 1
        epoch += 1


def export(net: Any, path: Path) -> None:
    """ONNX: letters (N, L, 2) int64, features (N, FEATURES) to scores (N,)."""
    import torch

    from kitt_learning.onnx_graph import traced

    example = {"letters": torch.ones((3, 7, 2), dtype=torch.int64), "features": torch.zeros((3, FEATURES))}
    some = {0: "candidates"}
    traced(net, path, example, ["scores"], {"letters": {**some, 1: "length"}, "features": some, "scores": some})


def train(
    out: Path, minutes: float = 25.0, seed: int = 0, resume: bool = False, progress: Progress = lambda _line: None
) -> Path:
    """Make the data, learn for so many minutes, write network, weights and card into `out`; returns the network's path.

    Raises:
        KittError: corpora or codespell are missing.
    """
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    data = _kept(out / "train.npz", resume, lambda: training_groups(seed=seed, progress=progress))
    dev = _kept(out / "dev.npz", resume, lambda: training_groups(wrong=600, right=600, seed=seed + 1, part="dev"))
    net = network()
    size = sum(p.numel() for p in net.parameters())
    progress(f"{len(data.meant)} written words, {len(dev.meant)} held out, {size} parameters")
    fit(net, data, dev, minutes, out, seed, resume, progress)
    file = out / f"{MODEL}.onnx"
    export(net, file)
    write_weights(out, progress)
    (out / "card.md").write_text(CARD.format(name=MODEL, sha256=sha256_of(file), size=file.stat().st_size))
    return file


def _kept(file: Path, resume: bool, make: Callable[[], Groups]) -> Groups:
    """What an interrupted training made of the data, else made now."""
    if resume and file.is_file():
        with np.load(file) as found:
            return Groups(found["letters"], found["features"], found["meant"])
    made = make()
    part = file.with_name(f"part-{file.name}")
    np.savez(part, letters=made.letters, features=made.features, meant=made.meant)
    part.replace(file)
    return made


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    train(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 25.0, resume=True, progress=_tell)
