"""Trains the tagger: `python -m kitt_learning.text.understanding_train OUT [MINUTES]`; see `train`."""

from __future__ import annotations

import copy
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch.nn import functional

from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_learning import descent
from kitt_learning.text import understanding_network as network
from kitt_learning.text.understanding_book import Book
from kitt_learning.text.understanding_data import IGNORED, Maker, Sample, labelled
from kitt_learning.text.understanding_prose import as_spoken, commonness, prose
from kitt_text.grammar import own_grammar
from kitt_text.tagging import BUCKETS, LANGUAGES, TAGS, features, split
from kitt_text.words import plain

NAME = "kitt_understand"
BATCH, CHUNK = 96, 4800
RATE, DECAY, CLIP, WARM_UP = 3e-3, 0.01, 1.0, 0.02
FORGET_WORD, FORGET_NAME, FORGET_OTHER = 0.1, 0.2, 0.05
"""So often is a whole word's own vector any other, as that of an unknown word is, so that its letters are learnt from,
too; and are left out all of a name, so that its neighbours are, and all of a word beside the slots."""
SPOKEN = 0.65
"""Share of sentences as the recogniser writes them: they say less than typed ones, and need more."""
SAVE_S = 60.0
DEV, DEV_PROSE, PROSE = 500, 150, 30_000
_NAMES = torch.tensor([n for n, tag in enumerate(TAGS) if tag[2:] in ("person", "place")])
Progress = Callable[[dict[str, Any]], None]


def train(
    out: Path, minutes: float = 15.0, seed: int = 1, resume: bool = False, progress: Progress | None = None,
    book: str | None = None, grammar: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Train, fit the temperatures, write OUT/kitt_understand.onnx and its card.md; the weights are a running mean.

    Args:
        out: the folder; checkpoint.pt goes there, too, every minute and when it is interrupted.
        minutes: of the processor's time; the learning rate falls to zero over them.
        resume: go on from the checkpoint.
        progress: takes a report now and then.
        book: another understanding.yaml; grammar: a user's grammar file, whose commands are learnt as well.

    Returns:
        Figures on the development sentences.

    Raises:
        KittError: no lists of names, a faulty file, or no checkpoint to go on from.
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    source = Book(book, own_grammar(grammar) if grammar else None)
    net = network.Tagger(len(source.intents))
    mean = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.0, weight_decay=DECAY, fused=True)
    step, elapsed = 0, 0.0
    net.common.copy_(torch.from_numpy(commonness()))
    mean.common.copy_(net.common)
    checkpoint = out / "checkpoint.pt"
    if resume:
        content = _read(checkpoint, source.intents)
        net.load_state_dict(content["net"])
        mean.load_state_dict(content.get("mean", content["net"]))
        optimiser.load_state_dict(content["optimiser"])
        step, elapsed = content["step"], content["elapsed"]
    makers = [Maker(source, c, "train", seed + step, prose(c, "train", PROSE)) for c in LANGUAGES]
    dice = random.Random(seed + step)
    saved, begun = time.monotonic(), time.process_time() - elapsed
    losses: list[float] = []

    def save() -> None:
        descent.save(checkpoint, {
            "net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
            "elapsed": elapsed, "intents": source.intents,
        })  # fmt: skip

    try:
        while elapsed < 60 * minutes:
            samples = [dice.choice(makers).sample() for _ in range(CHUNK)]
            for batch in _batches(samples, source.intents, dice):
                done = elapsed / (60 * minutes)
                rate = RATE * min(done / WARM_UP, descent.cosine(done)) + 1e-6
                losses.append(_learn(net, optimiser, batch, rate))
                step, elapsed = step + 1, time.process_time() - begun
                descent.average(mean, net, step)
                if elapsed >= 60 * minutes:
                    break
            if time.monotonic() - saved > SAVE_S:
                saved = time.monotonic()
                save()
                if progress:
                    progress({"step": step, "s": round(elapsed), "loss": round(float(np.mean(losses)), 4)})
                losses.clear()
    finally:
        save()
    figures = _fit(mean, source)
    network.export(mean, out / f"{NAME}.onnx")
    _card(out, source, minutes, seed, step)
    if progress:
        progress({"step": step, **figures})
    return figures


def _read(path: Path, intents: Sequence[str]) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        fits = tuple(content["intents"]) == tuple(intents)
    except (OSError, RuntimeError, KeyError, ValueError, EOFError) as error:
        raise KittError(f"there is no checkpoint to go on from at {path}", "train without --resume") from error
    except Exception as error:  # a pickle that is none
        raise KittError(f"{path} is no checkpoint: {error}"[:200], "train without --resume") from error
    if not fits:
        raise KittError(f"{path} was trained with other intents", "train without --resume")
    return dict(content)


Batch = tuple[torch.Tensor, ...]


def _batches(samples: Sequence[Sample], intents: Sequence[str], dice: random.Random) -> Iterator[Batch]:
    """Batches of sentences of one length, as typed or as spoken."""
    by_length: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample.tags:
            by_length.setdefault(len(sample.tags), []).append(sample)
    groups = [same[at : at + BATCH] for same in by_length.values() for at in range(0, len(same), BATCH)]
    dice.shuffle(groups)
    for same in groups:
        words = [split(_form(s.text, dice)) for s in same]
        # A sign that is one word as written may be two as spoken, and a very long sentence is cut: these are left out.
        fits = [len(row) == len(s.tags) for row, s in zip(words, same, strict=True)]
        rows = [features(row) for row, fit in zip(words, fits, strict=True) if fit]
        group = [s for s, fit in zip(same, fits, strict=True) if fit]
        if not group:
            continue
        yield (
            *(torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)),
            torch.tensor([s.tags for s in group]),
            torch.tensor([intents.index(s.intent) for s in group]),
            torch.tensor([LANGUAGES.index(s.language) for s in group]),
        )


def _form(text: str, dice: random.Random) -> str:
    kind = dice.random()
    return as_spoken(text) if kind < SPOKEN else text.upper() if kind < SPOKEN + 0.03 else text


def _learn(net: network.Tagger, optimiser: torch.optim.Optimizer, batch: Batch, rate: float) -> float:
    grams, shapes, places, tags, intent, language = batch
    net.train()
    draw = torch.rand((2, *tags.shape))
    grams[:, :, 0] = torch.where(draw[0] < FORGET_WORD, torch.randint(1, BUCKETS, tags.shape), grams[:, :, 0])
    named = torch.isin(tags, _NAMES)
    grams *= (draw[1] >= FORGET_NAME * named + FORGET_OTHER * (tags <= 0)).long()[:, :, None]
    got = net(grams, shapes, places)
    loss = (
        functional.nll_loss(got[0].flatten(0, 1), tags.flatten(), ignore_index=IGNORED)
        + 0.5 * functional.nll_loss(got[1], intent)
        + 0.1 * functional.nll_loss(got[2], language)
    )
    descent.descend(net, optimiser, loss, rate, CLIP)
    return float(loss.detach())


@torch.no_grad()
def _fit(net: network.Tagger, book: Book) -> dict[str, Any]:
    """Temperatures of tags and intents that make the development sentences likeliest; accuracy on these."""
    net.eval()
    samples = [s for c in LANGUAGES for s in labelled(c, DEV, "dev", book)]
    samples += [Maker(book, c, "dev", 1, [text])._prose() for c in LANGUAGES for text in prose(c, "dev", DEV_PROSE)]
    batches = list(_batches(samples, book.intents, random.Random(0)))
    outputs = [net(*batch[:3]) for batch in batches]
    tags = torch.cat([got[0].flatten(0, 1) for got in outputs]), torch.cat([b[3].flatten() for b in batches])
    intent = torch.cat([got[1] for got in outputs]), torch.cat([b[4] for b in batches])
    for at, (scores, wanted) in enumerate((tags, intent)):

        def loss(t: float, scores: torch.Tensor = scores, wanted: torch.Tensor = wanted) -> float:
            return float(functional.nll_loss((scores / t).log_softmax(-1), wanted, ignore_index=IGNORED))

        net.temperatures[at] = min((0.7 * 1.05**n for n in range(40)), key=loss)
    known = tags[1] != IGNORED
    return {
        "dev_sentences": len(samples),
        "dev_tag_accuracy": round(float((tags[0].argmax(-1) == tags[1])[known].float().mean()), 4),
        "dev_intent_accuracy": round(float((intent[0].argmax(-1) == intent[1]).float().mean()), 4),
        "temperatures": [round(float(t), 3) for t in net.temperatures],
    }


def _card(out: Path, book: Book, minutes: float, seed: int, steps: int) -> None:
    file = out / f"{NAME}.onnx"
    colours = book.raw["colours"].items()
    head = {
        "name": NAME, "task": "understanding", "file": file.name, "sha256": sha256_of(file),
        "size": file.stat().st_size, "licence": "Apache-2.0", "grams": BUCKETS,
        "intents": {intent: book.slots(intent) for intent in book.intents},
        "colours": {name: sorted({plain(w) for words in by.values() for w in words}) for name, by in colours},
    }  # fmt: skip
    text = yaml.safe_dump(head, sort_keys=False, width=115, default_flow_style=None)
    recipe = f"Trained for {minutes:g} minutes of one core, {steps} steps, seed {seed}.\n"
    (out / "card.md").write_text(f"---\n{text}---\n# Slots and intents of sentences\n\n{recipe}", "utf-8")


def main() -> None:
    """Train in a terminal, with a line of JSON now and then; a third argument goes on from the checkpoint."""
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    train(
        Path(sys.argv[1]), minutes, resume=len(sys.argv) > 3, progress=lambda line: print(json.dumps(line), flush=True)
    )


if __name__ == "__main__":
    main()
