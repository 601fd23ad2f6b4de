"""Parameters of the speaker node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param
from kitt_voice.speech.normalise import LANGUAGES
from kitt_voice.speech.voices import CHOICES


@dataclass(frozen=True)
class SpeakerParameters:
    """Parameters of the speaker node."""

    language: str = param("en", "language of texts that name none", choices=LANGUAGES)
    device: str = param(
        "default", "default, a device's number or name (a part is enough), a file ending in .wav, or none"
    )
    voice: str = param("auto", "engine; auto: KITT's own voices, else espeak-ng", choices=CHOICES)
    volume: float = param(1.0, "applied to every sample", low=0.0, high=2.0)
    chorus: bool = param(True, "KITT's light chorus; false: the voice as it is")
    rate: float = param(20.0, "how often the state is published", unit="Hz", low=6.0, high=45.0)
