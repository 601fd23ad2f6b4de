"""The small template language of grammar.yaml, written out to plain phrases.

A template is words with ``(a|b)`` one of, ``[a]`` may be missing, ``<name>`` a macro, ``{slot}`` a value. Phrases are
written out rather than turned into regular expressions: look-up is then exact and takes the same time for any text,
and the same list serves completion and the recogniser.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from kitt_inference.errors import KittError

MAX_PHRASES = 20_000
_PIECE = re.compile(r"\s*([()\[\]|]|\{[a-z]+\}|<[a-z]+>|[^\s()\[\]|{}<>]+)")

Phrase = tuple[str, ...]


def expand(template: str, macros: Mapping[str, str]) -> list[Phrase]:
    """All phrases of a template, as tuples of words and ``{slot}`` marks, without repetition, in order.

    Raises:
        KittError: unbalanced brackets, an unknown macro, stray characters, or more than `MAX_PHRASES` phrases.
    """
    pieces = list(_pieces(template))
    phrases, rest = _alternatives(pieces, 0, macros, template)
    if rest != len(pieces):
        raise KittError(f"phrase «{template}»: closing bracket without an opening one", "balance the brackets")
    return list(dict.fromkeys(phrases))


def _pieces(template: str) -> Iterator[str]:
    at = 0
    while at < len(template.rstrip()):
        match = _PIECE.match(template, at)
        if match is None:
            raise KittError(f"phrase «{template}»: cannot read «{template[at:].strip()[:20]}»", "see the file's head")
        yield match.group(1)
        at = match.end()


def _alternatives(pieces: list[str], at: int, macros: Mapping[str, str], template: str) -> tuple[list[Phrase], int]:
    options: list[Phrase] = []
    sequence: list[list[Phrase]] = []
    while True:
        piece = pieces[at] if at < len(pieces) else ""
        if piece in ("", "|", ")", "]"):
            options += _product(sequence, template)
            if piece != "|":
                return options, at
            sequence = []
        elif piece in ("(", "["):
            inner, at = _alternatives(pieces, at + 1, macros, template)
            closing = ")" if piece == "(" else "]"
            if at >= len(pieces) or pieces[at] != closing:
                raise KittError(f"phrase «{template}»: «{piece}» is not closed", f"add the «{closing}»")
            sequence.append(inner if piece == "(" else [(), *inner])
        elif piece.startswith("<"):
            name = piece[1:-1]
            if name not in macros:
                raise KittError(f"phrase «{template}»: no macro <{name}>", f"there are {', '.join(sorted(macros))}")
            others = {key: value for key, value in macros.items() if key != name}  # a macro cannot hold itself
            sequence.append(expand(macros[name], others))
        else:
            sequence.append([(piece,)])
        at += 1


def _product(sequence: list[list[Phrase]], template: str) -> list[Phrase]:
    count = 1
    for choices in sequence:
        count *= len(choices)
    if count > MAX_PHRASES:
        raise KittError(f"phrase «{template}» stands for {count} phrases", "split it or leave alternatives out")
    return [tuple(itertools.chain.from_iterable(choice)) for choice in itertools.product(*sequence)]
