"""The tagger: words by their n-grams, a bidirectional LSTM, slots, intent and language; and its ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from kitt_learning.onnx_graph import traced
from kitt_text.tagging import BUCKETS, COMMON, GRAMS, LANGUAGES, SHAPES, TAGS

Outputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Shape:
    """Sizes: of a word's vector, of the LSTM in one direction, its layers."""

    embedding: int = 48
    hidden: int = 96
    layers: int = 2


class Tagger(nn.Module):
    """What `tagging.features` gives, by batch, to log posteriors: tags (B, T, tags), intent (B, I), language (B, 3).

    All sentences of a batch have the same length.
    """

    def __init__(self, intents: int, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or Shape()
        self.grams = nn.Embedding(BUCKETS, shape.embedding, padding_idx=0)
        nn.init.normal_(self.grams.weight, std=0.2)
        with torch.no_grad():
            self.grams.weight[0] = 0.0
        self.shapes = nn.Embedding(len(SHAPES), 8)
        # How often a word is written small, as the rounded logarithm; counted, not learnt.
        self.register_buffer("common", torch.zeros(COMMON, dtype=torch.int8))
        self.drop = nn.Dropout(0.25)
        self.lstm = nn.LSTM(
            shape.embedding + 9, shape.hidden, shape.layers, batch_first=True, bidirectional=True, dropout=0.25
        )
        self.tags = nn.Linear(2 * shape.hidden, len(TAGS))
        self.intent = nn.Linear(4 * shape.hidden, intents)
        self.language = nn.Linear(4 * shape.hidden, len(LANGUAGES))
        # Divides the logits: fitted after training, so that posteriors are frequencies (Guo and others 2017).
        self.register_buffer("temperatures", torch.ones(2))

    def forward(self, grams: torch.Tensor, shapes: torch.Tensor, places: torch.Tensor) -> Outputs:
        """See the class."""
        words = torch.tanh(self.grams(grams).sum(2))
        common = self.common[places].float().amin(-1, keepdim=True) / 4.0
        states, _ = self.lstm(torch.cat((self.drop(words), self.shapes(shapes), common), dim=2))
        states = self.drop(states)
        whole = torch.cat((states.max(1).values, states.mean(1)), dim=1)
        tags = self.tags(states) / self.temperatures[0]
        intent = self.intent(whole) / self.temperatures[1]
        return tags.log_softmax(-1), intent.log_softmax(-1), self.language(whole).log_softmax(-1)


def export(net: Tagger, path: Path) -> None:
    """Write the network for one sentence: `grams` (1, T, n), `shapes` (1, T), `places` (1, T, 2) to posteriors."""
    sizes: dict[str, tuple[int, ...]] = {"grams": (GRAMS,), "shapes": (), "places": (2,)}
    example = {name: torch.zeros((1, 5, *rest), dtype=torch.int64) for name, rest in sizes.items()}
    traced(net, path, example, ["tags", "intent", "language"], {name: {1: "words"} for name in (*sizes, "tags")})
