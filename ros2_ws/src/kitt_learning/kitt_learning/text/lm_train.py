"""Training of a language model: ``./kitt train text`` calls `train`; checkpoints, resume, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
from torch import nn

from kitt_inference.errors import KittError
from kitt_learning.descent import average, cosine, descend, save
from kitt_learning.text import corpora, lm_data
from kitt_learning.text.lm_network import Shape, State, WordsNetwork

BATCH, STEPS = 64, 48
RATE, CLIP, DROPOUT = 3e-3, 1.0, 0.15
DRAWN = 1500
WHOLE = 0.8
"""From this share of the time on the loss is over all pieces, not over drawn ones."""
REPORT_S, LOOK_S = 30.0, 240.0
LOOK_PIECES = 60_000


@dataclass(frozen=True)
class LmSettings:
    """What to learn from, for how long.

    `languages`: one, or several for a common model. `steps`: instead of `minutes`, so that a busy machine learns as
    much; 0: none set. `words`: of each language, drawn by document; 0: all there are.
    """

    languages: tuple[str, ...]
    out: Path
    minutes: float
    shape: Shape = Shape()  # noqa: RUF009  frozen
    corpora: Path | None = None
    seed: int = 1
    threads: int = 1
    steps: int = 0
    words: int = 0


class LmTrainer:
    """Trains for the time that is set.

    Raises:
        KittError: the corpora are missing, or there is no checkpoint to go on from.
    """

    def __init__(self, settings: LmSettings, resume: bool = False) -> None:
        self.settings = settings
        settings.out.mkdir(parents=True, exist_ok=True)
        self.checkpoint = settings.out / "checkpoint.pt"
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.pieces = self._pieces()
        self.train_row, self.dev_row = (self._row(split) for split in ("train", "dev"))
        if len(self.train_row) < BATCH * STEPS * 4:
            raise KittError(f"{len(self.train_row)} pieces are too little to learn from", "give more text")
        size = self.pieces.get_piece_size()
        shape = Shape(size, settings.shape.embedding, settings.shape.hidden)
        self.net, self.mean = WordsNetwork(shape, DROPOUT), WordsNetwork(shape).eval()
        self.mean.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=1e-3, fused=True)
        counts = torch.from_numpy(np.bincount(self.train_row, minlength=size).astype(np.float32) + 1)
        self.noise = counts**0.75 / (counts**0.75).sum()
        self.step, self.elapsed = 0, 0.0
        if resume:
            self._restore()

    def _texts(self, split: str) -> list[str]:
        rows: list[str] = []
        for language in self.settings.languages:
            lines = corpora.load(language, split, self.settings.corpora)
            if split == "train" and self.settings.words:
                lines = lm_data.drawn(lines, self.settings.words, self.settings.seed)
            rows += [*lines, ""]
            if split == "train":
                rows += lm_data.commands(language, lm_data.COMMANDS)
        return rows

    def _pieces(self) -> sentencepiece.SentencePieceProcessor:
        path = self.settings.out / "pieces.model"
        if not path.is_file():
            texts = self._texts("train")
            lm_data.train_pieces(texts, self.settings.shape.pieces, path)
            usual = lm_data.capitals(texts)
            lines = [f"{low}\t{form}\n" for low, form in sorted(usual.items())]
            (self.settings.out / "casing.txt").write_text("".join(lines), encoding="utf-8")
        return sentencepiece.SentencePieceProcessor(model_file=str(path))

    def _row(self, split: str) -> lm_data.Pieces:
        path = self.settings.out / f"{split}.npy"
        if not path.is_file():
            np.save(path, lm_data.encode(self.pieces, self._texts(split)))
        row: lm_data.Pieces = np.load(path)
        return row

    def _batches(self, rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor, bool]]:
        """Inputs and targets (BATCH, STEPS), row after row; true where a new round begins and states are void."""
        while True:
            row = np.roll(self.train_row, -int(rng.integers(len(self.train_row))))
            width = (len(row) - 1) // BATCH
            inputs = torch.from_numpy(row[: BATCH * width].reshape(BATCH, width).astype(np.int64))
            targets = torch.from_numpy(row[1 : BATCH * width + 1].reshape(BATCH, width).astype(np.int64))
            for at in range(0, width - STEPS, STEPS):
                yield inputs[:, at : at + STEPS], targets[:, at : at + STEPS].reshape(-1), at == 0

    def run(self, report: Callable[[dict[str, Any]], None]) -> None:
        """Train; a report now and then. An interrupt saves, and passes on."""
        begun = time.monotonic() - self.elapsed
        told = looked = time.monotonic()
        losses: list[float] = []
        state: State | None = None
        batches = self._batches(np.random.default_rng(self.settings.seed + self.step))
        try:
            for inputs, targets, fresh in batches:
                done = self._done()
                if done >= 1.0:
                    break
                loss, state = self._learn(inputs, targets, None if fresh else state, done)
                losses.append(loss)
                now = time.monotonic()
                self.elapsed = now - begun
                if now - told > REPORT_S:
                    told = now
                    rounds = self.step * BATCH * STEPS / len(self.train_row)
                    report({"step": self.step, "s": round(self.elapsed), "rounds": round(rounds, 2),
                            "loss": round(float(np.mean(losses)), 4)})  # fmt: skip
                    losses.clear()
                if now - looked > LOOK_S:
                    looked = now
                    self.save()
                    report(self.look())
            report(self.look())
        finally:
            self.save()

    def _done(self) -> float:
        """Share of the training that lies behind; 1: all."""
        steps = self.settings.steps
        return self.step / steps if steps else self.elapsed / (self.settings.minutes * 60)

    def _learn(
        self, inputs: torch.Tensor, targets: torch.Tensor, state: State | None, done: float
    ) -> tuple[float, State]:
        self.net.train()
        # bfloat16 has the range of float32 and twice its speed where the processor knows it.
        with torch.autocast("cpu", torch.bfloat16):
            queries, after = self.net(inputs, state)
            queries = queries.reshape(-1, queries.shape[-1])
            if done < WHOLE:
                loss = self.net.sampled_loss(queries, targets, self.noise, min(DRAWN, self.net.shape.pieces // 2))
            else:
                loss = nn.functional.cross_entropy(self.net.logits(queries).float(), targets)
        rate = RATE * min(self.step / 200, cosine(done)) + 1e-6
        descend(self.net, self.optimiser, loss, rate, CLIP)
        self.step += 1
        average(self.mean, self.net, self.step)
        return float(loss.detach()), (after[0].detach(), after[1].detach())

    @torch.no_grad()
    def look(self) -> dict[str, Any]:
        """Cross entropy of the mean weights on text that is not learnt from [nats per piece]."""
        row = torch.from_numpy(self.dev_row[:LOOK_PIECES].astype(np.int64))
        rows = 16
        width = (len(row) - 1) // rows
        queries, _ = self.mean(row[: rows * width].reshape(rows, width))
        wanted = row[1 : rows * width + 1]
        total = 0.0
        for part, targets in zip(queries.reshape(-1, queries.shape[-1]).split(4096), wanted.split(4096), strict=True):
            total += float(nn.functional.cross_entropy(self.mean.logits(part), targets, reduction="sum"))
        return {"step": self.step, "dev_nats": round(total / max(1, len(wanted)), 4)}

    def save(self) -> None:
        """Write the checkpoint."""
        content = {
            "net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimiser": self.optimiser.state_dict(),
            "step": self.step, "elapsed": self.elapsed, "shape": asdict(self.net.shape),
        }  # fmt: skip
        save(self.checkpoint, content)

    def _restore(self) -> None:
        content = read(self.checkpoint)
        try:
            self.net.load_state_dict(content["net"])
            self.mean.load_state_dict(content["mean"])
            self.optimiser.load_state_dict(content["optimiser"])
            self.step, self.elapsed = content["step"], content["elapsed"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise KittError(f"{self.checkpoint} belongs to another network", "train anew without --resume") from error


def read(path: Path) -> dict[str, Any]:
    """A checkpoint.

    Raises:
        KittError: there is none, or it is damaged.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        Shape(**content["shape"])
    except Exception as error:
        what = f"{path} is no checkpoint: {type(error).__name__}"
        raise KittError(what, "give the checkpoint.pt of a run") from error
    return content


def network(path: Path) -> WordsNetwork:
    """The mean weights of a checkpoint as a network; raises as `read` does."""
    content = read(path)
    net = WordsNetwork(Shape(**content["shape"]))
    net.load_state_dict(content["mean"])
    return net.eval()
