"""Token passing over a phone graph with the topology of CTC, vectorised over the active states.

Each arc is a state that says its phone, each node a state that says the blank; a token in a state is the best path
that ends there (Young, Russell and Thornton 1989; the blank of Graves et al. 2006). A score is a log-likelihood ratio
against the free phone loop, which in CTC is the best phone of every step: 0 is as good as any sequence of phones.

A token is one int64, its score as a fixed-point number above its payload, so that one `maximum` chooses the better
token and takes its payload along.
"""

from __future__ import annotations

import math

import numpy as np

from kitt_voice.graph import Ints, PhoneGraph

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
    best = float(log_probs.max())
    if not math.isfinite(best):  # a NaN anywhere makes the maximum one
        log_probs = np.nan_to_num(log_probs, nan=FLOOR, neginf=FLOOR, posinf=0.0)
        best = float(log_probs.max())
    return np.maximum((log_probs - best) * UNIT, FLOOR * UNIT).astype(np.int64) << SCORE_BITS


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
        self._numbers = np.arange(len(graph.phone))
        self.reset()

    def reset(self) -> None:
        """Forget all tokens."""
        self.time = 0
        self.best = 0
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
        stay[arcs] = np.maximum(stay.take(arcs), moved)
        mark[self.arcs] = True
        mark[arcs] = True
        active = mark.nonzero()[0]
        arc_tokens = stay.take(active) + gains.take(self.graph.phone.take(active))
        stay[active] = _NONE
        mark[active] = False
        self.time += 1
        self._prune(active, arc_tokens, nodes, tokens + gains[0])

    def _reached(self) -> tuple[Ints, Ints]:
        """Nodes where a phone has ended or a blank is, and the better of both tokens."""
        graph, best, mark = self.graph, self._at_node, self._node_mark
        best[self.nodes] = self.node_tokens
        mark[self.nodes] = True
        if len(self.arcs):
            tokens = self.arc_tokens
            ends = (graph.word.take(self.arcs) >= 0).nonzero()[0]
            if len(ends):
                tokens = tokens.copy()
                tokens[ends] = self.close_words(self.arcs[ends], tokens[ends])
            target = graph.target.take(self.arcs)
            changes = np.empty(len(target), np.bool_)
            changes[0] = True
            np.not_equal(target[1:], target[:-1], out=changes[1:])
            first = changes.nonzero()[0]
            target = target.take(first)
            best[target] = np.maximum(best.take(target), np.maximum.reduceat(tokens, first))
            mark[target] = True
        nodes = mark.nonzero()[0]
        reached = best.take(nodes)
        best[nodes] = _NONE
        mark[nodes] = False
        between = graph.boundary.take(nodes).nonzero()[0]
        reached[between] = (reached.take(between) & -BEGINS) | (self.time % BEGINS)
        return nodes, reached

    def _leave(self, nodes: Ints, tokens: Ints) -> tuple[Ints, Ints]:
        """All arcs out of the nodes, and the token each receives."""
        graph = self.graph
        counts = self._fan_out.take(nodes)
        ends = counts.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        shift = graph.out_start.take(nodes) - ends + counts
        arcs = graph.out.take(shift.repeat(counts) + self._numbers[:total])
        moved = tokens.repeat(counts)
        twins = graph.twin.take(arcs).nonzero()[0]
        if len(twins):
            self._blank[self.nodes] = self.node_tokens
            moved[twins] = self._blank[graph.source[arcs[twins]]]
            self._blank[self.nodes] = _NONE
        return arcs, moved

    def _prune(self, arcs: Ints, arc_tokens: Ints, nodes: Ints, node_tokens: Ints) -> None:
        self.best = max(int(arc_tokens.max(initial=_NONE)), int(node_tokens.max(initial=_NONE)))
        least = max(self.best - (round(self.beam * UNIT) << SCORE_BITS), self.floor)
        if len(arcs) > self.most:
            least = max(least, int(np.partition(arc_tokens, len(arcs) - self.most)[len(arcs) - self.most]))
        keep = (arc_tokens >= least).nonzero()[0]
        self.arcs, self.arc_tokens = arcs.take(keep), arc_tokens.take(keep)
        keep = (node_tokens >= least).nonzero()[0]
        self.nodes, self.node_tokens = nodes.take(keep), node_tokens.take(keep)

    @property
    def floor(self) -> int:
        """Tokens below are dropped whatever the best is."""
        return _NONE + (1 << 61)
