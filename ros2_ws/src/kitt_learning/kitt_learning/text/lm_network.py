"""The language model in torch: pieces in, distribution over the next piece out.

An LSTM (Hochreiter and Schmidhuber 1997) between an embedding and its transpose (Press and Wolf, "Using the output
embedding to improve language models", EACL 2017), as in Hard and others, "Federated learning for mobile keyboard
prediction" (2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

State = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Shape:
    """Sizes: pieces, embedding, LSTM's cell."""

    pieces: int = 8000
    embedding: int = 160
    hidden: int = 416


class WordsNetwork(nn.Module):
    """(B, T) pieces and a state (1, B, hidden) twice to queries (B, T, embedding) of the output embedding."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.pieces, shape.embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.lstm = nn.LSTM(shape.embedding, shape.hidden, batch_first=True)
        self.query = nn.Linear(shape.hidden, shape.embedding)
        self.bias = nn.Parameter(torch.zeros(shape.pieces))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():  # the forget gate begins open (Jozefowicz and others 2015)
            self.lstm.bias_ih_l0[shape.hidden : 2 * shape.hidden] = 1.0

    def forward(self, pieces: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Queries and the state after the last piece."""
        hidden, state = self.lstm(self.dropout(self.embedding(pieces)), state)
        return self.query(self.dropout(hidden)), state

    def logits(self, queries: torch.Tensor) -> torch.Tensor:
        """(..., embedding) to (..., pieces)."""
        return queries @ self.embedding.weight.T + self.bias

    def sampled_loss(
        self, queries: torch.Tensor, wanted: torch.Tensor, noise: torch.Tensor, drawn: int
    ) -> torch.Tensor:
        """Cross entropy over the wanted piece and `drawn` others, five times as fast as over all.

        Sampled softmax (Jean and others, "On using very large target vocabulary", ACL 2015): logits are corrected by
        how often a piece is drawn; a drawn piece that is the wanted one does not count.

        Args:
            queries: (N, embedding).
            wanted: (N,) pieces.
            noise: (pieces,) probabilities of being drawn.
            drawn: how many, the same for all N.
        """
        others = torch.multinomial(noise, drawn)
        expected = -torch.expm1(drawn * torch.log1p(-noise))  # drawn without repetition, nearly
        weights, bias = self.embedding.weight[others], self.bias[others] - expected[others].log()
        against = (queries @ weights.T).float() + bias
        against = against.masked_fill(wanted[:, None] == others[None], float("-inf"))
        right = (queries.float() * self.embedding.weight[wanted]).sum(1) + self.bias[wanted] - expected[wanted].log()
        return (torch.logsumexp(torch.cat((right[:, None], against), 1), 1) - right).mean()
