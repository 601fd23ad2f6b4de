"""Trains the network that says unknown words: `python -m kitt_learning.g2p OUT.onnx [EPOCHS [MINUTES]]`.

A bidirectional LSTM over letters with two outputs a letter and CTC over phones (Graves and others, «Connectionist
temporal classification», 2006), one net for the three languages with an embedding of the language. Data: the lexicons
of kitt_text, first pronunciations; words whose plain spelling hashes into the held-out twentieth are never trained on.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kitt_text.g2p import LETTERS, letters_of
from kitt_text.lexicon import LANGUAGES, Lexicon
from kitt_text.phones import INDEX, PHONES
from kitt_text.words import plain

Item = tuple[int, list[int], list[int]]
"""Language, letters, phones, all as numbers."""

HIDDEN, EMBEDDING, LANGUAGE = 80, 32, 8
HELD_OUT = 5  # percent


def held_out(word: str) -> bool:
    """Whether a word, with or without accents, is kept for the test."""
    return int(hashlib.sha1(plain(word).encode()).hexdigest(), 16) % 100 < HELD_OUT


def items() -> tuple[list[Item], list[Item]]:
    """Training and held-out words of all lexicons. Foreign and spelt-out words of one or two letters are left out."""
    train: list[Item] = []
    test: list[Item] = []
    for number, language in enumerate(LANGUAGES):
        lexicon = Lexicon.load(language)
        for word in lexicon.words:
            if len(word) > 2:
                phones = [INDEX[phone] for phone in lexicon.pronounce(word)[0]]
                (test if held_out(word) else train).append((number, letters_of(word), phones))
    return train, test


def network() -> Any:
    """The untrained net: (letters (B, L), language (B,)) to logits (B, 2 L, phones)."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.letters = nn.Embedding(len(LETTERS) + 1, EMBEDDING, padding_idx=0)
            self.language = nn.Embedding(len(LANGUAGES), LANGUAGE)
            self.lstm = nn.LSTM(EMBEDDING + LANGUAGE, HIDDEN, 2, batch_first=True, bidirectional=True, dropout=0.15)
            self.out = nn.Linear(2 * HIDDEN, 2 * len(PHONES))

        def forward(self, letters: torch.Tensor, language: torch.Tensor) -> torch.Tensor:
            x = self.letters(letters)
            tongue = self.language(language)[:, None, :] + torch.zeros_like(x[:, :, :LANGUAGE])
            y, _ = self.lstm(torch.cat((x, tongue), dim=2))
            # two outputs a letter: «x» is two phones
            return self.out(y).reshape(letters.shape[0], -1, len(PHONES)).log_softmax(dim=2)

    return Net()


def batches(data: list[Item], size: int, dice: random.Random) -> Iterator[tuple[Any, ...]]:
    """Batches of words of one length, so that nothing is padded: letters, languages, phones, their lengths."""
    import torch

    by_length: dict[int, list[Item]] = {}
    for item in data:
        by_length.setdefault(len(item[1]), []).append(item)
    groups = []
    for same in by_length.values():
        dice.shuffle(same)
        groups += [same[at : at + size] for at in range(0, len(same), size)]
    dice.shuffle(groups)
    for group in groups:
        phones = torch.tensor([phone for _, _, said in group for phone in said])
        lengths = torch.tensor([len(said) for _, _, said in group])
        yield torch.tensor([g[1] for g in group]), torch.tensor([g[0] for g in group]), phones, lengths


def train(net: Any, data: list[Item], epochs: int, minutes: float, size: int = 64) -> None:
    """AdamW; a warm-up and a cosine to 0 over the epochs, or over the minutes where these are over first."""
    import torch

    from kitt_learning import descent

    dice = random.Random(0)
    steps = epochs * sum(1 for _ in batches(data, size, dice))
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.0, weight_decay=1e-3)
    step, started = 0, time.time()
    for epoch in range(epochs):
        net.train()
        begin, total, count = time.time(), 0.0, 0
        for letters, language, phones, lengths in batches(data, size, dice):
            log_probs = net(letters, language).transpose(0, 1)
            frames = torch.full((len(lengths),), log_probs.shape[0])
            loss = torch.nn.functional.ctc_loss(log_probs, phones, frames, lengths, zero_infinity=True)
            done = max(step / steps, (time.time() - started) / (60.0 * minutes))
            if done >= 1.0:
                return
            descent.descend(net, optimiser, loss, 4e-3 * min(1.0, step / 200) * descent.cosine(done), 2.0)
            step += 1
            total, count = total + float(loss.detach()) * len(lengths), count + len(lengths)
            if step % 100 == 0:
                sys.stdout.write(f"epoch {epoch + 1}, step {step}/{steps}: loss {total / count:.4f}\n")
                sys.stdout.flush()
        sys.stdout.write(f"epoch {epoch + 1}: loss {total / count:.4f}, {time.time() - begin:.0f} s\n")
        sys.stdout.flush()


def distance(a: list[int], b: list[int]) -> int:
    """Edit distance (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def best_path(log_probs: Any) -> list[int]:
    """The phones of the best path of one word, (T, phones)."""
    path = [int(i) for i in log_probs.argmax(-1)]
    return [p for at, p in enumerate(path) if p and (at == 0 or path[at - 1] != p)]


def error_rates(run: Any, data: list[Item]) -> dict[str, dict[str, float]]:
    """Phone and word error rate a language; `run` maps (letters, language) to log probabilities (T, phones)."""
    found = {}
    for number, language in enumerate(LANGUAGES):
        pairs = [(best_path(run(i[1], number)), i[2]) for i in data if i[0] == number]
        wrong = sum(distance(got, said) for got, said in pairs)
        found[language] = {
            "words": len(pairs),
            "phone_error_rate": wrong / sum(len(said) for _, said in pairs),
            "word_error_rate": sum(got != said for got, said in pairs) / len(pairs),
        }
    return found


def export(net: Any, path: Path) -> None:
    """ONNX: letters (1, L), language (1,) to log_probs (1, 2 L, phones); weights as 8-bit integers in `path`."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from kitt_learning.onnx_graph import traced

    full = path.with_suffix(".f32.onnx")
    example = {"letters": torch.ones((1, 7), dtype=torch.int64), "language": torch.zeros(1, dtype=torch.int64)}
    traced(net, full, example, ["log_probs"], {"letters": {1: "length"}, "log_probs": {1: "time"}})
    quantize_dynamic(str(full), str(path), weight_type=QuantType.QInt8)


def onnx_run(path: Path) -> Any:
    """A function for `error_rates` that runs an ONNX file."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda letters, language: session.run(
        None, {"letters": np.array([letters], np.int64), "language": np.array([language], np.int64)}
    )[0][0]


def main(path: Path, epochs: int = 24, minutes: float = 120) -> None:
    """Train, export, and write the error rates beside the model."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    train_items, test_items = items()
    net = network()
    sys.stdout.write(f"{len(train_items)} words, {len(test_items)} held out, ")
    sys.stdout.write(f"{sum(p.numel() for p in net.parameters())} parameters\n")
    train(net, train_items, epochs, minutes)
    torch.save(net.state_dict(), path.with_suffix(".pt"))
    export(net, path)
    rates = {name: error_rates(onnx_run(path.with_suffix(s)), test_items) for name, s in
             (("float32", ".f32.onnx"), ("int8", ".onnx"))}  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(rates, indent=1))
    sys.stdout.write(json.dumps(rates, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(n) for n in sys.argv[2:4]))
