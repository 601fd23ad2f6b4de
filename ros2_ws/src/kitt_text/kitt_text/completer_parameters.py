"""Parameters of the completer node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class CompleterParameters:
    """Parameters of the completer node."""

    languages: str = param("en,fr,es", "languages to complete in, commas between", fixed=True)
    grammar: str = param("", "file of further phrases; empty: the user's own, if there is one", fixed=True)
    phrases: str = param("", "file of the operator's own phrases; empty: the usual place", fixed=True)
    count: int = param(3, "proposals on /text/completions", low=1, high=20)
    commands_only: bool = param(True, "on /text/completions propose only what the command grammar accepts")
    learn: bool = param(True, "learn the lines of /text/input and the commands that were heard surely")
    learn_confidence: float = param(0.8, "confidence from which on a heard command is learnt", low=0.0, high=1.0)
