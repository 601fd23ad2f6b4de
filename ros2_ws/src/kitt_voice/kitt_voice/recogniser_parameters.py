"""Parameters of the recogniser node: the recogniser's settings, and what it is made of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from kitt_core.parameters import param
from kitt_voice.models import INT8
from kitt_voice.settings import Settings


@dataclass(frozen=True)
class RecogniserParameters(Settings):
    """Parameters of the recogniser node."""

    model: str = param("auto", "folder of models/, a card or an ONNX file, or auto")
    int8: bool = param(INT8, "take the model's smaller network, twice as fast and measured as good")
    languages: str = param("en,fr,es", "languages to listen for, commas between")
    grammar: str = param("", "file of further phrases; empty: the user's own, if there is one")

    @property
    def settings(self) -> Settings:
        """The part that may change without building the recogniser anew."""
        return Settings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Settings)})

    @property
    def made_of(self) -> tuple[str, bool, str, str]:
        """The part that needs a new recogniser when it changes."""
        return self.model, self.int8, self.languages, self.grammar
