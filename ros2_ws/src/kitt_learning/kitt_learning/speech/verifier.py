"""Trains the verifier: ``python -m kitt_learning.speech.verifier --ears ONNX --corpus DIR --noise DIR --out DIR``.

A bidirectional LSTM over an utterance's log-mel features and the last layer of the acoustic model, which stays as it
is; means and maxima over time, and one linear layer to the classes of `kitt_voice.verifier`. Ctrl-C writes what has
been learnt; the same command with --start goes on from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError
from torch import nn

from kitt_inference.errors import KittError
from kitt_learning.descent import average, cosine, descend, faster, processor, save
from kitt_learning.onnx_graph import Graph
from kitt_learning.program import program
from kitt_learning.speech import export, network
from kitt_learning.speech.augment import disguised
from kitt_learning.speech.mixing import Stream
from kitt_learning.speech.pool import Pool
from kitt_learning.speech.train import features_of
from kitt_learning.speech.verifier_data import utterances
from kitt_voice.models import SHIPPED
from kitt_voice.verifier import CLASSES, LONGEST

HIDDEN = 112
BATCH = 64
RATE, DECAY, CLIP, WARM_UP = 2e-3, 0.02, 1.0, 200
SMOOTHING, DROPOUT = 0.05, 0.25
DOUBT = 0.3
"""How much of the acoustic model's state is kept from the verifier while learning: on the people that both learn from
that model is surer than it will be of others."""
PHASES = ((0.35, 0.35), (1.0, 0.75))
"""Until so much of the time has passed, utterances are so hard to hear."""
REPORT_S, SAVE_S = 30.0, 120.0
NAME = f"{SHIPPED}_verifier.onnx"


class Second(nn.Module):
    """(B, T, 80 + H) sound of the acoustic model's last layer and (B,) first steps to logits (B, len(CLASSES))."""

    def __init__(self, inputs: int, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True, bidirectional=True)
        self.drop, self.doubt = nn.Dropout(DROPOUT), nn.Dropout(DOUBT)
        self.out = nn.Linear(4 * hidden, len(CLASSES))
        network.open_forget_gates(self.lstm)

    def forward(self, sound: torch.Tensor, begin: torch.Tensor) -> torch.Tensor:
        """What lies before `begin` is not heard."""
        counts = (torch.arange(sound.shape[1], device=sound.device)[None] >= begin[:, None])[..., None]
        known = torch.ones(len(sound), 1, sound.shape[2], device=sound.device)
        known[..., network.FEATURES :] = self.doubt(known[..., network.FEATURES :])
        hidden = self.lstm((sound - self.mean) * self.scale * known * counts)[0].float()
        greatest = hidden.masked_fill(~counts, -2.0).amax(1)
        mean = (hidden * counts).sum(1) / counts.sum(1)
        logits: torch.Tensor = self.out(self.drop(torch.cat((greatest, mean), -1)))
        return logits


class VerifierTrainer:
    """Trains for a time.

    Raises:
        KittError: nothing to learn from, or files that are not what they should be.
    """

    def __init__(
        self,
        ears: Path,
        corpus: Sequence[Path],
        noise: Sequence[Path],
        out: Path,
        seed: int = 1,
        threads: int = 1,
        workers: int = 1,
        batch: int = BATCH,
    ) -> None:
        content, self._on = export.restore(ears), processor()
        self.ears = network.Ears(network.Shape(**content["shape"])).eval()
        self.ears.load_state_dict(content["mean"])
        self.ears.requires_grad_(False).to(self._on)
        self._workers, self._batch = workers, batch
        self._folders, self._seed = (tuple(corpus), tuple(noise)), seed
        self._look = utterances(*self._folders, seed + 10_000)  # fails here, in words
        self.out = out
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        inputs = network.FEATURES + self.ears.shape.hidden
        self.net, self.mean = (Second(inputs).to(self._on) for _ in range(2))
        self._standardise()
        self.step = 0

    def _standardise(self) -> None:
        sound = self._sound(features_of([self._look.stream() for _ in range(BATCH)], self._on))
        self.net.mean.copy_(sound.mean((0, 1)))
        self.net.scale.copy_(1 / (sound.std((0, 1)) + 1e-3))
        self.mean.load_state_dict(self.net.state_dict())

    def start(self, checkpoints: Sequence[Path]) -> None:
        """Begin with the mean of the weights that other runs have written ("Model soups", see `export.mean_of`).

        Args:
            checkpoints: of runs, or the robot's files (.onnx).

        Raises:
            KittError: one of them holds no weights of a verifier.
        """
        found: list[dict[str, torch.Tensor]] = []
        for checkpoint in checkpoints:
            try:
                found.append(weights_of(checkpoint))
                self.mean.load_state_dict(found[-1])
            except (*network.NO_CHECKPOINT, DecodeError) as error:
                what = f"{checkpoint} holds no weights of a verifier: {error}"
                raise KittError(what[:200], "leave --start out") from error
        self.mean.load_state_dict({name: torch.stack([each[name] for each in found]).mean(0) for name in found[0]})
        self.net.load_state_dict(self.mean.state_dict())

    def run(self, hours: float, report: Callable[[dict[str, Any]], None]) -> None:
        """Train; a report now and then. However it ends, what was learnt is written."""
        optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=DECAY)
        wanted, began = hours * 3600, time.monotonic()
        told = saved = began
        told_of: list[torch.Tensor] = []
        pool = Pool(*self._folders, self._seed, (LONGEST, _hardness(0.0)), self._workers, utterances)
        try:
            while (elapsed := time.monotonic() - began) < wanted:
                done = elapsed / wanted
                pool.turn((LONGEST, _hardness(done)))
                told_of.append(self._learn(optimiser, pool.batch(self._batch), done))
                now = time.monotonic()
                if now - told > REPORT_S:
                    told = now
                    loss, right = torch.stack(told_of).mean(0).tolist()
                    report({"step": self.step, "s": round(elapsed), "loss": round(loss, 4), "right": round(right, 4),
                            "made": pool.made})  # fmt: skip
                    told_of.clear()
                if now - saved > SAVE_S:
                    saved = now
                    self.save()
        finally:
            pool.close()
            self.save()
            self.export(self.out / NAME)

    def _learn(self, optimiser: torch.optim.Optimizer, streams: list[Stream], done: float) -> torch.Tensor:
        """(2,) the loss, and the share that was right."""
        targets = torch.from_numpy(np.stack([s.phones for s in streams]).astype(np.int64)).to(self._on)
        sound = self._sound(disguised(features_of(streams, self._on)))
        self.net.train()
        with torch.autocast(self._on.type, torch.bfloat16):
            logits = self.net(sound, targets[:, 1])
        loss = nn.functional.cross_entropy(logits.float(), targets[:, 0], label_smoothing=SMOOTHING)
        rate = RATE * faster(self._batch, BATCH) * min(self.step / WARM_UP, cosine(done)) + 1e-6
        descend(self.net, optimiser, loss, rate, CLIP)
        self.step += 1
        average(self.mean, self.net, self.step)
        # Reading their values would wait for the GPU.
        return torch.stack((loss.detach(), (logits.detach().argmax(1) == targets[:, 0]).float().mean()))

    @torch.no_grad()
    def _sound(self, features: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self._on.type, torch.bfloat16):
            hidden, _ = self.ears.lstm((features - self.ears.mean) * self.ears.scale)
        return torch.cat((features, hidden.float()), -1)

    def save(self) -> None:
        """Write the checkpoint."""
        save(self.out / "checkpoint.pt", {"mean": self.mean.state_dict(), "step": self.step})

    def export(self, path: Path) -> None:
        """Write the robot's file: `steps` (T, 1, 80 + H) from the utterance's begin to `log_probs` (1, C)."""
        net, hidden, graph = self.mean.eval().cpu(), self.mean.lstm.hidden_size, Graph()
        for name in ("mean", "scale"):
            graph.constant(name, getattr(net, name).numpy())
        graph.node("Sub", ["steps", "mean"], "centred")
        graph.node("Mul", ["centred", "scale"], "standard")
        parts = [np.stack([self._part(f"{name}_l0{way}") for way in ("", "_reverse")]) for name in export.PARTS]
        graph.constant("w", parts[0])
        graph.constant("r", parts[1])
        graph.constant("b", np.concatenate(parts[2:], axis=1))
        graph.node("LSTM", ["standard", "w", "r", "b"], "both", hidden_size=hidden, direction="bidirectional")
        graph.constant("flat", np.array([0, 2 * hidden]))  # (T, 2, 1, H)
        graph.node("Reshape", ["both", "flat"], "hidden")
        graph.node("ReduceMax", ["hidden"], "greatest", axes=[0], keepdims=1)
        graph.node("ReduceMean", ["hidden"], "average", axes=[0], keepdims=1)
        graph.node("Concat", ["greatest", "average"], "all", axis=1)
        graph.constant("out_w", net.out.weight.detach().numpy().T)
        graph.constant("out_b", net.out.bias.detach().numpy())
        graph.node("Gemm", ["all", "out_w", "out_b"], "logits")
        graph.node("LogSoftmax", ["logits"], "log_probs", axis=-1)
        graph.save(path, "kitt_ears_verifier", {"steps": ["T", 1, len(net.mean)]}, {"log_probs": [1, len(CLASSES)]})

    def _part(self, name: str) -> np.ndarray[Any, Any]:
        return export.gates(getattr(self.mean.lstm, name).detach().numpy(), self.mean.lstm.hidden_size)


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    """The mean weights of a checkpoint, or those of a robot's file (.onnx); raises what reading another file does."""
    if path.suffix == ".onnx":
        return restore(path)
    found: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)["mean"]
    return found


def restore(path: Path) -> dict[str, torch.Tensor]:
    """The weights in a robot's file, as `Second` has them; raises what reading another file does."""
    values = export.constants_of(path)
    hidden = values["r"].shape[2]
    biases = np.split(values["b"], 2, axis=1)
    found = {"mean": values["mean"], "scale": values["scale"]}
    for name, both in zip(export.PARTS, (values["w"], values["r"], *biases), strict=True):
        for way, part in zip(("", "_reverse"), both, strict=True):
            found[f"lstm.{name}_l0{way}"] = export.gates(part, hidden, export.TORCH)
    found |= {"out.weight": values["out_w"].T, "out.bias": values["out_b"]}
    return {name: torch.from_numpy(np.array(value)) for name, value in found.items()}


def _hardness(done: float) -> float:
    return next((hard for share, hard in PHASES if done < share), PHASES[-1][1])


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ears", type=Path, required=True, help=f"the acoustic model, {SHIPPED}.onnx")
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder of shards (repeatable)")
    parser.add_argument("--noise", type=Path, action="append", default=[], help="folder of shards (repeatable)")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {NAME} and checkpoint.pt")
    parser.add_argument("--hours", type=float, default=0.6, help="how long; the learning rate follows it (default 0.6)")
    parser.add_argument(
        "--start", type=Path, action="append", default=[],
        help="begin with another run's checkpoint.pt or .onnx, with the mean of several (with --hours 0: that is all)",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, default=BATCH, help=f"utterances in a batch (default {BATCH})")
    parser.add_argument("--threads", type=int, default=1, help="of the network, on a CPU (default 1)")
    parser.add_argument("--workers", type=int, default=1, help="processes that mix (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    trainer = VerifierTrainer(
        chosen.ears, chosen.corpus, chosen.noise, chosen.out, chosen.seed, chosen.threads, chosen.workers, chosen.batch
    )
    if chosen.start:
        trainer.start(chosen.start)
    with contextlib.suppress(KeyboardInterrupt):
        trainer.run(chosen.hours, lambda values: print(json.dumps(values), flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
