"""Words that the lexicon lacks get a sound; without the network, a clear line."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text import g2p
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [
        ("en", "blinkenlights", "b l ɪ ŋ k ə n l aɪ t s"),
        ("en", "drawbridge", "d ɹ ɔ b ɹ ɪ dʒ"),
        ("fr", "portillon", "p ɔ ʁ t i j ɔ̃"),
        ("fr", "rembobine", "ʁ ɑ̃ b o b i n"),
        ("es", "cochera", "k o tʃ e ɾ a"),
        ("es", "ñandú", "ɲ a n d u"),
    ],
)
def test_words_out_of_the_lexicon(language, word, said):
    lexicon = Lexicon.load(language)
    assert word not in lexicon
    variants = lexicon.pronounce(word)
    assert " ".join(variants[0]) == said
    assert 1 <= len(variants) == len(set(variants)) <= g2p.VARIANTS


@pytest.mark.parametrize("word", ["мама", "前进", "123", "", "!"])
def test_words_without_letters_that_it_knows(word):
    with pytest.raises(KittError):
        Lexicon.load("en").pronounce(word)


@pytest.mark.parametrize("word", ["x", "qqqqqq", "a" * 300, "ŵyłż"])
def test_odd_words_sound_somehow_or_are_refused(word):
    for language in g2p.LANGUAGES:
        try:
            variants = g2p.pronounce(word, language)
        except KittError:
            continue
        assert all(phone in INDEX for phones in variants for phone in phones)


def test_letters():
    assert g2p.letters_of("Ab") == [1, 2]
    assert g2p.letters_of("a-b 1") == [1, 2]
    assert g2p.letters_of("ŵ") == [g2p.LETTERS.index("w") + 1]
    assert g2p.letters_of("ñ") == [g2p.LETTERS.index("ñ") + 1]


def test_beam_search_sums_over_paths():
    # labels: blank, 1, 2. Best path is blank blank, but [1] gathers three paths.
    rows = np.log(np.array([[0.6, 0.4, 1e-9], [0.6, 0.4, 1e-9]]))
    found = g2p.beam_search(rows)
    assert found[0][0] == (1,)
    assert np.exp(found[0][1]) == pytest.approx(0.64)
    assert dict(found)[()] == pytest.approx(np.log(0.36))
    assert g2p.beam_search(np.log(np.array([[0.1, 0.9, 0.0 + 1e-9], [0.9, 0.1, 1e-9], [0.1, 0.9, 1e-9]])))[0][0] == (
        1,
        1,
    )


def test_a_missing_or_wrong_network_is_named(tmp_path, monkeypatch):
    (tmp_path / g2p.MODEL).mkdir()
    monkeypatch.setattr(g2p.zoo, "models_dir", lambda: tmp_path)
    g2p.shipped.cache_clear()
    try:
        with pytest.raises(KittError, match="missing") as caught:
            Lexicon.load("en").pronounce("blinkenlights")
        assert "git checkout" in caught.value.remedy
        assert Lexicon.load("en").pronounce("stop")  # the lexicon needs no network
        (tmp_path / g2p.MODEL / "card.md").write_text("---\nsha256: abc\n---\n")
        (tmp_path / g2p.MODEL / "kitt_g2p.onnx").write_bytes(b"truncated")
        with pytest.raises(KittError, match="sha256"):
            g2p.pronounce("blinkenlights", "en")
    finally:
        g2p.shipped.cache_clear()
