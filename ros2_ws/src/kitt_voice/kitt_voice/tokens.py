"""Token passing over a phone graph with the topology of CTC, vectorised over the active states.

Each arc is a state that says its phone, each node a state that says the blank; a token in a state is the best path
that ends there (Young, Russell and Thornton 1989; the blank of Graves et al. 2006). A score is a log-likelihood ratio
against the free phone loop, which in CTC is the best phone of every step: 0 is as good as any sequence of phones.

A token is one int64, its score as a fixed-point number above its payload, so that one `maximum` chooses the better token
and takes its payload along.
"""

from __future__ import annotations

import numpy as np

from kitt_voice.graph import Bools, Ints, PhoneGraph

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

UNIT = 4096
"""Fixed-point units in a nat."""
SCORE_BITS, BEGIN_BITS = 32, 11
BEGINS = 1 << BEGIN_BITS
LINKS = 1 << (SCORE_BITS - BEGIN_BITS)
FLOOR = -20.0
"""A step counts at least this, in nats, however sure the network is: one bad step may not sink a path."""
_NONE = -(1 << 62)


def score_of(tokens: Ints) -> Ints:
    """Scores in fixed-point units."""
    return tokens >> SCORE_BITS


def link_of(tokens: Ints) -> Ints:
    """Payload: what `TokenPassing.close_words` gave when the last word ended; 0 before the first."""
    return (tokens >> BEGIN_BITS) & (LINKS - 1)


def begin_of(tokens: Ints) -> Ints:
    """Payload: the step, modulo `BEGINS`, in which the token entered its word."""
    return tokens & (BEGINS - 1)


def gains_of(log_probs: Floats) -> Ints:
    """Posteriors of a step (P,) as scores against the free phone loop, shifted to their place in a token."""
    clean = np.nan_to_num(log_probs, nan=FLOOR, neginf=FLOOR, posinf=0.0)
    return np.rint(np.maximum(clean - clean.max(), FLOOR) * UNIT).astype(np.int64) << SCORE_BITS


class TokenPassing:
    """The recursion itself; subclasses say where tokens enter and what happens when a word ends."""

    def __init__(self, graph: PhoneGraph, beam: float, most: int = 4000) -> None:
        """`beam`: tokens worse than the best by more, in nats, are dropped; `most`: so many stay at most."""
        self.graph = graph
        self.beam = beam
        self.most = most
        self._at_arc = np.full(len(graph.phone), _NONE, np.int64)
        self._at_node = np.full(graph.nodes, _NONE, np.int64)
        self._blank = np.full(graph.nodes, _NONE, np.int64)
        self._arc_mark = np.zeros(len(graph.phone), np.bool_)
        self._node_mark = np.zeros(graph.nodes, np.bool_)
        self._fan_out = np.diff(graph.out_start)
        self.reset()

    def reset(self) -> None:
        """Forget all tokens."""
        self.time = 0
        self.arcs = np.empty(0, np.int64)
        self.arc_tokens = np.empty(0, np.int64)
        self.nodes = np.empty(0, np.int64)
        self.node_tokens = np.empty(0, np.int64)

    def close_words(self, arcs: Ints, tokens: Ints) -> Ints:
        """New tokens for those that leave arcs which end a word."""
        raise NotImplementedError

    def enter(self, node: int, token: int) -> None:
        """Put a token into a node, before the next step."""
        at = int(np.searchsorted(self.nodes, node))
        if at < len(self.nodes) and self.nodes[at] == node:
            self.node_tokens[at] = max(int(self.node_tokens[at]), token)
        else:
            self.nodes = np.insert(self.nodes, at, node)
            self.node_tokens = np.insert(self.node_tokens, at, token)

    def advance(self, gains: Ints) -> None:
        """One step: every token goes on, stays or moves; the best of each state stays.

        Args:
            gains: (P,) from `gains_of`.
        """
        nodes, tokens = self._reached()
        arcs, moved = self._leave(nodes, tokens)
        stay, mark = self._at_arc, self._arc_mark
        stay[self.arcs] = self.arc_tokens
        stay[arcs] = np.maximum(stay[arcs], moved)
        mark[self.arcs] = True
        mark[arcs] = True
        active = np.flatnonzero(mark)
        arc_tokens = stay[active] + gains[self.graph.phone[active]]
        stay[active] = _NONE
        mark[active] = False
        node_tokens = tokens + gains[0]
        self.time += 1
        self._prune(active, arc_tokens, nodes, node_tokens)

    def _reached(self) -> tuple[Ints, Ints]:
        """Nodes where a phone has ended or a blank is, and the better of both tokens."""
        graph, best, mark = self.graph, self._at_node, self._node_mark
        best[self.nodes] = self.node_tokens
        mark[self.nodes] = True
        if len(self.arcs):
            tokens = self.arc_tokens
            ends = np.flatnonzero(graph.word[self.arcs] >= 0)
            if len(ends):
                tokens = tokens.copy()
                tokens[ends] = self.close_words(self.arcs[ends], tokens[ends])
            target = graph.target[self.arcs]
            first = np.flatnonzero(np.concatenate(([True], target[1:] != target[:-1])))
            target = target[first]
            best[target] = np.maximum(best[target], np.maximum.reduceat(tokens, first))
            mark[target] = True
        nodes = np.flatnonzero(mark)
        reached = best[nodes]
        best[nodes] = _NONE
        mark[nodes] = False
        begin = self.time % BEGINS
        return nodes, np.where(graph.boundary[nodes], (reached & -BEGINS) | begin, reached)

    def _leave(self, nodes: Ints, tokens: Ints) -> tuple[Ints, Ints]:
        """All arcs out of the nodes, and the token each receives."""
        graph = self.graph
        counts = self._fan_out[nodes]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        arcs = graph.out[np.repeat(graph.out_start[nodes] - ends + counts, counts) + np.arange(total)]
        moved = np.repeat(tokens, counts)
        twins = np.flatnonzero(graph.twin[arcs])
        if len(twins):
            self._blank[self.nodes] = self.node_tokens
            moved[twins] = self._blank[graph.source[arcs[twins]]]
            self._blank[self.nodes] = _NONE
        return arcs, moved

    def _prune(self, arcs: Ints, arc_tokens: Ints, nodes: Ints, node_tokens: Ints) -> None:
        least = max(self._best(arc_tokens), self._best(node_tokens)) - (round(self.beam * UNIT) << SCORE_BITS)
        least = max(least, self.floor)
        if len(arcs) > self.most:
            least = max(least, int(np.partition(arc_tokens, len(arcs) - self.most)[len(arcs) - self.most]))
        keep: Bools = arc_tokens >= least
        self.arcs, self.arc_tokens = arcs[keep], arc_tokens[keep]
        keep = node_tokens >= least
        self.nodes, self.node_tokens = nodes[keep], node_tokens[keep]

    @property
    def floor(self) -> int:
        """Tokens below are dropped whatever the best is."""
        return _NONE + (1 << 61)

    @staticmethod
    def _best(tokens: Ints) -> int:
        return int(tokens.max()) if len(tokens) else _NONE
