"""Training of the acoustic network: CTC over phones, streams mixed by other processes while it learns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchaudio
from torch import nn

from kitt_inference.errors import KittError
from kitt_learning.descent import average, cosine, descend, faster, processor
from kitt_learning.speech import export, network
from kitt_learning.speech.augment import disguised
from kitt_learning.speech.mixing import STEPS, Stream
from kitt_learning.speech.pool import Phase, Pool, mixer
from kitt_voice.features import N_MELS, SAMPLE_RATE, STACK, STEP

PHASES = ((0.06, 90, 0.0), (0.4, 150, 0.3), (0.7, 150, 0.7), (1.0, STEPS, 0.85))
"""Until so much of the time has passed, streams have so many steps and are so hard: which sound is which is found
sooner in a clean word or two; noise, rooms and long audio come when that is known."""
BATCH_S = 128.0
"""Audio in a batch, of all its streams together."""
RATE, DECAY, CLIP = 2.5e-3, 0.03, 1.0
WARM_UP = 0.03
GENTLER = 0.6
"""Of the learning rate, for a network that has learnt."""
SPEECH_WEIGHT = 0.3
REPORT_S, LOOK_S = 30.0, 300.0
DEV_STREAMS = 192


@dataclass(frozen=True)
class TrainSettings:
    """What to learn from, for how long, and how.

    Attributes:
        corpus, noise, dev: folders of shards.
        out: where checkpoint.pt goes.
        hours: the learning rate falls to zero over them.
        start: a checkpoint, or a network as `export` writes it, whose weights to begin with.
        batch: seconds of audio in a batch; large on a GPU, which is little faster with a small one.
        threads: of the network, on a CPU. workers: processes that mix.
    """

    corpus: tuple[Path, ...]
    noise: tuple[Path, ...]
    dev: tuple[Path, ...]
    out: Path
    hours: float = 1.0
    start: Path | None = None
    batch: float = BATCH_S
    threads: int = 1
    workers: int = 1
    seed: int = 1
    shape: network.Shape = network.Shape()  # noqa: RUF009  frozen


class Trainer:
    """Trains for the time that is set, from a checkpoint where asked to.

    Raises:
        KittError: nothing to learn from, or no checkpoint to go on from.
    """

    def __init__(self, settings: TrainSettings, resume: bool = False) -> None:
        self.settings = settings
        self.checkpoint = settings.out / "checkpoint.pt"
        content: dict[str, Any] = {}
        if resume or settings.start:
            path = self.checkpoint if resume else settings.start or self.checkpoint
            content = export.restore(path) if path.suffix == ".onnx" else network.read(path)
            settings = self.settings = replace(settings, shape=network.Shape(**content["shape"]))
        settings.out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self._on = processor()
        self.net, self.mean = (network.Ears(settings.shape).to(self._on) for _ in range(2))
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=DECAY)
        self.step, self.elapsed = 0, 0.0
        # Fails here, in words, when a folder is not as it should be: the workers only print.
        look = mixer(settings.dev or settings.corpus, settings.noise, 10_000)
        self._dev = [look.stream() for _ in range(DEV_STREAMS)]
        if not any(stream.phones.size for stream in self._dev):
            names = ", ".join(str(folder) for folder in settings.dev or settings.corpus)
            raise KittError(f"no clip in {names} fits into a stream of 8 s", "cut the recordings into sentences")
        if content:
            self.net.load_state_dict(content["net" if resume else "mean"])
            self.mean.load_state_dict(content["mean"])
            if resume:
                self.optimiser.load_state_dict(content["optimiser"])
                self.step, self.elapsed = content["step"], content["elapsed"]
        else:
            self._standardise()

    def _standardise(self) -> None:
        """Mean and spread of the mel bands, the same for both frames of a step."""
        seen = np.concatenate([s.features.astype(np.float32).reshape(-1, N_MELS) for s in self._dev])
        for net in (self.net, self.mean):
            net.mean.copy_(torch.from_numpy(np.tile(seen.mean(0), STACK)))
            net.scale.copy_(torch.from_numpy(np.tile(1 / seen.std(0), STACK)))
        self.mean.load_state_dict(self.net.state_dict())

    def run(self, report: Callable[[dict[str, Any]], None]) -> None:
        """Train; a report now and then. An interrupt saves, and passes on."""
        wanted = self.settings.hours * 3600
        pool = self._pool(wanted)
        begun, told, looked = time.monotonic() - self.elapsed, time.monotonic(), time.monotonic()
        losses: list[torch.Tensor] = []
        steps = round(self.settings.batch * SAMPLE_RATE / STEP)
        try:
            while self.elapsed < wanted:
                losses.append(self._learn(pool.batch(max(1, steps // pool.phase[0])), self.elapsed / wanted))
                now = time.monotonic()
                self.elapsed = now - begun
                pool.turn(self._phase(wanted))
                if now - told > REPORT_S:
                    told = now
                    loss = float(torch.stack(losses).mean())
                    report({"step": self.step, "s": round(self.elapsed), "loss": round(loss, 4),
                            "steps": pool.phase[0], "made": pool.made})  # fmt: skip
                    losses.clear()
                if now - looked > LOOK_S:
                    looked = now
                    self.save()
                    report(self.look())
            report(self.look())
        finally:
            pool.close()
            self.save()

    def _phase(self, wanted: float) -> Phase:
        """Of this time; who begins with a network that has learnt leaves the first one out."""
        phases = PHASES[1:] if self.settings.start else PHASES
        return next(((steps, hard) for share, steps, hard in phases if self.elapsed < share * wanted), PHASES[-1][1:])

    def _pool(self, wanted: float) -> Pool:
        given = self.settings
        return Pool(given.corpus, given.noise, given.seed + self.step, self._phase(wanted), given.workers)

    def _learn(self, streams: list[Stream], done: float) -> torch.Tensor:
        rate = RATE * faster(self.settings.batch, BATCH_S) * min(done / WARM_UP, cosine(done)) + 1e-6
        self.net.train()
        loss = self._loss(self.net, disguised(features_of(streams, self._on)), streams)
        descend(self.net, self.optimiser, loss, rate * (GENTLER if self.settings.start else 1.0), CLIP)
        self.step += 1
        average(self.mean, self.net, self.step)
        return loss.detach()  # reading its value would wait for the GPU

    @staticmethod
    def _loss(net: network.Ears, features: torch.Tensor, streams: list[Stream]) -> torch.Tensor:
        # bfloat16 has the range of float32 and twice its speed where the processor knows it.
        with torch.autocast(features.device.type, torch.bfloat16):
            posteriors, speech, _ = net(features)
        targets = torch.from_numpy(np.concatenate([s.phones for s in streams]).astype(np.int64)).to(features.device)
        lengths = torch.tensor([len(s.phones) for s in streams])
        steps = torch.full((len(streams),), features.shape[1])
        ctc = nn.functional.ctc_loss(
            posteriors.transpose(0, 1), targets, steps, lengths, reduction="sum", zero_infinity=True
        )
        voiced = torch.from_numpy(np.stack([s.speech for s in streams])).to(features.device).float()
        spoken = nn.functional.binary_cross_entropy_with_logits(speech, voiced)
        loss: torch.Tensor = ctc / lengths.sum().clamp_min(1) + SPEECH_WEIGHT * spoken
        return loss

    @torch.no_grad()
    def look(self) -> dict[str, Any]:
        """How well the mean weights do on streams of people that are not learnt from: loss and phone error rate."""
        self.mean.eval()
        errors = total = 0
        loss = 0.0
        for streams in _chunks(self._dev, 48):
            features = features_of(streams, self._on)
            loss += float(self._loss(self.mean, features, streams)) * len(streams) / len(self._dev)
            for best, stream in zip(self.mean(features)[0].argmax(-1).cpu().numpy(), streams, strict=True):
                kept = best[np.concatenate(([True], best[1:] != best[:-1]))]
                errors += torchaudio.functional.edit_distance(kept[kept > 0].tolist(), stream.phones.tolist())
                total += len(stream.phones)
        return {"step": self.step, "dev_loss": round(loss, 4), "dev_phone_errors": round(errors / max(total, 1), 4)}

    def save(self) -> None:
        """Write the checkpoint."""
        content = {
            "net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimiser": self.optimiser.state_dict(),
            "step": self.step, "elapsed": self.elapsed,
        }  # fmt: skip
        network.save(self.checkpoint, content, self.settings.shape)


def _chunks(streams: list[Stream], size: int) -> Iterator[list[Stream]]:
    return (streams[at : at + size] for at in range(0, len(streams), size))


def features_of(streams: list[Stream], on: torch.device) -> torch.Tensor:
    """(B, T, 80) of streams of one length."""
    return torch.from_numpy(np.stack([s.features for s in streams])).to(on).float()
