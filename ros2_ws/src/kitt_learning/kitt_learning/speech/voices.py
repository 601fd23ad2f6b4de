"""Which voices there are: of which engine, for which language, to train on or held out to test with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kitt_inference.errors import KittError


@dataclass(frozen=True)
class Voice:
    """A voice of an engine. `share`: its weight among the voices of its language and split."""

    engine: str
    name: str
    language: str
    share: float
    split: str = "train"


@dataclass(frozen=True)
class Manner:
    """How to speak: `rate` 1 is the voice's own speed (2 twice as fast), `pitch` 1 its own mean."""

    rate: float = 1.0
    pitch: float = 1.0
    seed: int = 0


class SynthesisError(KittError):
    """An engine gave no sound for a text."""

    def __init__(self, voice: Voice, why: str) -> None:
        super().__init__(f"{voice.engine} {voice.name} did not speak: {why.strip()[:200]}", "leave the voice out")


_ESPEAK = {
    "en": "en-us en-us en-us en-gb en-gb en-gb-x-rp en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-029 en-us-nyc",
    "fr": "fr-fr fr-fr fr-be fr-ch",
    "es": "es es-419",
}
_VARIANTS = (
    "f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 Alex Alicia Andrea Andy Annie Diogo Gene Gene2 Henrique Hugo Jacky "
    "Lee Marco Mario Michael Mike adam anika antonio aunty belinda benjamin boris caleb david ed edward edward2 "
    "grandma grandpa gustave iven iven2 iven3 john kaukovalta klatt klatt2 klatt3 klatt4 linda marcelo max michel "
    "miguel norbert pablo paul pedro quincy rob robert sandro shelby steph steph2 steph3 travis victor whisper "
    "zac"
)
_MBROLA = {
    "en": ("en1 us1 us2 us3", "de1-en de2-en de3-en de4-en de5-en de6-en af1-en nl2-en fr1-en fr4-en ro1-en hu1-en "
           "pl1-en sw1-en sw2-en gr2-en", ""),
    "fr": ("fr1 fr2 fr3 fr4 fr6", "ca1 ca2", "fr5 fr7"),
    "es": ("es1 es2", "mx1 mx2 vz1", "es4"),
}  # fmt: skip
_RHVOICE = ("bdl", "clb", "slt", "alan")
_FESTIVAL = {"en": "kal_diphone ked_diphone rab_diphone don_diphone cmu_us_slt_arctic_hts", "es": "el_diphone"}
_KOKORO = (
    "af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_river af_sarah af_sky am_adam am_echo am_eric "
    "am_fenrir am_liam am_michael am_puck am_santa bf_alice bf_emma bf_isabella bm_daniel bm_fable bm_george ef_dora "
    "em_alex ff_siwis hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola pm_alex pm_santa zf_xiaobei zf_xiaoni "
    "zf_xiaoxiao zm_yunjian zm_yunxi zm_yunyang"
)
_KOKORO_HELD_OUT = (
    "af_nova am_onyx bf_lily bm_lewis em_santa pf_dora zf_xiaoyi zm_yunxia jf_alpha jf_gongitsune jf_nezumi "
    "jf_tebukuro jm_kumo"
)
_KOKORO_NATIVE = {"en": "ab", "fr": "f", "es": "e"}
_PICO = {"en-US": "en", "en-GB": "en", "fr-FR": "fr", "es-ES": "es"}


def voices(language: str, split: str) -> list[Voice]:
    """All voices of a language that belong to a split ("train" or "test"), installed or not.

    Raises:
        KittError: a language that no engine here speaks.
    """
    if language not in _ESPEAK:
        raise KittError(f"no voices for language {language!r}", f"one of {', '.join(_ESPEAK)}")
    return [voice for voice in _all_voices(language) if voice.split == split]


def _all_voices(language: str) -> Iterator[Voice]:
    natural, espeak = {"en": (0.15, 0.2), "fr": (0.6, 0.4), "es": (0.55, 0.35)}[language]
    accents = _ESPEAK[language].split()
    for accent in accents:
        yield Voice("espeak", accent, language, 0.25 * espeak / len(accents))
        for variant in _VARIANTS.split():
            share = 0.75 * espeak / len(accents) / len(_VARIANTS.split())
            yield Voice("espeak", f"{accent}+{variant}", language, share)
    own, others, held_out = (text.split() for text in _MBROLA[language])
    foreign = 0.05 if language == "en" else 0.3 * natural
    for names, share in ((own, natural - (foreign if language != "en" else 0.0)), (others, foreign)):
        for name in names:
            yield Voice("mbrola", f"mb-{name}", language, share / len(names))
    for name in held_out:
        yield Voice("mbrola", f"mb-{name}", language, 0.25, "test")
    for name in _FESTIVAL.get(language, "").split():
        yield Voice("festival", name, language, 0.15 if language == "es" else 0.02)
    yield from _kokoro(language)
    for locale, code in _PICO.items():
        if code == language:
            yield Voice("pico", locale, language, 1.0, "test")
    if language == "en":
        yield Voice("hibari", "heart", "en", 0.23)
        yield Voice("piper", "joe", "en", 0.05)
        for name in ("kal16", "slt", "rms"):
            yield Voice("flite", name, "en", 0.05)
        yield Voice("flite", "awb", "en", 0.35, "test")
        for name in _RHVOICE:
            yield Voice("rhvoice", name, "en", 0.005)


def _kokoro(language: str) -> Iterator[Voice]:
    # The people of a language speak it best; the others give it more kinds of throat.
    for natives in (True, False):
        names = [name for name in _KOKORO.split() if (name[0] in _KOKORO_NATIVE[language]) is natives]
        for name in names:
            yield Voice("kokoro", name, language, 0.04 / len(names))
    for name in _KOKORO_HELD_OUT.split():
        yield Voice("kokoro", name, language, 0.25 / len(_KOKORO_HELD_OUT.split()), "test")
