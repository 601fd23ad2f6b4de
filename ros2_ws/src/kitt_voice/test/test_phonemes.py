"""Kokoro's phonemes from our own lexicons: stress, liaison, elision, soft consonants."""

from __future__ import annotations

import pytest

from kitt_inference.errors import KittError
from kitt_voice.speech.phonemes import phonemes


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        # as espeak-ng writes them, but for schwas and the stress of short words
        ("fr", "les amis", "lez amˈi"),
        ("fr", "les voitures", "le vwatˈyʁ"),
        ("fr", "un ordre", "œ̃n ˈɔʁdʁ"),
        ("fr", "l'arrêt d'urgence", "laʁˈɛ dyʁʒˈɑ̃s"),
        ("fr", "quelqu’un", "kɛlkœ̃"),
        ("fr", "dix mètres, dix obstacles", "dˈi mˈɛtʁ, dˈiz ɔbstˈakl"),
        ("fr", "Vingt-cinq et onze.", "vˈɛ̃ sˈɛ̃k e ˈɔ̃z."),
        ("es", "gira a la izquierda", "xˈiɾa a la iθkjˈeɾða"),
        ("es", "obstáculo, camión, ciudad", "oβstˈakulo, kamjˈon, θjuðˈað"),
        ("es", "día, país, hay", "dˈia, paˈis, ˈaɪ"),
        ("es", "un dedo, el dedo", "un dˈeðo, el dˈeðo"),
        ("es", "coche", "kˈoʧe"),
        ("fr", "привет 123 ...", ""),
        ("es", "", ""),
    ],
)
def test_said(language, text, said):
    assert phonemes(text, language).strip(".") == said.strip(".")


def test_words_that_no_lexicon_has_are_said_too():
    assert len(phonemes("zorglubion", "fr")) > 5
    assert "ˈ" in phonemes("zorglubión", "es")


def test_other_languages_are_refused():
    with pytest.raises(KittError, match="no phonemes of «en»"):
        phonemes("hello", "en")
