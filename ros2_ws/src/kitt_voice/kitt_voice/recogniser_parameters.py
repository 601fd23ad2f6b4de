"""Parameters of the recogniser node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class RecogniserParameters:
    """Parameters of the recogniser node."""

    model: str = param("auto", "folder of models/ or path to a card of an acoustic model, or auto")
    languages: str = param("en,fr,es", "languages to listen for, with commas between")
    grammar: str = param("", "file of further phrases (see kitt_text), empty: the user's own if there is one")
    threshold: float = param(0.0, "least confidence of a command; 0: the model card's", low=0.0, high=1.0)
    stop_threshold: float = param(0.0, "least confidence of «stop»; 0: the model card's", low=0.0, high=1.0)
    patience: float = param(
        0.0, "silence after a phrase until it counts; 0: the model card's", unit="s", low=0.0, high=2.0
    )
    wake_word: bool = param(False, "commands count only after «KITT»; «stop» always does")
