"""The phones that the recogniser tells apart: one inventory for English, French and Spanish.

Names are those of the International Phonetic Alphabet, without stress and length. A sound that two languages share
has one symbol. English diphthongs are units (Spanish «ley», «hay» share them), the affricates tʃ and dʒ too. Merged:
ɝ and ɜː with ɚ; ɐ with ə; ɒ with ɑ (British «stop», so that one label serves both accents); ɫ with l; œ̃ with ɛ̃;
Spanish β, ð, ɣ with b, d, ɡ and ʎ with ʝ. The flap of American «letter» keeps the symbol that it shares with Spanish
«pero», because the sounds are the same; British t stands in the lexicon as a variant. The glottal stop has no symbol.

The order is frozen: a column of the acoustic model's output is the index of its phone here.
"""

from __future__ import annotations

BLANK = 0
"""Index of the blank of CTC."""

PHONES: tuple[str, ...] = (
    "<blank>",
    # vowels
    "a", "æ", "ɑ", "e", "ɛ", "i", "ɪ", "o", "ɔ", "u", "ʊ", "ʌ", "ə", "ɚ", "y", "ø", "œ",
    "ɑ̃", "ɛ̃", "ɔ̃",
    "eɪ", "aɪ", "ɔɪ", "aʊ", "oʊ",
    # consonants
    "p", "b", "t", "d", "k", "ɡ", "f", "v", "θ", "ð", "s", "z", "ʃ", "ʒ", "x", "h", "tʃ", "dʒ",
    "m", "n", "ɲ", "ŋ", "l", "ɹ", "r", "ɾ", "ʁ", "j", "w", "ɥ", "ʝ",
)  # fmt: skip
"""Names of the phones; `PHONES[0]` is the blank."""

INDEX: dict[str, int] = {phone: index for index, phone in enumerate(PHONES)}
"""Name of a phone to its index."""
